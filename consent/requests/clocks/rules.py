"""Every date of a request, from the law. Pure: no Django, no clock.

How each rule counts: `counting`. What a pause does: `pauses`. Which clock serves which type: `kinds`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from consent.policies.law.types import Clock, LawTable
from consent.policies.law.words import ClockKind
from consent.requests.clocks.counting import count
from consent.requests.clocks.defaults import MARK_SOURCE, find_mark, make_default
from consent.requests.clocks.holidays_of import HolidayCalendar, calendar_of
from consent.requests.clocks.kinds import ANSWERED, ChosenClock, choose_acknowledgement, choose_clock
from consent.requests.clocks.pauses import Start, find_start
from consent.requests.clocks.types import ClockEvent, ComputedDate, Deadlines
from consent.requests.clocks.wording import explain_counted, number_words, weekday_words
from consent.requests.clocks.zones import day_of, end_of, zone_of
from consent.requests.types import EventKind, RequestType


def compute_deadlines(
    law: LawTable,
    *,
    jurisdiction: str,
    type: RequestType,  # noqa: A002 - the word that requests use
    received_at: datetime,
    events: Iterable[ClockEvent] = (),
) -> Deadlines:
    """Return every date of a request that came in at `received_at`, by the law in force on that day.

    `jurisdiction` may be empty, as long as nobody has decided on it. Events are in the order of their time.
    """
    zone = zone_of(jurisdiction)
    received_on = day_of(received_at, zone)
    held, told = law.in_force(received_on), tuple(events)
    chosen = choose_clock(held, jurisdiction, type) or make_default(held, jurisdiction, type, received_on)
    return _Counting(held, jurisdiction, type, zone, received_on, chosen, told).compute()


@dataclass(frozen=True)
class _Counting:
    """One request being counted."""

    law: LawTable
    jurisdiction: str
    type: RequestType
    zone: str
    received_on: date
    chosen: ChosenClock
    events: tuple[ClockEvent, ...]

    @property
    def clock(self) -> Clock:
        return self.chosen.clock

    @property
    def calendar(self) -> HolidayCalendar:
        return calendar_of(self.jurisdiction)

    @property
    def title(self) -> str:
        place = self.law.places.get(self.jurisdiction)
        return place.title if place else self.jurisdiction

    def compute(self) -> Deadlines:
        start = Start(self.received_on)
        if not self.chosen.is_borrowed:
            start = find_start(self.clock, self.received_on, self.events, self.zone)
        due, mark = self._due(start)
        extended, is_extended = self._extended(start)
        in_force = (extended.on if is_extended and extended else None) or due.on or mark
        return Deadlines(
            jurisdiction=self.jurisdiction,
            zone=self.zone,
            received_on=self.received_on,
            acknowledge_by=self._acknowledge(),
            due_on=due,
            extended_due_on=extended,
            extension_notice_by=self._extension_notice(start, due),
            due_at=end_of(in_force, self.zone),
            decline_notice_by=self._decline_notice(start),
            appeal=self._appeal(),
            is_paused=any(not pause.is_over for pause in start.pauses),
            is_extended=is_extended,
            check_before_use=self.clock.check_before_use or self.chosen.is_borrowed,
        )

    def _due(self, start: Start) -> tuple[ComputedDate, date]:
        """Return the date, and the day that the request is sorted by if the law sets none."""
        if self.clock.within is None:
            mark = find_mark(self.type, self.received_on, self.calendar)
            words = (
                f"Received on {weekday_words(self.received_on)}; it is to be done without delay and no "
                f"number of days is set, so it is sorted by {weekday_words(mark)}, a mark of our own."
            )
            return _dated(None, self._led(words), f"{self.clock.citation}; {MARK_SOURCE}"), mark
        found = self._count(start, self.clock, self.clock.within)
        return found, found.on or self.received_on

    def _extended(self, start: Start) -> tuple[ComputedDate | None, bool]:
        """Return until when at the latest, and whether that date is in force."""
        told = next((event for event in self.events if event.kind is EventKind.EXTENDED), None)
        if self.chosen.is_borrowed or self.clock.within is None:
            return None, False
        if self.clock.open_extension:
            return self._told_date(told), told is not None and told.until is not None
        if not self.clock.extension:
            return None, False
        whole = self.clock.within + self.clock.extension
        what = "it is due on" if told else "if it is extended it is due on"
        return self._count(start, self.clock, whole, what=what), told is not None

    def _told_date(self, told: ClockEvent | None) -> ComputedDate | None:
        if told is None or told.until is None:
            return None
        words = f"The person was told that it takes until {weekday_words(told.until)}, so it is due then."
        return _dated(told.until, words, self.clock.citation)

    def _extension_notice(self, start: Start, due: ComputedDate) -> ComputedDate | None:
        if self.chosen.is_borrowed or not (self.clock.extension or self.clock.open_extension):
            return None
        if self.clock.extension_notice_within is None:
            words = (
                "The law on record names no day until which an extension must be told, so it is told within "
                f"the first period, by {weekday_words(due.on or self.received_on)}."
            )
            return _dated(due.on, words, self.clock.citation)
        what = "an extension must be told by"
        return self._count(start, self.clock, self.clock.extension_notice_within, what=what)

    def _decline_notice(self, start: Start) -> ComputedDate | None:
        if self.type not in ANSWERED or self.clock.decline_notice_within is None:
            return None
        what = "a refusal must be told by"
        return self._count(start, self.clock, self.clock.decline_notice_within, what=what)

    def _acknowledge(self) -> ComputedDate | None:
        clock = choose_acknowledgement(self.law, self.jurisdiction, self.type)
        if clock is None or clock.within is None:
            return None
        what = "its receipt is to be acknowledged by"
        return self._count(Start(self.received_on), clock, clock.within, what=what)

    def _appeal(self) -> ComputedDate | None:
        clock = self.law.first(Clock, self.jurisdiction, kind=ClockKind.APPEAL)
        if clock is None or clock.within is None or self.type is RequestType.APPEAL:
            return None
        words = (
            "Whoever is refused may appeal within a reasonable time, for which no number is on record, and "
            f"the appeal is answered within {number_words(clock.within, clock.counting)} of its receipt."
        )
        return _dated(None, words, clock.citation)

    def _count(self, start: Start, clock: Clock, number: int, *, what: str = "it is due on") -> ComputedDate:
        counted = count(clock.counting, start, number, self.calendar)
        words = explain_counted(
            counted,
            number=number,
            rule=clock.counting,
            received_on=self.received_on,
            start=start,
            calendar=self.calendar,
            title=self.title,
            what=what,
        )
        words = self._led(words) if clock is self.clock else words
        return _dated(counted.due, words, _sources(clock, start))

    def _led(self, words: str) -> str:
        return f"{self.chosen.lead}: {words[0].lower()}{words[1:]}" if self.chosen.lead else words


def _dated(on: date | None, explanation: str, source: str) -> ComputedDate:
    return ComputedDate(on=on, explanation=explanation, source=source)


def _sources(clock: Clock, start: Start) -> str:
    return "; ".join(dict.fromkeys([clock.citation, *(pause.rule.source for pause in start.pauses)]))
