"""What of a subject's state counts at one moment: the people it joins, their records, facts and ages.

A state holds all that was ever recorded. A view keeps what was known at `known_at` and in force at
`moment`, and of the members only those that links join to the person asked about at that moment.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

from activation.decisions.types import Question, SubjectState
from consent.records.types import ChoiceRecord
from consent.subjects.types import Fact, FactName, Link

LAST_TIME_ZONE = timedelta(hours=12)
"""A day has begun everywhere on Earth when it has begun 12 hours behind UTC."""

Facts = Mapping[FactName, list[Fact]]


class View:
    """The state as it counts for one question; `moment` is the time that is decided for."""

    def __init__(self, state: SubjectState, question: Question, moment: datetime, known_at: datetime) -> None:
        self.question, self.moment = question, moment
        self.asked = state.asked
        self.links = _links_in_force(state, moment, known_at)
        person = _joined(state.asked, self.links)
        self.members = [member for member in state.members if member.subject_ref in person]
        """The members that make up the person asked about."""
        known = [record for m in self.members for record in m.choices if record.recorded_at <= known_at]
        self.records = sorted((record for record in known if record.effective_at <= moment), key=order_of)
        """Every member's records that count, in the order of `order_of`."""
        told = [fact for m in self.members for fact in m.facts if fact.recorded_at <= known_at]
        self.facts = _facts_in_force(told, question.controller, moment)
        """Each member's facts in force, by name; one bound to another controller never counts."""
        self.next_change_at = _first_after(moment, known, told)
        """When the first thing already on record, but effective later, begins to count."""

    @property
    def is_ambiguous(self) -> bool:
        """Whether the identifiers led to people that no link joins."""
        first, *others = sorted(self.asked) or [""]
        return any(self.joined_at(first, other) is None for other in others)

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

    @property
    def is_erased(self) -> bool:
        """Whether any member is a tombstone."""
        return any(
            member.erased_at is not None and member.erased_at <= self.moment for member in self.members
        )

    def facts_of(self, name: FactName) -> list[Fact]:
        """Return each member's fact `name` in force."""
        return self.facts.get(name, [])

    def affirmed(self, name: FactName) -> bool:
        """Return whether any member's fact `name` in force says yes."""
        return any(fact.value == "yes" for fact in self.facts_of(name))

    @property
    def shared_devices(self) -> frozenset[str]:
        """The members that are a device several people use."""
        return frozenset(
            fact.subject_ref for fact in self.facts_of(FactName.SHARED_DEVICE) if fact.value == "yes"
        )

    @property
    def jurisdictions(self) -> list[str]:
        """Where the person is known to live or to be, each once: residences, locations, then the hint."""
        facts = (*self.facts_of(FactName.RESIDENCE), *self.facts_of(FactName.LOCATION))
        hint = self.question.jurisdiction_hint
        return list(dict.fromkeys([*(fact.value for fact in facts), *([hint] if hint else [])]))

    @property
    def born_on(self) -> date | None:
        """The youngest member's date of birth, None if unknown. One that cannot be read counts as today."""
        return max((self._date(fact.value) for fact in self.facts_of(FactName.BORN_ON)), default=None)

    def _date(self, text: str) -> date:
        try:
            return date.fromisoformat(text)
        except ValueError:
            return self.moment.date()

    @property
    def age(self) -> int | None:
        """Completed years. A birthday counts once the day has begun everywhere on Earth."""
        born_on = self.born_on
        if born_on is None:
            return None
        today = (self.moment - LAST_TIME_ZONE).date()
        had_birthday = (today.month, today.day) >= (born_on.month, born_on.day)
        return max(0, today.year - born_on.year - (not had_birthday))

    def birthday_at(self, years: int) -> datetime | None:
        """Return when the person counts as `years` old; None if the date of birth is unknown."""
        born_on = self.born_on
        if born_on is None:
            return None
        year, leap_day = born_on.year + years, (born_on.month, born_on.day) == (2, 29)
        day = date(year, 3, 1) if leap_day and not _is_leap(year) else born_on.replace(year=year)
        return datetime(day.year, day.month, day.day, tzinfo=self.moment.tzinfo) + LAST_TIME_ZONE


def order_of(record: ChoiceRecord) -> tuple[datetime, int, str]:
    """Return the key that choices are ordered by: `effective_at`, then the subject's version."""
    return (record.effective_at, record.version, record.subject_ref)


def _links_in_force(state: SubjectState, moment: datetime, known_at: datetime) -> list[Link]:
    """Return the links that count, oldest first."""
    found = [
        link
        for link in state.links
        if link.recorded_at <= known_at
        and link.linked_at <= moment
        and (link.unlinked_at is None or link.unlinked_at > moment)
    ]
    return sorted(found, key=lambda link: (link.linked_at, link.left, link.right))


def _joined(asked: frozenset[str], links: list[Link]) -> frozenset[str]:
    """Return the references that `links` join to those asked about, themselves included."""
    joined, grew = set(asked), bool(links)
    while grew:
        reached = {end for link in links for end in _ends(link) if joined.intersection(_ends(link))}
        grew = not reached <= joined
        joined |= reached
    return frozenset(joined)


def _ends(link: Link) -> tuple[str, str]:
    return (link.left, link.right)


def _facts_in_force(told: list[Fact], controller: str, moment: datetime) -> Facts:
    """Return each member's latest fact of each name, unless it has run out."""
    latest: dict[tuple[FactName, str], Fact] = {}
    for fact in told:
        key, speaks = (fact.name, fact.subject_ref), fact.controller in {None, controller}
        if speaks and fact.effective_at <= moment and not _is_later(latest.get(key), fact):
            latest[key] = fact
    found: dict[FactName, list[Fact]] = {}
    for (name, _), fact in sorted(latest.items()):
        if fact.until is None or fact.until > moment:
            found.setdefault(name, []).append(fact)
    return found


def _is_later(one: Fact | None, other: Fact) -> bool:
    return one is not None and (one.effective_at, one.version) > (other.effective_at, other.version)


def _first_after(moment: datetime, known: list[ChoiceRecord], told: list[Fact]) -> datetime | None:
    return min(_later_times(moment, known, told), default=None)


def _later_times(moment: datetime, known: list[ChoiceRecord], told: list[Fact]) -> Iterator[datetime]:
    yield from (record.effective_at for record in known if record.effective_at > moment)
    yield from (fact.effective_at for fact in told if fact.effective_at > moment)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
