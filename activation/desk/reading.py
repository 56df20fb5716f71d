"""Everybody in a scope, one person after the other, from one snapshot."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from activation.decisions.types import SubjectState
from activation.desk.people import ask_as_person, split
from activation.desk.queries import Scope
from activation.desk.watch import Watch
from activation.snapshots.queries import Snapshot
from consent.subjects.queries import SubjectStateUnreadable, list_groups_of, list_subjects
from consent.subjects.types import SubjectGroup, SubjectRef

AT_ONCE = 1000
"""Subjects whose states are in memory at a time, with those linked to them."""


class Reader:
    """Reads the people of `scope`, and says after each batch how many subjects it has been through."""

    def __init__(
        self, snapshot: Snapshot, scope: Scope, watch: Watch, at: datetime, told: Callable[[int], None]
    ) -> None:
        self._snapshot, self._scope, self._watch = snapshot, scope, watch
        self._at, self._told = at, told
        self.left_out = 0
        """People erased since the snapshot was taken: their facts cannot be read any more."""

    def read(self) -> Iterator[SubjectState]:
        """Yield each person's state, asked about by their own references."""
        last, done = "", 0
        while refs := self._scope.list_after(last, limit=AT_ONCE):
            for state in self._load(self._find_people(refs)):
                yield ask_as_person(state, self._at)
            last, done = refs[-1], done + len(refs)
            self._told(done)

    def _find_people(self, refs: Sequence[SubjectRef]) -> list[SubjectGroup]:
        """Return the people whose leading reference is one of `refs`."""
        groups, batch = list_groups_of(refs), frozenset(refs)
        scope = self._scope.keep(member.ref for group in groups for member in group.members)
        return [
            person
            for group in groups
            for leading, person in split(group, scope=scope, at=self._at).items()
            if leading in batch
        ]

    def _load(self, people: Sequence[SubjectGroup]) -> list[SubjectState]:
        try:
            return self._snapshot.load_states_of(people)
        except SubjectStateUnreadable:
            readable = self._without_newly_erased(people)
            if len(readable) == len(people):
                raise
            self.left_out += len(people) - len(readable)
            return self._snapshot.load_states_of(readable)

    def _without_newly_erased(self, people: Sequence[SubjectGroup]) -> list[SubjectGroup]:
        """Keep the people of whom, by now, no member was erased that was not when the snapshot was taken."""
        living = [one.ref for person in people for one in person.members if one.erased_at is None]
        now = self._watch.do(lambda: list_subjects(living))
        gone = {ref for ref, subject in now.items() if subject.erased_at is not None}
        return [person for person in people if not gone.intersection(one.ref for one in person.members)]
