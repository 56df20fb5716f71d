"""Requests of data subjects: what is due, overdue, and waits for an officer."""

from collections.abc import Iterator
from functools import partial

from activation.desk.home.addresses import address_of, count_of, say_count
from activation.desk.home.types import Advice, Asked, Need, Panel, Tone
from consent.requests.queries import MOST_COUNTED, RequestCounts, count_attention

PERMISSIONS = (
    "consent_requests.view_request",
    "consent_requests.handle_requests",
    "consent_requests.approve_erasures",
)
APPROVE = "consent_requests.approve_erasures"
_LIST = "consent_requests_request_changelist"
_count = partial(count_of, most=MOST_COUNTED)
_say = partial(say_count, most=MOST_COUNTED)


def lay_out(asked: Asked) -> Panel:
    """Return the panel."""
    found = count_attention(officer_id=asked.officer_id, at=asked.at)
    may_approve = asked.may(APPROVE)
    approvals = [_count("Wait for your approval", found.to_approve, _address("approval"), tone=Tone.WAITS)]
    return Panel(
        key="requests",
        title="Requests of data subjects",
        address=address_of(_LIST),
        figures=(
            _count("Overdue", found.overdue, address_of(_LIST, due="over"), tone=Tone.WRONG),
            _count("Due within 7 days", found.due_soon, address_of(_LIST, due="7")),
            _count("Wait for a decision", found.to_decide, _address("review"), tone=Tone.WAITS),
            *(approvals if may_approve else ()),
            _count("Have stuck steps", found.stuck, _address("steps"), tone=Tone.WRONG),
            _count("Have mails that did not go out", found.undelivered, _address("mails"), tone=Tone.WRONG),
            _count("Open in all", found.open, address_of(_LIST)),
        ),
        needs=tuple(_list_needs(found, may_approve=may_approve)),
        advice=None if found.open else _advise(asked),
    )


def _list_needs(found: RequestCounts, *, may_approve: bool) -> Iterator[Need]:
    if found.overdue:
        words = _say(found.overdue, "request is overdue", "requests are overdue")
        yield Need(words, address_of(_LIST, due="over"))
    if found.stuck:
        words = _say(found.stuck, "request has stuck steps", "requests have stuck steps")
        yield Need(words, _address("steps"))
    if found.undelivered:
        words = _say(
            found.undelivered,
            "request has a mail that could not be delivered",
            "requests have mails that could not be delivered",
        )
        yield Need(words, _address("mails"))
    if found.to_approve and may_approve:
        words = _say(found.to_approve, "erasure waits for your approval", "erasures wait for your approval")
        yield Need(words, _address("approval"), Tone.WAITS)
    if found.to_decide:
        words = _say(found.to_decide, "request waits for a decision", "requests wait for a decision")
        yield Need(words, _address("review"), Tone.WAITS)


def _advise(asked: Asked) -> Advice:
    if not asked.may("consent_requests.handle_requests"):
        return Advice("No request is open.")
    return Advice(
        "No request is open. One that came by letter or telephone is taken down by hand:",
        address_of("consent_requests_request_add"),
        "take a request down",
    )


def _address(needs: str) -> str:
    return address_of(_LIST, needs=needs)
