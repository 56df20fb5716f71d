"""What entries of the ledger come to, in counts by day, purpose, jurisdiction and choice."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import NamedTuple

from activation.enforcement.canaries.types import SOURCE as CANARIES
from consent.kernel import canonical
from consent.keys.types import KeysUnavailable
from consent.ledger.types import LedgerEntry, Stream
from consent.subjects.queries import SubjectStateUnreadable, list_facts, list_subjects
from consent.subjects.types import Fact, FactName, SubjectRef

UNKNOWN = ""
"""The jurisdiction of whoever has no residence on record."""


class Cell(NamedTuple):
    """What is counted together."""

    day: date
    purpose: str
    jurisdiction: str
    choice: str


@dataclass(slots=True)
class Tally:
    """What some entries come to."""

    counts: Counter[Cell] = field(default_factory=Counter)
    """Of all choices that can be read; those of erased people without a jurisdiction."""
    erased: Counter[Cell] = field(default_factory=Counter)
    """How many of them are of people who were erased since."""
    pruned: Counter[date] = field(default_factory=Counter)
    """How many choices of each day have lost their content."""

    def add(self, other: "Tally") -> None:
        """Count what `other` counted, too."""
        self.counts.update(other.counts)
        self.erased.update(other.erased)
        self.pruned.update(other.pruned)


@dataclass(frozen=True, slots=True)
class _Told:
    ref: SubjectRef
    recorded_at: datetime
    purpose: str
    choice: str


def tally(entries: Sequence[LedgerEntry]) -> Tally:
    """Return what `entries` come to. The same entries come to the same, whenever they are counted.

    Only an erasure changes that: where an erased person lived is not on record any more. Canaries are nobody,
    and in no count.

    :raises KeysUnavailable: if the keys that open residences cannot be asked for.
    """
    found = Tally()
    choices = [one for one in entries if one.stream is Stream.CONSENT and one.kind == "choice_recorded"]
    found.pruned.update(_day(one.recorded_at) for one in choices if one.pruned)
    told = [one for one in map(_read, choices) if one is not None]
    refs = sorted({one.ref for one in told})
    facts, known = _list_residences(refs), list_subjects(refs)
    for one in told:
        place = _place(facts.get(one.ref, ()), one.recorded_at)
        cell = Cell(_day(one.recorded_at), one.purpose, place, one.choice)
        found.counts[cell] += 1
        if one.ref not in known or known[one.ref].erased_at:
            found.erased[cell] += 1
    return found


def _read(entry: LedgerEntry) -> _Told | None:
    if entry.pruned or entry.subject_ref is None:
        return None
    body = canonical.loads(entry.envelope)["body"]
    if body["source"] == CANARIES:
        return None
    return _Told(SubjectRef(entry.subject_ref), entry.recorded_at, body["purpose"], body["choice"])


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def _place(residences: Iterable[Fact], at: datetime) -> str:
    """Return where the person lived, by what was on record when they chose."""
    then = [one for one in residences if one.recorded_at <= at and one.effective_at <= at]
    last = max(then, key=lambda one: (one.effective_at, one.version), default=None)
    return UNKNOWN if last is None or (last.until and last.until <= at) else last.value


def _list_residences(refs: Sequence[SubjectRef]) -> Mapping[SubjectRef, list[Fact]]:
    try:
        facts = list_facts(refs)
    except SubjectStateUnreadable as error:
        if isinstance(error.__cause__, KeysUnavailable):
            raise error.__cause__ from error
        facts = {ref: found for ref in refs for found in [_list_readable(ref)] if found}
    return {ref: [one for one in found if one.name is FactName.RESIDENCE] for ref, found in facts.items()}


def _list_readable(ref: SubjectRef) -> tuple[Fact, ...]:
    try:
        return list_facts([ref]).get(ref, ())
    except SubjectStateUnreadable as error:
        if isinstance(error.__cause__, KeysUnavailable):
            raise error.__cause__ from error
        return ()
