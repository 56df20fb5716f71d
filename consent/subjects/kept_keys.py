"""Data keys of erased subjects that a request still needs: kept from its tombstone to its last step.

The mark stands on the erased subject, and is set in the transaction of its tombstone. No sweep, after a
restore or otherwise, destroys a marked key. A subject that the same person starts anew bears no mark, and is
left alone.
"""

from collections.abc import Collection, Iterable
from uuid import UUID

from django.db import transaction

from consent.keys import services as keys
from consent.subjects import queries
from consent.subjects.erasure_runs import complete_runs
from consent.subjects.models import Subject
from consent.subjects.types import SubjectRef


def keep_keys(refs: Collection[SubjectRef], *, kept_for: UUID) -> None:
    """Mark the keys of `refs`, who are erased in this transaction, as kept for a request."""
    Subject.objects.filter(ref__in=queries.one_of(refs)).update(keys_kept_for=kept_for)


def without_kept(refs: Iterable[SubjectRef]) -> set[SubjectRef]:
    """Return those of `refs` whose keys nobody keeps."""
    wanted = set(refs)
    kept = Subject.objects.filter(ref__in=queries.one_of(wanted), keys_kept_for__isnull=False)
    return wanted - {SubjectRef(ref) for ref in kept.values_list("ref", flat=True)}


def destroy_kept_keys(*, kept_for: UUID, held: Collection[str] = ()) -> int:
    """Destroy the keys that are kept for a request, less those of the `held`; return of how many subjects.

    They are destroyed at once, whatever becomes of the caller's transaction. Whoever dies in between calls
    this again: the marks stand until the keys are gone.

    :raises KeysUnavailable: if the keys cannot be reached; then none was destroyed.
    """
    refs = [ref for ref in queries.list_kept(kept_for) if ref not in held]
    keys.destroy_keys(refs)
    with transaction.atomic():
        Subject.objects.filter(ref__in=queries.one_of(refs)).update(keys_kept_for=None)
        complete_runs(refs)
    return len(refs)


def hand_over_kept_keys(*, kept_for: UUID, to: UUID) -> int:
    """Keep for another request what is kept for one, and return of how many subjects."""
    return Subject.objects.filter(keys_kept_for=kept_for).update(keys_kept_for=to)
