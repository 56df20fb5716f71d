"""What each page of the admin needs, to be opened and to be acted on. Everything is closed that is not here.

Pages that Django and unfold make for a model are known by themselves: their needs are those of the model's
admin. Pages of our own are declared below, by the name of their address.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

OFFICER = ()
"""Any officer who is signed in: nothing else is needed."""
Words = tuple[str, ...] | None
"""All that is needed: permissions (`app.name`), or words that the model's admin answers (`view`: by
`has_view_permission`). None: closed to everybody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What one page needs."""

    read: Words
    """To open it (GET)."""
    act: Words
    """To send it something (any other method)."""
    arguments: Mapping[str, str] = field(default_factory=dict)
    """What the address holds, if the page is several: `step=approve`."""
    is_look: bool = False
    """What is sent changes nothing: it shows or hands out something, after the ledger was told."""


def needs(word: str, *, act: str | None = None) -> Need:
    """Return the need of a page that `word` opens, and `act` lets act on: `word` too, if that is left out."""
    return Need(read=(word,), act=(act or word,))


def read_only(word: str) -> Need:
    """Return the need of a page that `word` opens, and that takes nothing."""
    return Need(read=(word,), act=None)


def looks(*words: str) -> Need:
    """Return the need of a page that shows or hands out something, asked for on a page or at once."""
    return Need(read=words, act=words, is_look=True)


def hands_out(*words: str) -> Need:
    """Return the need of an address that shows or hands out something after a POST, and is no page before."""
    return Need(read=None, act=words, is_look=True)


def steps(**by_step: str) -> tuple[Need, ...]:
    """Return a need for each step that an address ends in, and that is taken by a POST."""
    return tuple(
        Need(read=None, act=(word,), arguments={"step": name.replace("_", "-")})
        for name, word in by_step.items()
    )


def doing(*names: str, also: tuple[str, ...]) -> tuple[Need, ...]:
    """Return a need for each thing that can be done about a request."""
    words = ("view", *also)
    return tuple(Need(read=words, act=words, arguments={"name": name}) for name in names)


_HANDLE, _APPROVE = "consent_requests.handle_requests", "consent_requests.approve_erasures"
_READ = "consent_requests.read_request_content"
_FIND, _TRACE = "activation_desk.find_person", "activation_desk.trace_subject"
_WORDING = "consent_requests.edit_wording"
_HANDLED = (
    *("jurisdiction", "code", "level", "release", "withdraw", "fulfil", "propose", "erase-rest", "tell-who"),
    *("assign", "acknowledge", "note", "pause", "resume", "extend", "refuse", "cancel", "undo-redaction"),
    *("send-again", "retry-step", "skip-step", "finish-step"),
)

OF_THE_SITE: Mapping[str, Need] = {
    "index": Need(read=OFFICER, act=OFFICER),
    "app_list": Need(read=OFFICER, act=OFFICER),
    "jsi18n": Need(read=OFFICER, act=None),
    "password_change": Need(read=OFFICER, act=OFFICER),
    "password_change_done": Need(read=OFFICER, act=None),
    "autocomplete": Need(read=OFFICER, act=OFFICER),  # it asks the model's admin itself
    "view_on_site": Need(read=None, act=None),
}
OURS: Mapping[str, tuple[Need, ...]] = {
    "activation_desk_lineage_changelist": (needs("view", act="activation_desk.declare_lineage"),),
    "activation_desk_lineage_node": (needs("view", act="activation_desk.declare_lineage"),),
    "activation_desk_lineage_runs": (needs("view", act="activation_desk.declare_lineage"),),
    "activation_desk_lineage_run": (needs("view", act="activation_desk.declare_lineage"),),
    "activation_desk_lineage_radar": (needs("view", act="activation_desk.declare_lineage"),),
    "activation_desk_lineage_datasets": (needs("view", act="activation_desk.declare_lineage"),),
    "activation_desk_lineage_dataset": (needs("activation_desk.declare_lineage"),),
    "activation_desk_lineage_boundaries": (needs("view", act="activation_desk.declare_lineage"),),
    "activation_desk_registerofprocessing_download": (read_only("view"),),
    "activation_desk_breachreport_change": (read_only("view"),),
    "activation_desk_breachreport_step": steps(
        cancel="manage", again="manage", ask="open", approve="open", list="open", destroy="manage"
    ),
    "activation_desk_simulationrun_change": (read_only("view"),),
    "activation_desk_tracereport_change": (read_only("trace"),),
    "activation_desk_tracereport_step": steps(trace_all="trace", cancel="trace", csv="trace", json="trace"),
    "activation_desk_personvisit_find": (looks(_FIND),),
    "activation_desk_personvisit_change": (read_only(_FIND),),
    "activation_desk_personvisit_act": (Need(read=None, act=(_FIND, "activation_desk.act_for_person")),),
    "activation_desk_personvisit_trace": (Need(read=None, act=(_FIND, _TRACE)),),
    "activation_desk_personvisit_receipt": (read_only(_FIND),),
    "activation_desk_personvisit_signal": (Need(read=(_FIND, _READ), act=None),),
    "activation_desk_savedfilter_changelist": (Need(read=OFFICER, act=("view", "actions")),),
    "activation_desk_savedfilter_save": (Need(read=None, act=OFFICER),),
    "activation_desk_savedfilter_open": (Need(read=OFFICER, act=None),),
    "activation_desk_savedfilter_remove": (Need(read=None, act=OFFICER),),
    "activation_desk_savedfilter_export": (looks("activation_desk.export_list"),),
    "activation_enforcement_enforcementrun_coverage": (looks("view"),),
    "consent_requests_request_add": (needs("handle"),),
    "consent_requests_request_bulk": tuple(
        Need(read=None, act=("handle",), arguments={"name": name})
        for name in ("assign", "acknowledge", "extend")
    ),
    "consent_portal_theme_preview": (read_only("consent_portal.preview_theme"),),
    "consent_policies_noticeversion_preview": (read_only("view"),),
    "consent_policies_noticeversion_test": (Need(read=None, act=("view", "change")),),
    "consent_requests_request_mails": (read_only("view"),),
    "consent_requests_request_mail_words": (Need(read=("view", _WORDING), act=("view", _WORDING)),),
    "consent_requests_request_mail_test": (Need(read=None, act=("view", _WORDING)),),
    "consent_requests_request_find": (hands_out("view"),),
    "consent_requests_request_calendar": (read_only("view"),),
    "consent_requests_request_figures": tuple(
        Need(read=("view",), act=None, arguments={"kind": kind}) for kind in ("california", "summary")
    ),
    "consent_requests_request_change": (read_only("view"),),
    "consent_requests_request_content": (hands_out("view", _READ),),
    "consent_requests_request_package": (hands_out("view", _READ),),
    "consent_requests_request_certificate": tuple(
        Need(read=("view",), act=None, arguments={"ending": ending}) for ending in ("json", "html", "pdf")
    ),
    "consent_requests_request_rows": (hands_out("view", _READ),),
    "consent_requests_request_do": (
        *doing(*_HANDLED, also=(_HANDLE,)),
        *doing("document", "redact", also=(_HANDLE, _READ)),
        *doing("approve", "send-back", also=(_APPROVE,)),
    ),
    "consent_requests_system_try_out": (looks("try"),),
    "auth_user_password_change": (needs("change"),),
}
