"""All that happened to a person, the latest first: their choices page by page, and what lies between."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from activation.desk.person.words import (
    CAME_IN,
    CHOICE_WORDS,
    FACT_WORDS,
    REPEATED,
    SIGNAL_WORDS,
    shorten,
    tell_moment,
)
from consent.records.queries import RecordedChoice, list_records_from
from consent.records.types import Choice, SignalOnRecord
from consent.subjects.types import Fact, SubjectGroup, SubjectRef

AT_ONCE = 25
FACTS, LINKS, SIGNALS = "facts", "links", "signals"
KINDS = [
    ("", "everything"),
    *((choice.value, CHOICE_WORDS[choice]) for choice in Choice),
    (FACTS, "facts about them"),
    (LINKS, "links to other subjects"),
    (SIGNALS, "signals about them"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which events to show."""

    kind: str = ""
    purpose: str = ""
    behind: str = ""
    """The record that the page before ended with."""

    @property
    def choice(self) -> str:
        """The choice asked for, if one is."""
        return self.kind if self.kind in list(Choice) else ""

    @property
    def shows_records(self) -> bool:
        """Whether choices are asked for."""
        return self.kind == "" or bool(self.choice)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened."""

    recorded_at: datetime
    ref: str
    words: str
    choice: RecordedChoice | None = None
    effective_at: datetime | None = None
    signal: SignalOnRecord | None = None


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """Some events, the latest first, and where to go on."""

    events: Sequence[Event]
    next: str
    """The record to go on behind; empty: there is no more."""


def read_page(
    group: SubjectGroup,
    refs: Sequence[SubjectRef],
    facts: Mapping[SubjectRef, Sequence[Fact]],
    signals: Sequence[SignalOnRecord],
    wanted: Wanted,
) -> TimelinePage:
    """Return a page of events. One statement, however many events there are."""
    found = _list_records(refs, wanted)
    before, rows = _cut(found, wanted)
    shown, more = rows[:AT_ONCE], len(rows) > AT_ONCE
    events = [_tell_choice(one) for one in shown]
    after = shown[-1].record.recorded_at if more else None
    others = (*_list_others(group, refs, facts, wanted), *_list_signals(signals, wanted))
    events += [one for one in others if _is_between(one, before=before, after=after)]
    events.sort(key=lambda one: (one.recorded_at, one.ref), reverse=True)
    return TimelinePage(events, shown[-1].record.record_id if more else "")


def _list_records(refs: Sequence[SubjectRef], wanted: Wanted) -> list[RecordedChoice]:
    if not wanted.shows_records:
        return []
    return list_records_from(
        refs=refs,
        begin=wanted.behind,
        choice=wanted.choice,
        purpose=wanted.purpose,
        limit=AT_ONCE + 2,
    )


def _cut(found: Sequence[RecordedChoice], wanted: Wanted) -> tuple[datetime | None, Sequence[RecordedChoice]]:
    """Return when the page before ended, and the records behind it."""
    if wanted.behind and found and found[0].record.record_id == wanted.behind:
        return found[0].record.recorded_at, found[1:]
    return None, found


def _is_between(event: Event, *, before: datetime | None, after: datetime | None) -> bool:
    return (before is None or event.recorded_at < before) and (after is None or event.recorded_at >= after)


def _list_others(
    group: SubjectGroup,
    refs: Iterable[SubjectRef],
    facts: Mapping[SubjectRef, Sequence[Fact]],
    wanted: Wanted,
) -> Iterator[Event]:
    if wanted.purpose or wanted.choice:
        return
    if wanted.kind in {"", FACTS}:
        yield from (_tell_fact(fact) for ref in refs for fact in facts.get(ref, ()))
    if wanted.kind in {"", LINKS}:
        yield from _tell_links(group)
    if wanted.kind == "":
        yield from (
            Event(recorded_at=one.erased_at, ref=one.ref, words="was erased")
            for one in group.members
            if one.erased_at is not None
        )


def _list_signals(signals: Iterable[SignalOnRecord], wanted: Wanted) -> Iterator[Event]:
    """Yield each signal, whatever became of it: one that lost to a choice led to none."""
    if wanted.kind in {"", SIGNALS} and not wanted.purpose:
        for one in signals:
            conflict = ", in conflict with what was on record or came beside it" if one.conflicts else ""
            yield Event(
                recorded_at=one.recorded_at,
                ref=one.subject_ref,
                words=f"{CAME_IN[one.kind]}{conflict}",
                effective_at=one.effective_at,
                signal=one,
            )


def _tell_choice(found: RecordedChoice) -> Event:
    record = found.record
    return Event(
        recorded_at=record.recorded_at,
        ref=record.subject_ref,
        words=f"{CHOICE_WORDS[record.choice]}{SIGNAL_WORDS[found.by]}{REPEATED if found.repeats else ''}",
        choice=found,
        effective_at=record.effective_at,
    )


def _tell_fact(fact: Fact) -> Event:
    towards = f", towards {fact.controller}" if fact.controller else ""
    until = f", until {tell_moment(fact.until)}" if fact.until else ""
    words = f"{FACT_WORDS[fact.name]}: {fact.value}{towards}{until}"
    return Event(
        recorded_at=fact.recorded_at, ref=fact.subject_ref, words=words, effective_at=fact.effective_at
    )


def _tell_links(group: SubjectGroup) -> Iterator[Event]:
    for link in group.links:
        pair = f"{shorten(link.left)} and {shorten(link.right)}"
        yield Event(recorded_at=link.recorded_at, ref=link.left, words=f"{pair} were found to be one person")
        if link.unlinked_at is not None:
            yield Event(recorded_at=link.unlinked_at, ref=link.left, words=f"{pair} were unlinked")
