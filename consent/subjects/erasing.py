"""Erasure: a tombstone is left, the way to the subject closed, and the key to what is sealed destroyed.

The two databases share no transaction. The tombstone commits first: from then on the person is erased,
whatever becomes of the key. Its destruction follows, and is tried again until it succeeds; where a request
has the person erased in other systems too, only as that request's last step.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from consent.kernel.errors import AccordantError
from consent.keys import services as keys
from consent.ledger import services as ledger
from consent.ledger.queries import get_time
from consent.ledger.types import NewEntry, Stream
from consent.subjects import events, queries
from consent.subjects.erasure_runs import begin_runs, complete_runs
from consent.subjects.index import place_of, tombstone_of
from consent.subjects.kept_keys import keep_keys, without_kept
from consent.subjects.linking import advance_versions, lock, undo_link
from consent.subjects.models import HeldLink, IdentifierIndex, Subject, Tombstone
from consent.subjects.resolving import Locked
from consent.subjects.rules import group_refs
from consent.subjects.types import HeldDecision, Identifier, SubjectRef
from consent.subjects.versions import Versions

ORPHANED_AFTER = timedelta(days=1)
"""A key this old whose subject does not exist was made for a write that failed."""
_BATCH = 1000
_log = logging.getLogger(__name__)


class SubjectNotFound(AccordantError):
    """There is no such subject."""

    code = "subject_not_found"
    status = 404


@transaction.atomic
def erase_subject(
    *,
    ref: SubjectRef,
    requested_by: str,
    at: datetime,
    linked: bool = True,
    keep_keys_for: UUID | None = None,
) -> tuple[SubjectRef, ...]:
    """Erase a subject, and all that are linked to it unless `linked` is False; return who was erased now.

    Their identifiers lead to a tombstone afterwards: the person stays denied, and no import brings them
    back. Once this is committed the data keys are destroyed; where that fails, the erasure stands and
    `sweep_erased_keys` destroys them later. With `keep_keys_for`, the id of a request, they are kept until
    `destroy_kept_keys` is called for it. Who was erased before is passed over. `requested_by` names a request
    or an officer by a number, never a person.

    :raises SubjectNotFound: if there is no such subject.
    :raises SubjectStateUnreadable: if an identifier does not open: its tombstone could not be made.
    """
    locked = lock([ref])
    if ref not in locked.versions:
        raise SubjectNotFound("there is no such subject")
    refs = _list_refs(ref, locked, linked=linked)
    versions = Versions(locked.versions)
    told = [] if linked else _undo_links(ref, locked, versions, provenance=requested_by, at=at)
    _bury(refs, at=at)
    told += [
        events.tell_erasure(ref=one, version=versions.take(one), erased_at=at, requested_by=requested_by)
        for one in refs
    ]
    advance_versions(versions.changed())
    ledger.append(stream=Stream.CONSENT, entries=told, recorded_at=get_time())
    begin_runs(refs)
    if keep_keys_for is not None:
        keep_keys(refs, kept_for=keep_keys_for)
    transaction.on_commit(partial(_destroy_keys, {ref, *refs}))
    return refs


def sweep_erased_keys(*, at: datetime, erased_after: datetime | None = None) -> int:
    """Destroy the data keys of erased subjects, and of subjects that never came to be; return how many.

    Keys are there again after a restore from a backup, and still there after an erasure whose second half
    failed. With `erased_after` only later erasures are looked at, and those that are not done yet. Keys that
    are kept for a request's last step are left alone. Safe to run at any time.

    :raises KeysUnavailable: if the keys cannot be reached.
    """
    erased = Subject.objects.filter(erased_at__isnull=False, keys_kept_for__isnull=True).order_by("ref")
    if erased_after is not None:
        erased = erased.filter(Q(erased_at__gt=erased_after) | Q(erasure_run__isnull=False))
    destroyed, last = 0, ""
    while batch := list(erased.filter(ref__gt=last).values_list("ref", flat=True)[:_BATCH]):
        destroyed, last = destroyed + keys.destroy_keys(batch), batch[-1]
        complete_runs(batch)
    if not Subject.objects.exists():
        return (
            destroyed  # keys and nobody they belong to: more likely the wrong database than so many orphans
        )
    return destroyed + keys.sweep_orphans(exists=_list_existing, older_than=at - ORPHANED_AFTER)


def _list_refs(ref: SubjectRef, locked: Locked, *, linked: bool) -> tuple[SubjectRef, ...]:
    """Return whom the erasure is about, less those who are erased."""
    standing = (link for link in locked.links if link.unlinked_at is None)
    group = group_refs(refs=[ref], links=standing)[ref] if linked else {ref}
    return tuple(sorted(group - locked.erased))


def _undo_links(
    ref: SubjectRef, locked: Locked, versions: Versions, *, provenance: str, at: datetime
) -> list[NewEntry]:
    """Part the subject from those that are linked to it: they are not erased. Return the events."""
    told = []
    for link in locked.links:
        left, right = SubjectRef(link.left), SubjectRef(link.right)
        if ref in {left, right} and undo_link(left, right, at=at):
            told.append(
                events.tell_unlink(
                    left=left,
                    right=right,
                    unlinked_at=at,
                    provenance=provenance,
                    version=versions.take(left),
                )
            )
    return told


def _bury(refs: Sequence[SubjectRef], *, at: datetime) -> None:
    """Put tombstones in the place of all that leads to `refs`, and mark them as erased."""
    known = queries.list_identifiers(refs)
    places = {
        (ref, place_of(Identifier(one.kind, one.value))) for ref, found in known.items() for one in found
    }
    Tombstone.objects.copy_in(
        ("kind", "blind_index", "subject", "erased_at"),
        ((place[0].value, tombstone_of(place), ref, at) for ref, place in sorted(places)),
    )
    IdentifierIndex.objects.filter(subject__in=queries.one_of(refs)).delete()
    Subject.objects.filter(ref__in=refs).update(erased_at=at)
    open_holds = HeldLink.objects.filter(decided_at__isnull=True)
    for side in ("left__in", "right__in"):
        open_holds.filter(**{side: queries.one_of(refs)}).update(decided_at=at, decision=HeldDecision.ERASED)


def _destroy_keys(refs: Iterable[SubjectRef]) -> None:
    try:
        released = without_kept(refs)
        keys.destroy_keys(released)
        complete_runs(released)
    except Exception:  # noqa: BLE001 - whatever it is, the erasure stands
        _log.exception("data keys of erased subjects are still there: the next sweep tries again")


def _list_existing(refs: Iterable[str]) -> set[str]:
    """Return those of `refs` that are subjects."""
    wanted = queries.one_of(SubjectRef(ref) for ref in refs)
    return set(Subject.objects.filter(ref__in=wanted).values_list("ref", flat=True))
