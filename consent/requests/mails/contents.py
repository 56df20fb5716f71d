"""What each mail is told by whoever has it written. Pure.

Besides, every mail knows the request: `reference`, `type`, `received_on`, `controller`, and where the portal
is (`portal`); the link is made when it is sent. Values are words of closed lists, dates (YYYY-MM-DD), codes,
or an officer's own words to the person; nothing that names the person.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from consent.kernel.errors import AccordantError
from consent.requests.types import ExtensionGround, LinkPurpose, MailTemplate, PauseGround, RefusalGround


class WrongContext(AccordantError):
    """A mail was to be written with other values than its template takes: a defect of the caller's."""

    code = "wrong_mail_context"
    status = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What a template is told."""

    needs: frozenset[str] = frozenset()
    takes: frozenset[str] = frozenset()
    """What may be left out; a paragraph that speaks of it is then left out, too."""
    link: LinkPurpose | None = LinkPurpose.STATUS
    """The link that is made for it as it is sent."""


CONTRACTS: Mapping[MailTemplate, Contract] = {
    MailTemplate.RECEIVED: Contract(takes=frozenset({"due_on"})),
    MailTemplate.CODE: Contract(needs=frozenset({"code", "minutes"}), link=None),
    MailTemplate.CONFIRM: Contract(takes=frozenset({"link_until"}), link=LinkPurpose.CONFIRM),
    MailTemplate.PAUSED: Contract(
        needs=frozenset({"ground"}), takes=frozenset({"question", "answer_by", "due_on"})
    ),
    MailTemplate.EXTENDED: Contract(needs=frozenset({"ground"}), takes=frozenset({"due_on"})),
    MailTemplate.REFUSED: Contract(needs=frozenset({"ground"}), takes=frozenset({"reason", "appeal_until"})),
    MailTemplate.EXPIRED: Contract(link=None),
    MailTemplate.FULFILLED: Contract(takes=frozenset({"partly", "reason"})),
    MailTemplate.PACKAGE_READY: Contract(takes=frozenset({"link_until"}), link=LinkPurpose.PACKAGE),
    MailTemplate.ERASED: Contract(takes=frozenset({"kept", "backups_until"})),
    MailTemplate.RECIPIENTS: Contract(),
    MailTemplate.LINK: Contract(),
}
GROUNDS: Mapping[MailTemplate, type[RefusalGround] | type[PauseGround] | type[ExtensionGround]] = {
    MailTemplate.PAUSED: PauseGround,
    MailTemplate.EXTENDED: ExtensionGround,
    MailTemplate.REFUSED: RefusalGround,
}
"""Which words the `ground` of a mail is one of."""
DATES = frozenset({"due_on", "answer_by", "appeal_until", "backups_until"})
FLAGS = frozenset({"partly", "kept"})
"""`yes`, or left out."""
ALWAYS_KNOWN = frozenset({"reference", "type", "received_on", "controller", "portal"})
PLACES_OF_LAW = ("gdpr", "us", "elsewhere")
"""Of these, one is set for each request: which remedies its law gives."""


def check_context(template: MailTemplate, context: Mapping[str, str]) -> None:
    """Return if the values are those that the template takes.

    :raises WrongContext: otherwise; it names the keys, and no value.
    """
    contract = CONTRACTS[template]
    given = {name for name, value in context.items() if value}
    known = contract.needs | contract.takes | ALWAYS_KNOWN  # what is always known need not be told, and may
    wrong = sorted(contract.needs - given) + sorted(given - known)
    wrong += sorted(name for name in given if not _is_readable(template, name, context[name]))
    if wrong:
        raise WrongContext(f"mail {template.value}: missing, unknown or unreadable: {', '.join(wrong)}")


def _is_readable(template: MailTemplate, name: str, value: str) -> bool:
    try:
        if name in DATES:
            date.fromisoformat(value)
        elif name == "link_until":
            return datetime.fromisoformat(value).tzinfo is not None
        elif name == "ground" and template in GROUNDS:
            GROUNDS[template](value)
    except ValueError:
        return False
    return name not in FLAGS or value == "yes"
