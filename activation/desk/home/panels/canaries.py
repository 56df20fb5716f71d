"""Canaries: whether the last self-test was run and passed, and which incidents nobody answered."""

from collections.abc import Iterator

from activation.desk.home.addresses import address_of, count_of, say_count
from activation.desk.home.types import Advice, Asked, Figure, Need, Panel, Tone
from activation.destinations.queries import get_register
from activation.enforcement.canaries.queries import count_open_incidents, find_self_test_fault

PERMISSIONS = ("activation_enforcement.view_incident", "activation_enforcement.view_selftest")
INCIDENTS, TESTS = PERMISSIONS
_INCIDENTS = "activation_enforcement_incident_changelist"
_TESTS = "activation_enforcement_selftest_changelist"


def lay_out(asked: Asked) -> Panel:
    """Return the panel: of its two parts, those that the officer may see."""
    incidents = count_open_incidents() if asked.may(INCIDENTS) else 0
    fault = find_self_test_fault(at=asked.at) if asked.may(TESTS) else ""
    is_empty = not get_register()
    return Panel(
        key="canaries",
        title="Canaries and incidents",
        address=address_of(_INCIDENTS if asked.may(INCIDENTS) else _TESTS),
        sentence="" if is_empty else f"{fault[:1].upper()}{fault[1:]}." if fault else "",
        figures=tuple(_list_figures(asked, incidents, "" if is_empty else fault, is_empty=is_empty)),
        needs=tuple(_list_needs(incidents, "" if is_empty else fault)),
        advice=Advice("No destination is registered yet: there is nothing that a canary could reach.")
        if is_empty
        else None,
    )


def _list_figures(asked: Asked, incidents: int, fault: str, *, is_empty: bool) -> Iterator[Figure]:
    if asked.may(INCIDENTS):
        yield count_of("Open incidents", incidents, address_of(_INCIDENTS, state="open"), tone=Tone.WRONG)
    if asked.may(TESTS):
        told = "not needed yet" if is_empty else "not in order" if fault else "passed"
        yield Figure("Self-test", told, address_of(_TESTS), Tone.WRONG if fault else Tone.CALM)


def _list_needs(incidents: int, fault: str) -> Iterator[Need]:
    if incidents:
        words = say_count(incidents, "incident is open", "incidents are open")
        yield Need(words, address_of(_INCIDENTS, state="open"))
    if fault:
        yield Need(f"Canaries: {fault}", address_of(_TESTS))
