"""What is counted where the law on record sets no time. Pure: no Django, no clock.

These are ours, and say so: nobody may take them for the law.
"""

from datetime import date, timedelta

from consent.policies.law.types import Clock, LawTable
from consent.policies.law.words import ClockKind, ClockUnit, Confidence, CountingRule
from consent.requests.clocks.days import add_working_days
from consent.requests.clocks.holidays_of import HolidayCalendar
from consent.requests.clocks.kinds import KINDS, ChosenClock
from consent.requests.types import CHOICES_ALONE, RequestType

SHORTEST_MONTH = 28
"""Days. Where no law is known: what a month has at least, without extension or pause."""
MARK_DAYS = 14
"""Days. Where the law asks for an answer without delay: the shortest time that any law on record is said to
mean by it in practice."""
MARK_SOURCE = "the mark is our own"


def make_default(
    law: LawTable, jurisdiction: str, request_type: RequestType, received_on: date
) -> ChosenClock:
    """Return the clock that is counted where the law has none; somebody has to look.

    As long as nobody has decided on a jurisdiction, it is the shortest time that any of them sets.
    """
    if jurisdiction:
        days, source = SHORTEST_MONTH, f"No law on record sets a time for this in {jurisdiction}"
        lead = f"{source}, so a time of our own applies"
    else:
        days, source = _shortest(law), "No jurisdiction has been decided on"
        lead = f"{source}, so the shortest time on record applies"
    at_once = request_type in CHOICES_ALONE
    clock = Clock(
        jurisdiction=jurisdiction,
        effective_from=received_on,
        citation=f"{source}; the time is our own",
        sources=(),
        confidence=Confidence.RECALL,
        kind=KINDS[request_type][0],
        within=None if at_once else days,
        unit=None if at_once else ClockUnit.CALENDAR_DAYS,
        counting=CountingRule.WITHOUT_DELAY if at_once else CountingRule.CALENDAR_DAYS,
    )
    return ChosenClock(clock, lead=lead)


def find_mark(request_type: RequestType, received_on: date, calendar: HolidayCalendar) -> date:
    """Return the day that a request without a date is sorted by, and is overdue after."""
    if request_type in CHOICES_ALONE:
        return add_working_days(received_on, 1, calendar)
    return received_on + timedelta(days=MARK_DAYS)


def _shortest(law: LawTable) -> int:
    periods = (
        row.within
        for row in law.provisions
        if isinstance(row, Clock) and row.kind is ClockKind.RESPOND and row.unit is ClockUnit.CALENDAR_DAYS
    )
    return min([SHORTEST_MONTH, *(within for within in periods if within)])
