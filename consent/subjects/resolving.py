"""Finding or making the subjects of rows, under locks, with the guard's rules.

Locks are always taken in one order, so that writers never wait in a circle: subjects (by reference, a
whole group of linked ones at once), identifiers (by kind and blind index), the ledger's end. A turn that
finds that another writer came between lets its locks go and begins anew.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from consent.kernel.ids import new_id
from consent.subjects import queries
from consent.subjects.guard import Guard, Known, Pair, Seen
from consent.subjects.index import find_leads, index_of
from consent.subjects.leads import Lead, Leads, Place
from consent.subjects.rules import digest_of, group_refs, normalise
from consent.subjects.types import (
    HeldDecision,
    Hold,
    Identifier,
    IdentifierKind,
    Link,
    Refusal,
    Sighted,
    Sighting,
    SubjectRef,
)
from consent.subjects.versions import Versions

_LOCK = """
    WITH RECURSIVE member (ref) AS (
        SELECT unnest(%s::varchar[])
        UNION
        SELECT neighbour.ref
        FROM member CROSS JOIN LATERAL (
            SELECT right_ref FROM consent_subjects_subjectlink
            WHERE left_ref = member.ref AND unlinked_at IS NULL
            UNION ALL
            SELECT left_ref FROM consent_subjects_subjectlink
            WHERE right_ref = member.ref AND unlinked_at IS NULL
        ) AS neighbour (ref)
    )
    SELECT ref, version, erased_at IS NOT NULL
    FROM consent_subjects_subject
    WHERE ref IN (SELECT ref FROM member)
    ORDER BY ref
    FOR NO KEY UPDATE
"""
_VERIFIED = """
    SELECT DISTINCT subject_ref, kind
    FROM consent_subjects_identifierindex
    WHERE subject_ref = ANY(%s::varchar[]) AND verified
"""
_HELD = """
    SELECT left_ref, right_ref
    FROM consent_subjects_heldlink
    WHERE left_ref = ANY(%s::varchar[]) AND right_ref = ANY(%s::varchar[]) AND decision IN ('', %s)
"""
_ADD_IDENTIFIERS = """
    INSERT INTO consent_subjects_identifierindex
        (kind, blind_index, key_version, subject_ref, event_id, verified)
    SELECT * FROM unnest(%s::varchar[], %s::bytea[], %s::smallint[], %s::varchar[], %s::varchar[], %s::bool[])
        AS added (kind, blind_index, key_version, subject_ref, event_id, verified)
    ORDER BY kind, blind_index
    ON CONFLICT DO NOTHING
"""
_CONFIRM = "UPDATE consent_subjects_identifierindex SET verified = true WHERE event_id = ANY(%s::varchar[])"
_ADD_SUBJECTS = "INSERT INTO consent_subjects_subject (ref, version) SELECT unnest(%s::varchar[]), 0"


@dataclass(frozen=True, slots=True)
class AddedIdentifier:
    """An identifier that the index has now and had not before; its event is yet to be told."""

    event_id: str
    ref: SubjectRef
    kind: IdentifierKind
    """The kind it is kept under."""
    identifier: Identifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """Whom a batch of rows is about. The subjects are locked until the transaction ends."""

    outcomes: tuple[Sighted | Refusal, ...]
    """One for each row, in their order."""
    versions: Versions
    """The locked subjects' versions, to be taken by what is written about them."""
    added: tuple[AddedIdentifier, ...]
    confirmed: tuple[Lead, ...]
    """Identifiers on record that turned out to be verified."""
    links: tuple[Pair, ...]
    """Subjects to link."""
    holds: tuple[Hold, ...]
    """Subjects whose link an officer must decide on."""


@dataclass(frozen=True, slots=True)
class Locked:
    """Subjects whose rows are locked, whole groups of linked ones."""

    versions: Mapping[SubjectRef, int]
    erased: frozenset[SubjectRef]
    links: tuple[Link, ...]
    """Every link of their groups, undone ones included."""


@transaction.atomic
def resolve(*, sightings: Sequence[Sighting]) -> Resolution:
    """Return whom each row is about, making the subjects and index rows that are wanting.

    Rows are taken in their order. Nothing is written of a refused one. Links and events are for the caller
    to write: `settle` does. Writers who bring one new person in parallel make one subject.

    :raises MalformedIdentifier: if any identifier cannot be one of its kind.
    """
    seen = [tuple(_see(identifier) for identifier in sighting.identifiers) for sighting in sightings]
    while (resolution := _try_resolve(sightings, seen)) is None:
        pass  # another writer came between; each turn knows more than the one before
    return resolution


