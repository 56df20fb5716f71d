"""Who changed since a ledger of some size: whatever was decided before, they must be decided again."""

from collections.abc import Iterator

from activation.decisions.types import SubjectState
from activation.snapshots.tailing.people import read_people
from consent.ledger import queries as ledger
from consent.subjects.types import SubjectRef

_ENTRIES_AT_ONCE = 10_000
_PEOPLE_AT_ONCE = 1_000


def list_changed(*, since: int) -> Iterator[tuple[str, SubjectState]]:
    """Yield everybody whom entries from `since` on speak of, and whom they are linked to, as they are now.

    Events that have no place in the ledger yet count too. To be called in one consistent view.

    :raises KeysUnavailable: if the keys that open facts cannot be asked for.
    """
    touched = list(dict.fromkeys((*_touched(since), *ledger.list_pending_subjects())))
    for start in range(0, len(touched), _PEOPLE_AT_ONCE):
        for refs, state in read_people(
            [SubjectRef(ref) for ref in touched[start : start + _PEOPLE_AT_ONCE]]
        ).states:
            for ref in sorted(refs):
                yield ref, _asked(ref, state)


def _touched(since: int) -> Iterator[str]:
    position = since
    while entries := [
        one for one in ledger.list_touched(after=position, limit=_ENTRIES_AT_ONCE) if one.index >= position
    ]:
        yield from (entry.subject_ref for entry in entries if entry.subject_ref)
        position = entries[-1].index + 1


def _asked(ref: str, state: SubjectState | None) -> SubjectState:
    if state is None:
        return SubjectState(asked=frozenset({ref}), available=False)
    return SubjectState(asked=frozenset({ref}), members=state.members, links=state.links)
