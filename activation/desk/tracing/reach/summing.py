"""The people whom a breach reached: counted, and each a line of the list for notification."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from activation.decisions.types import Member as StateMember
from activation.decisions.types import Question, SubjectState
from activation.decisions.view import View
from activation.desk.people import split
from activation.desk.tracing.models import BreachPerson, BreachReport
from activation.desk.tracing.types import Way
from activation.desk.types import UNKNOWN_PLACE
from activation.enforcement.membership.keys import read_identifiers
from activation.enforcement.membership.types import Member
from consent.subjects.queries import SubjectStateUnreadable, list_facts, list_groups_of, one_of
from consent.subjects.types import Fact, Identifier, SubjectGroup, SubjectRef

AT_ONCE = 1000
_NOBODY_ASKS = Question(purpose="", destination="", controller="")
Marks = frozenset[tuple[int, Way]]


@dataclass(slots=True)
class Tally:
    """Counts of people: whoever is linked counts once."""

    people: int = 0
    erased: int = 0
    """Their identifiers are gone: they are counted, and in no list."""
    strangers: int = 0
    """Those whom identifiers lead to nobody on record: in the list by what the destination was told."""
    unreachable: int = 0
    """People of whom no identifier opens, or who have none: in the list, by their reference alone."""
    by_jurisdiction: Counter[str] = field(default_factory=Counter)
    by_channel: Counter[int] = field(default_factory=Counter)
    by_way: Counter[str] = field(default_factory=Counter)


def list_lines(
    report: BreachReport, categories: Sequence[Sequence[str]], tally: Tally, *, at: datetime
) -> Iterator[bytes]:
    """Yield a line for each person found who is not erased, and count everybody.

    `categories`: those of each channel, by its place.
    """
    for refs in _read_found(report):
        batch = frozenset(refs)
        whole = [one for group in list_groups_of(refs) for one in _split(group, at)]
        reached = _reached(report, whole)
        here = [one for one in whole if min(one.asked & reached.keys(), default="") in batch]
        facts, names = _read_facts(here), read_identifiers(_living(here))
        for person in here:
            found: Marks = frozenset().union(*(reached.get(ref, frozenset()) for ref in person.asked))
            line = _tell(person, found, facts, names, categories, tally, at)
            if line is not None:
                yield line


def tell_stranger(member: Member, channel: int, categories: Sequence[Sequence[str]]) -> bytes:
    """Return the line of somebody whom identifiers alone name."""
    named = [Identifier(kind, value) for kind, values in member.identifiers.items() for value in values]
    return _line("", named, [], sorted(categories[channel]))


def count_found(report: BreachReport) -> int:
    """Return how many subjects were found."""
    return BreachPerson.objects.filter(report=report).values("subject_ref").distinct().count()


def _read_found(report: BreachReport) -> Iterator[list[SubjectRef]]:
    """Yield the subjects found, in batches, in the order of their references."""
    last = ""
    while True:
        rows = BreachPerson.objects.filter(report=report, subject_ref__gt=last).order_by("subject_ref")
        refs = [SubjectRef(ref) for ref in rows.values_list("subject_ref", flat=True).distinct()[:AT_ONCE]]
        if not refs:
            return
        yield refs
        last = refs[-1]


def _split(group: SubjectGroup, at: datetime) -> list[SubjectGroup]:
    """Return the people in `group`, each asked about by all of their references."""
    return list(split(group, scope=[member.ref for member in group.members], at=at).values())


def _reached(report: BreachReport, people: Sequence[SubjectGroup]) -> dict[SubjectRef, Marks]:
    """Return how each reference of `people` that was found was found."""
    refs = {ref for person in people for ref in person.asked}
    rows = BreachPerson.objects.filter(report=report, subject_ref__in=one_of(refs))
    found: dict[SubjectRef, Marks] = {}
    for ref, channel, way in rows.values_list("subject_ref", "channel", "way"):
        found[SubjectRef(ref)] = found.get(SubjectRef(ref), frozenset()) | {(channel, Way(way))}
    return found


def _living(people: Sequence[SubjectGroup]) -> list[SubjectRef]:
    return [
        member.ref
        for person in people
        for member in person.members
        if member.ref in person.asked and member.erased_at is None
    ]


def _tell(
    person: SubjectGroup,
    found: Marks,
    facts: Mapping[SubjectRef, Sequence[Fact]],
    names: Mapping[SubjectRef, Sequence[Identifier] | None],
    categories: Sequence[Sequence[str]],
    tally: Tally,
    at: datetime,
) -> bytes | None:
    """Count a person, and return their line; None of the erased."""
    living = _living([person])
    channels = {channel for channel, _ in found}
    tally.by_channel.update(channels)
    tally.by_way.update({way.value for _, way in found})
    if not living:
        tally.erased += 1
        return None
    places = _list_places(person, facts, at)
    tally.people += 1
    tally.by_jurisdiction[places[0] if places else UNKNOWN_PLACE] += 1
    named = [one for ref in living for one in names.get(ref) or ()]
    tally.unreachable += not named
    told = sorted({one for channel in channels for one in categories[channel]})
    return _line(min(living), named, places, told)


def _list_places(person: SubjectGroup, facts: Mapping[SubjectRef, Sequence[Fact]], at: datetime) -> list[str]:
    members = tuple(
        StateMember(subject_ref=one.ref, version=one.version, facts=tuple(facts.get(one.ref, ())))
        for one in person.members
    )
    state = SubjectState(asked=person.asked, members=members, links=person.links)
    return View(state, _NOBODY_ASKS, at, at).jurisdictions


def _read_facts(people: Sequence[SubjectGroup]) -> Mapping[SubjectRef, Sequence[Fact]]:
    return _open_facts(_living(people))


def _open_facts(refs: Sequence[SubjectRef]) -> Mapping[SubjectRef, Sequence[Fact]]:
    """Return the facts of each of `refs`; none of whom they do not open: their place is unknown then."""
    try:
        return list_facts(refs)
    except SubjectStateUnreadable:
        if len(refs) == 1:
            return {}
        middle = len(refs) // 2
        return {**_open_facts(refs[:middle]), **_open_facts(refs[middle:])}


def _line(ref: str, named: Sequence[Identifier], places: Sequence[str], categories: Sequence[str]) -> bytes:
    by_kind: dict[str, list[str]] = {}
    for one in named:
        if one.value not in by_kind.setdefault(one.kind.value, []):
            by_kind[one.kind.value].append(one.value)
    row = {
        "subject_ref": ref or None,
        "identifiers": by_kind,
        "jurisdictions": list(places),
        "data_categories": list(categories),
    }
    return json.dumps(row, ensure_ascii=False).encode() + b"\n"
