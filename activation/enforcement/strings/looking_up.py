"""The strings that people have on record and that hold, as what is owed to a recipient asks for them.

Unknown means that there is none: a string that does not open, was given to another controller, or that a no
has spoken against since. What a linked member said counts too: the latest string of all speaks, and any of
their noes since ends it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from activation.decisions.register import TcfTerms
from activation.decisions.types import Member, Question
from activation.decisions.view import View
from activation.enforcement.strings.types import TCF, Needs
from activation.snapshots.queries import load_states
from consent.records.queries import list_signal_texts
from consent.records.types import NO, SignalKind, SignalText
from consent.subjects.queries import SubjectStateUnreadable, list_groups_asking
from consent.subjects.types import SubjectGroup, SubjectRef

Texts = Mapping[str, str]
"""A person's strings by kind."""
MayProcess = Callable[[str, TcfTerms], bool]
"""Whether a TC string lets a vendor pursue each of some purposes."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Somebody whose strings are asked for: the references that lead to them, and what is needed."""

    refs: frozenset[SubjectRef]
    needs: Needs


@dataclass(frozen=True, slots=True)
class LookUp:
    """Finds strings for one question at one moment."""

    question: Question
    at: datetime
    may_process: MayProcess

    def find(self, wanted: Sequence[Wanted]) -> list[Texts | None]:
        """Return for each the strings to send, or None for who must not be sent. A few statements.

        :raises KeysUnavailable: if the keys that open them cannot be asked for.
        """
        groups = list_groups_asking([one.refs for one in wanted])
        refs = {subject.ref for group in groups for subject in group.members}
        kinds = frozenset[str]().union(*(one.needs.strings for one in wanted))
        shelf = {kind: _read(refs, SignalKind(kind)) for kind in sorted(kinds)}
        people = self._list_people(groups)
        return [self._choose(one.needs, who, shelf) for one, who in zip(wanted, people, strict=True)]

    def _list_people(self, groups: Sequence[SubjectGroup]) -> list["_Person"]:
        """Return who each group is now. Of one that nobody is linked to, nothing needs to be loaded."""
        linked = [group for group in groups if len(group.members) > 1]
        states = iter(load_states(linked))
        return [
            _Person(tuple(View(next(states), self.question, self.at, self.at).members))
            if len(group.members) > 1
            else _Person(only=tuple(subject.ref for subject in group.members))
            for group in groups
        ]

    def _choose(self, needs: Needs, person: "_Person", shelf: Mapping[str, "_Shelf"]) -> Texts | None:
        found = {kind: self._find_text(person, shelf[kind]) for kind in needs.strings}
        texts = {kind: text for kind, text in found.items() if text}
        if len(texts) < len(found):
            return None
        if not all(self.may_process(texts[TCF], terms) for terms in needs.vendors):
            return None
        return {kind: texts[kind] for kind in needs.kinds}

    def _find_text(self, person: "_Person", shelf: "_Shelf") -> str | None:
        """Return the person's string of the shelf's kind; None if there is none that holds."""
        if not shelf.unreadable.isdisjoint(person.refs):
            return None
        given = {ref: text for ref in person.refs if (text := shelf.texts.get(ref)) and self._is_ours(text)}
        if not given:
            return None
        ref, latest = max(given.items(), key=lambda pair: _order(pair[1]))
        return latest.text if latest.holds and not person.has_said_no_since(latest, besides=ref) else None

    def _is_ours(self, text: SignalText) -> bool:
        return text.controller in {None, self.question.controller}


@dataclass(frozen=True, slots=True)
class _Person:
    """The subjects that make up one person."""

    members: tuple[Member, ...] = ()
    """Those joined by links, with all that is on record."""
    only: tuple[SubjectRef, ...] = ()
    """The one whom nobody is linked to: what is on record of them bears on their strings already."""

    @property
    def refs(self) -> tuple[SubjectRef, ...]:
        """Their references."""
        return self.only or tuple(SubjectRef(member.subject_ref) for member in self.members)

    def has_said_no_since(self, text: SignalText, *, besides: SubjectRef) -> bool:
        """Return whether another member said no after the string was made, or recorded; ties go to no."""
        records = (one for member in self.members if member.subject_ref != besides for one in member.choices)
        return any(
            one.choice in NO
            and (one.effective_at >= text.effective_at or one.recorded_at >= text.recorded_at)
            for one in records
        )


@dataclass(frozen=True, slots=True)
class _Shelf:
    """The strings of one kind."""

    texts: Mapping[SubjectRef, SignalText]
    unreadable: frozenset[SubjectRef]


def _read(refs: Collection[SubjectRef], kind: SignalKind) -> _Shelf:
    """Return everybody's strings; one that does not open is nobody else's loss."""
    try:
        return _Shelf(list_signal_texts(refs=refs, kind=kind), frozenset())
    except SubjectStateUnreadable:
        ordered = sorted(refs)
        if len(ordered) <= 1:
            return _Shelf({}, frozenset(ordered))
        half = len(ordered) // 2
        return _merge(_read(ordered[:half], kind), _read(ordered[half:], kind))


def _merge(*shelves: _Shelf) -> _Shelf:
    texts = {ref: text for shelf in shelves for ref, text in shelf.texts.items()}
    return _Shelf(texts, frozenset[SubjectRef]().union(*(shelf.unreadable for shelf in shelves)))


def _order(text: SignalText) -> tuple[datetime, datetime, str]:
    return (text.effective_at, text.recorded_at, text.event_id)
