"""The search for subjects: everybody there is, some at a time."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from activation.checks.deciding import load_readable
from activation.checks.page_tokens import Cursor
from activation.checks.searching import Search, fill, open_search
from activation.checks.wire.parts import SUBJECT_TYPES
from activation.checks.wire.types import AskedSearch, Data, SearchPage
from activation.decisions.types import Question, SubjectState
from consent.subjects.queries import list_groups_of, list_identifiers, list_refs_after
from consent.subjects.types import HASHED_KINDS, IdentifierKind, KnownIdentifier, SubjectRef

MAX_LOOKED_AT = 2_000
"""How many people one page looks at: a page may hold nothing, and yet not be the last one."""
AT_ONCE = 500
"""How many of them are in memory at a time."""
SUBJECT_REF = "subject_ref"
"""The type of a subject that is named by its reference."""


def search_subjects(*, asked: AskedSearch, with_identifiers: bool, at: datetime) -> SearchPage:
    """Return a page of those who may be used for the purpose at the destination, by their references.

    `with_identifiers`: by their identifiers of the kind asked for; those who have none are left out.
    Raises as `open_search` does.
    """
    kind = SUBJECT_TYPES.get(asked.subject_type)
    with open_search("subject", asked, at) as search:
        if kind is None and asked.subject_type != SUBJECT_REF:
            return search.answer([], None)
        # The view holds all that was committed; a token's version says something about one person only.
        question = replace(search.question, at_least=None)
        scan = _Scan(search, question, kind if with_identifiers else None)
        results, following = fill(scan, search.cursor)
        if following is None and not scan.has_ended:
            following = Cursor(scan.last, 0, search.cursor.limit)
        return search.answer(results, following)


class _Scan:
    """The subjects behind the cursor, one after the other, as many as one page looks at."""

    def __init__(self, search: Search, question: Question, kind: IdentifierKind | None) -> None:
        self._search, self._question, self._kind = search, question, kind
        self.last: str = search.cursor.after
        """The last subject that was looked at."""
        self.has_ended = False
        """Whether there is none behind it."""

    def __iter__(self) -> Iterator[tuple[str, Sequence[Data]]]:
        for _ in range(MAX_LOOKED_AT // AT_ONCE):
            refs = list_refs_after(self.last, limit=AT_ONCE)
            allowed = [
                ref
                for ref, state in zip(refs, self._load(refs), strict=True)
                if self._search.allows(state, self._question)
            ]
            results = self._name(allowed)
            yield from ((ref, results.get(ref, ())) for ref in refs)
            self.last = refs[-1] if refs else self.last
            if len(refs) < AT_ONCE:
                self.has_ended = True
                return

    def _load(self, refs: Sequence[SubjectRef]) -> list[SubjectState]:
        """Return the state of each subject, asked about by its own reference alone."""
        groups = {ref: group for group in list_groups_of(refs) for ref in group.asked}
        people = [replace(groups[ref], asked=frozenset({ref})) for ref in refs]
        snapshot = self._search.snapshot
        unreadable = SubjectState(available=False, watermark=snapshot.watermark)
        return load_readable(snapshot.load_states_of, people, unreadable=unreadable)

    def _name(self, refs: Sequence[SubjectRef]) -> dict[SubjectRef, Sequence[Data]]:
        """Return what each subject is called by in the answer."""
        if self._kind is None:
            return {ref: [{"type": SUBJECT_REF, "id": ref}] for ref in refs}
        kind, told = self._kind, self._search.asked.subject_type
        none: tuple[KnownIdentifier, ...] = ()
        found = load_readable(_list_identifiers, refs, unreadable=none)
        return {
            ref: [{"type": told, "id": value} for value in _values_of(kind, known)]
            for ref, known in zip(refs, found, strict=True)
        }


def _list_identifiers(refs: Sequence[SubjectRef]) -> list[tuple[KnownIdentifier, ...]]:
    found = list_identifiers(refs)
    return [found.get(ref, ()) for ref in refs]


def _values_of(kind: IdentifierKind, known: Sequence[KnownIdentifier]) -> list[str]:
    """Return the values of that kind, each once; a SHA-256 form is made where the plain one is on record."""
    found = [one.value for one in known if one.kind is kind]
    plain = HASHED_KINDS.get(kind)
    found += [hashlib.sha256(one.value.encode()).hexdigest() for one in known if one.kind is plain]
    return list(dict.fromkeys(found))
