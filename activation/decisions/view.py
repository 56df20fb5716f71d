"""What of a subject's state counts at one moment: the people it joins, their records, facts and ages.

A state holds all that was ever recorded. A view keeps what was known at `known_at` and in force at
`as_of`, and of the members only those that links join to the person asked about at that moment.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from activation.decisions.types import Member, Question, SubjectState
from consent.records.types import ChoiceRecord
from consent.subjects.types import Fact, FactName, Link

LAST_TIME_ZONE = timedelta(hours=12)
"""A day has begun everywhere on Earth when it has begun 12 hours behind UTC."""


@dataclass(frozen=True)
class View:
    """The state as it counts for one question; `moment` is the time that is decided for."""

    state: SubjectState
    question: Question
    moment: datetime
    known_at: datetime

    @cached_property
    def links(self) -> list[Link]:
        """The links in force, oldest first."""
        return sorted(
            (
                link
                for link in self.state.links
                if link.recorded_at <= self.known_at
                and link.linked_at <= self.moment
                and (link.unlinked_at is None or link.unlinked_at > self.moment)
            ),
            key=lambda link: (link.linked_at, link.left, link.right),
        )

    @cached_property
    def person(self) -> frozenset[str]:
        """The references that links join to those asked about, themselves included."""
        joined = set(self.state.asked)
        frontier = list(joined)
        while frontier:
            reference = frontier.pop()
            reached = {other for other in self._neighbours(reference) if other not in joined}
            joined |= reached
            frontier += reached
        return frozenset(joined)

    def _neighbours(self, reference: str) -> Iterator[str]:
        for link in self.links:
            if reference == link.left:
                yield link.right
            elif reference == link.right:
                yield link.left

    @cached_property
    def is_ambiguous(self) -> bool:
        """Whether the identifiers led to people that no link joins."""
        asked = sorted(self.state.asked)
        return any(self.joined_at(asked[0], other) is None for other in asked[1:])

    def joined_at(self, left: str, right: str) -> datetime | None:
        """Return when links first joined the two; None if none do. To itself, a reference always was."""
        groups = {left: {left}}
        if left == right:
            return datetime.min.replace(tzinfo=self.moment.tzinfo)
        for link in self.links:
            merged = groups.get(link.left, {link.left}) | groups.get(link.right, {link.right})
            groups.update(dict.fromkeys(merged, merged))
            if right in groups[left]:
                return link.linked_at
        return None

    @cached_property
    def members(self) -> list[Member]:
        """The members that make up the person asked about, in the order of their references."""
        chosen = [member for member in self.state.members if member.subject_ref in self.person]
        return sorted(chosen, key=lambda member: member.subject_ref)

    @property
    def is_erased(self) -> bool:
        """Whether any member is a tombstone."""
        return any(
            member.erased_at is not None and member.erased_at <= self.moment for member in self.members
        )

    @cached_property
    def records(self) -> list[ChoiceRecord]:
        """Every member's records that count, in the order of `order_of`."""
        found = (record for member in self.members for record in member.choices)
        return sorted(
            (r for r in found if r.effective_at <= self.moment and r.recorded_at <= self.known_at),
            key=order_of,
        )

    @cached_property
    def next_change_at(self) -> datetime | None:
        """When the first thing already on record, but effective later, begins to count."""
        times = (
            entry.effective_at
            for member in self.members
            for entry in (*member.choices, *member.facts)
            if entry.effective_at > self.moment and entry.recorded_at <= self.known_at
        )
        return min(times, default=None)

    def facts(self, name: FactName, controller: str | None = None) -> list[Fact]:
        """Return each member's fact `name` in force; one bound to another controller never counts."""
        found = (self._fact_of(member, name, controller) for member in self.members)
        return [fact for fact in found if fact is not None]

    def _fact_of(self, member: Member, name: FactName, controller: str | None) -> Fact | None:
        dated = [
            fact
            for fact in member.facts
            if fact.name is name
            and fact.controller in {None, controller}
            and fact.effective_at <= self.moment
            and fact.recorded_at <= self.known_at
        ]
        latest = max(dated, key=lambda fact: (fact.effective_at, fact.version), default=None)
        ended = latest is not None and latest.until is not None and latest.until <= self.moment
        return None if ended else latest

    def affirmed(self, name: FactName, controller: str | None = None) -> Fact | None:
        """Return a fact `name` in force that says yes, the one that lasts longest; None if there is none."""
        said_yes = [fact for fact in self.facts(name, controller) if fact.value == "yes"]
        return max(said_yes, key=_lasts, default=None)

    @cached_property
    def shared_devices(self) -> frozenset[str]:
        """The members that are a device several people use."""
        return frozenset(
            fact.subject_ref for fact in self.facts(FactName.SHARED_DEVICE) if fact.value == "yes"
        )

    @cached_property
    def jurisdictions(self) -> list[str]:
        """Where the person is known to live or to be, each once: residences, locations, then the hint."""
        facts = (*self.facts(FactName.RESIDENCE), *self.facts(FactName.LOCATION))
        codes = [fact.value for fact in facts]
        return list(dict.fromkeys([*codes, *_given(self.question.jurisdiction_hint)]))

    @cached_property
    def born_on(self) -> date | None:
        """The youngest member's date of birth, None if unknown. One that cannot be read counts as today."""
        return max((self._date(fact.value) for fact in self.facts(FactName.BORN_ON)), default=None)

    def _date(self, text: str) -> date:
        try:
            return date.fromisoformat(text)
        except ValueError:
            return self.moment.date()

    @cached_property
    def age(self) -> int | None:
        """Completed years. A birthday counts once the day has begun everywhere on Earth."""
        if self.born_on is None:
            return None
        today = (self.moment - LAST_TIME_ZONE).date()
        had_birthday = (today.month, today.day) >= (self.born_on.month, self.born_on.day)
        return max(0, today.year - self.born_on.year - (not had_birthday))

    def birthday_at(self, years: int) -> datetime | None:
        """Return when the person counts as `years` old; None if the date of birth is unknown."""
        if self.born_on is None:
            return None
        year, leap_day = self.born_on.year + years, (self.born_on.month, self.born_on.day) == (2, 29)
        day = date(year, 3, 1) if leap_day and not _is_leap(year) else self.born_on.replace(year=year)
        return datetime(day.year, day.month, day.day, tzinfo=self.moment.tzinfo) + LAST_TIME_ZONE


def order_of(record: ChoiceRecord) -> tuple[datetime, int, str]:
    """Return the key that choices are ordered by: `effective_at`, then the subject's version."""
    return (record.effective_at, record.version, record.subject_ref)


def _lasts(fact: Fact) -> tuple[bool, float]:
    return (fact.until is None, fact.until.timestamp() if fact.until else 0.0)


def _given(code: str | None) -> Iterable[str]:
    return () if code is None else (code,)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
