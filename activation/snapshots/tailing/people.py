"""What the store keeps of people, read from PostgreSQL."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from activation.decisions.types import SubjectState
from activation.snapshots.queries import load_states
from activation.snapshots.store.writing import Changes
from consent.keys.types import KeysUnavailable
from consent.subjects.queries import SubjectStateUnreadable, list_groups_of, list_index, list_tombstones
from consent.subjects.types import IndexEntry, SubjectGroup, SubjectRef


@dataclass(frozen=True, slots=True)
class People:
    """The groups of some subjects as they are now, and what leads to them."""

    states: tuple[tuple[frozenset[str], SubjectState | None], ...]
    """Each group's members and their state; None where sealed facts do not open."""
    index: tuple[IndexEntry, ...]
    stones: tuple[IndexEntry, ...]

    def write(self, changes: Changes) -> None:
        """Put all of it into the store."""
        for refs, state in self.states:
            changes.put_state(refs, state)
        for entry in self.index:
            [ref] = entry.refs
            changes.put_index(entry.kind, entry.blind_index, ref)
        for stone in self.stones:
            changes.put_stone(stone.kind, stone.blind_index, stone.refs)


def read_people(refs: Sequence[SubjectRef]) -> People:
    """Return what is on record of the groups of `refs`. Eight statements, more where facts do not open.

    :raises KeysUnavailable: if the keys that open facts cannot be asked for.
    """
    groups = list_groups_of(refs)
    states = zip(groups, load_readable(groups), strict=True)
    return People(
        states=tuple((frozenset(member.ref for member in group.members), state) for group, state in states),
        index=tuple(list_index(refs)),
        stones=tuple(list_tombstones(refs)),
    )


def load_readable(groups: Sequence[SubjectGroup]) -> Sequence[SubjectState | None]:
    """Return the state of each group; None where sealed facts do not open, though the keys can be asked.

    :raises KeysUnavailable: if they cannot.
    """
    try:
        return load_states(groups)
    except SubjectStateUnreadable as error:
        if isinstance(error.__cause__, KeysUnavailable):
            raise error.__cause__ from error
        return list(_load_each(groups))


def _load_each(groups: Sequence[SubjectGroup]) -> Iterator[SubjectState | None]:
    for group in groups:
        try:
            [state] = load_states([group])
        except SubjectStateUnreadable:
            yield None
        else:
            yield state