def _see(identifier: Identifier) -> Seen:
    normalised = normalise(identifier)
    return digest_of(normalised), normalised


def _try_resolve(sightings: Sequence[Sighting], seen: Sequence[tuple[Seen, ...]]) -> Resolution | None:
    """Return the resolution, or None, with nothing written or locked, if another writer came between."""
    leads = find_leads(place for row in seen for place, _ in row)
    with transaction.atomic():
        locked = lock_groups(lead.ref for lead in leads.live.values())
        resolution = None if locked is None else _resolve_locked(sightings, seen, leads, locked)
        if resolution is None:
            transaction.set_rollback(True)
    return resolution


def _resolve_locked(
    sightings: Sequence[Sighting], seen: Sequence[tuple[Seen, ...]], leads: Leads, locked: Locked
) -> Resolution | None:
    guard = Guard(_look_up(leads, locked), lambda: SubjectRef(new_id("sub")))
    outcomes = tuple(guard.take(row, sighting) for row, sighting in zip(seen, sightings, strict=True))
    added = tuple(
        AddedIdentifier(new_id("idn"), ref, place[0], identifier)
        for place, (ref, identifier) in guard.added.items()
    )
    if not _add_identifiers(added, guard.added):
        return None
    execute(_ADD_SUBJECTS, [guard.created])
    if guard.confirmed:
        execute(_CONFIRM, [[lead.event_id for lead in guard.confirmed.values()]])
    return Resolution(
        outcomes=outcomes,
        versions=Versions({**locked.versions, **dict.fromkeys(guard.created, 0)}),
        added=added,
        confirmed=tuple(guard.confirmed.values()),
        links=tuple(guard.links),
        holds=tuple(guard.holds.values()),
    )


def lock_groups(refs: Iterable[SubjectRef]) -> Locked | None:
    """Lock the subjects of `refs` and all that are linked to them, until the transaction ends.

    Return None if somebody linked more to them while this waited: let go of the locks and try again.
    """
    wanted = sorted(set(refs))
    if not wanted:
        return Locked({}, frozenset(), ())
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [wanted])
        rows = cursor.fetchall()
    links = queries.list_links(wanted)
    joined = group_refs(refs=wanted, links=(link for link in links if link.unlinked_at is None))
    versions = {SubjectRef(ref): version for ref, version, _ in rows}
    reached = {member for ref in wanted for member in joined[ref]}.difference(wanted)
    if not reached <= versions.keys():
        return None
    return Locked(versions, frozenset(SubjectRef(ref) for ref, _, erased in rows if erased), tuple(links))


def _look_up(leads: Leads, locked: Locked) -> Known:
    """Return what the guard must know of the locked subjects. Two statements; none if there are none."""
    if not locked.versions:
        return Known(leads)
    refs = list(locked.versions)
    verified: defaultdict[SubjectRef, set[IdentifierKind]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(_VERIFIED, [refs])
        for ref, kind in cursor.fetchall():
            verified[SubjectRef(ref)].add(IdentifierKind(kind))
        cursor.execute(_HELD, [refs, refs, HeldDecision.DISMISSED])
        held = frozenset((SubjectRef(left), SubjectRef(right)) for left, right in cursor.fetchall())
    groups = group_refs(refs=refs, links=(link for link in locked.links if link.unlinked_at is None))
    undone = ((SubjectRef(link.left), SubjectRef(link.right)) for link in locked.links if link.unlinked_at)
    return Known(
        leads=leads,
        erased=locked.erased,
        groups=frozenset(groups.values()),
        verified={ref: frozenset(kinds) for ref, kinds in verified.items()},
        undone=frozenset(undone),
        held=held,
    )


def _add_identifiers(added: Sequence[AddedIdentifier], places: Iterable[Place]) -> bool:
    """Put them into the index under every version of its key; return False if any was there already."""
    rows = [
        (place[0].value, index_of(place, version=version), version, one.ref, one.event_id, one.identifier)
        for place, one in zip(places, added, strict=True)
        for version in settings.IDENTIFIER_KEYS
    ]
    columns = [[row[column] for row in rows] for column in range(5)]
    return execute(_ADD_IDENTIFIERS, [*columns, [row[5].is_verified for row in rows]]) == len(rows)


def execute(statement: str, parameters: Sequence[Any]) -> int:
    """Run one statement and return the number of rows it wrote."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)
