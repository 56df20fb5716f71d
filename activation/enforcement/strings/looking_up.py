"""The strings that people have on record and that hold, as what is owed to a recipient asks for them.

Unknown means that there is none: a string that does not open, was given to another controller, or that a no
speaks against, said by the person or by anybody linked to them. Of several the one that was made last speaks.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from activation.decisions.register import TcfTerms
from activation.enforcement.strings.types import TCF, Needs
from consent.records.queries import list_signal_texts
from consent.records.types import SignalKind, SignalText
from consent.subjects.queries import SubjectStateUnreadable, list_groups_asking
from consent.subjects.rules import group_refs
from consent.subjects.types import SubjectGroup, SubjectRef

Texts = Mapping[str, str]
"""A person's strings by kind."""
MayProcess = Callable[[str, TcfTerms, datetime], bool]
"""Whether a TC string lets a vendor pursue each of some purposes, at a moment."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Somebody whose strings are asked for: the references that lead to them, and what is needed."""

    refs: frozenset[SubjectRef]
    needs: Needs


@dataclass(frozen=True, slots=True)
class LookUp:
    """Finds the strings that were given to one controller."""

    controller: str
    at: datetime
    may_process: MayProcess

    def find(self, wanted: Sequence[Wanted]) -> list[Texts | None]:
        """Return for each the strings to send, or None for who must not be sent. A few statements.

        :raises KeysUnavailable: if the keys that open them cannot be asked for.
        """
        people = [_list_members(group) for group in list_groups_asking([one.refs for one in wanted])]
        refs = frozenset[SubjectRef]().union(*people)
        kinds = frozenset[str]().union(*(one.needs.strings for one in wanted))
        shelves = {kind: self._read(refs, SignalKind(kind)) for kind in sorted(kinds)}
        return [self._choose(one.needs, who, shelves) for one, who in zip(wanted, people, strict=True)]

    def _choose(
        self, needs: Needs, person: frozenset[SubjectRef], shelves: Mapping[str, "_Shelf"]
    ) -> Texts | None:
        texts = {kind: text for kind in needs.strings if (text := shelves[kind].find(person))}
        if len(texts) < len(needs.strings):
            return None
        if not all(self.may_process(texts[TCF], terms, self.at) for terms in needs.vendors):
            return None
        return {kind: texts[kind] for kind in needs.kinds}

    def _read(self, refs: Collection[SubjectRef], kind: SignalKind) -> "_Shelf":
        """Return everybody's strings; one that does not open is nobody else's loss."""
        try:
            found = list_signal_texts(refs=refs, kind=kind, controller=self.controller)
        except SubjectStateUnreadable:
            ordered = sorted(refs)
            if len(ordered) == 1:
                return _Shelf({}, frozenset(ordered))
            half = len(ordered) // 2
            one, other = self._read(ordered[:half], kind), self._read(ordered[half:], kind)
            return _Shelf({**one.texts, **other.texts}, one.unreadable | other.unreadable)
        return _Shelf(found)


@dataclass(frozen=True, slots=True)
class _Shelf:
    """The strings of one kind."""

    texts: Mapping[SubjectRef, SignalText]
    unreadable: frozenset[SubjectRef] = frozenset()

    def find(self, person: frozenset[SubjectRef]) -> str | None:
        """Return the string that the person's members gave last; None without one that holds."""
        if not self.unreadable.isdisjoint(person):
            return None
        given = [text for ref in person if (text := self.texts.get(ref))]
        latest = max(given, key=_order, default=None)
        return latest.text if latest is not None and latest.holds else None


def _list_members(group: SubjectGroup) -> frozenset[SubjectRef]:
    """Return who makes up the person now: those asked about, and whom links that stand join to them."""
    standing = [link for link in group.links if link.unlinked_at is None]
    joined = group_refs(refs=group.asked, links=standing)
    return frozenset[SubjectRef]().union(*(joined[ref] for ref in group.asked))


def _order(text: SignalText) -> tuple[datetime, datetime, str]:
    return (text.effective_at, text.recorded_at, text.event_id)
