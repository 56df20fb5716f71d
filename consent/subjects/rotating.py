"""A new version of the index key: rows under it for every identifier, then the old rows go."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction

from consent.subjects.index import index_of, place_of
from consent.subjects.linking import lock
from consent.subjects.models import IdentifierIndex
from consent.subjects.private_parts import open_parts
from consent.subjects.resolving import execute
from consent.subjects.types import Identifier, IdentifierKind, SubjectRef

_LACKING = """
    SELECT event_id, kind, subject_ref, bool_or(verified)
    FROM consent_subjects_identifierindex
    WHERE event_id > %s
    GROUP BY event_id, kind, subject_ref
    HAVING NOT bool_or(key_version = %s)
    ORDER BY event_id
    LIMIT %s
"""
_ADD = """
    INSERT INTO consent_subjects_identifierindex
        (kind, blind_index, key_version, subject_ref, event_id, verified)
    SELECT kind, blind_index, %s, subject_ref, event_id, verified
    FROM unnest(%s::varchar[], %s::bytea[], %s::varchar[], %s::varchar[], %s::bool[])
        AS added (kind, blind_index, subject_ref, event_id, verified)
    ORDER BY kind, blind_index
    ON CONFLICT DO NOTHING
"""
_REMOVE = """
    DELETE FROM consent_subjects_identifierindex
    WHERE id IN (
        SELECT outdated.id
        FROM consent_subjects_identifierindex outdated
        JOIN consent_subjects_identifierindex newest
            ON newest.event_id = outdated.event_id AND newest.key_version = %s
        WHERE outdated.key_version <> ALL(%s::smallint[])
        LIMIT %s
    )
"""

Row = tuple[str, str, str, bool]


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation changed."""

    added: int
    """Identifiers that can be found under the newest version now and could not before."""
    removed: int
    """Rows of versions that are no longer configured."""


def rotate_identifier_index(
    *, batch: int = 500, progress: Callable[[int, int], None] = lambda _done, _total: None
) -> Rotation:
    """Bring the index to the newest configured version of its key, and remove versions no longer configured.

    Each batch is a transaction of its own: stopped at any time, the next run goes on where this one was.
    `progress` is called with how many identifiers are done and how many there were to do.

    :raises SubjectStateUnreadable: if an identifier does not open; those done before it stay done.
    """
    newest = max(settings.IDENTIFIER_KEYS)
    total, done, added, last = _count_lacking(newest), 0, 0, ""
    while rows := _list_lacking(newest, after=last, limit=batch):
        added += _add_rows(rows, newest)
        done, last = done + len(rows), rows[-1][0]
        progress(done, max(total, done))
    removed = 0
    while gone := execute(_REMOVE, [newest, list(settings.IDENTIFIER_KEYS), batch]):
        removed += gone
    return Rotation(added, removed)


def _count_lacking(newest: int) -> int:
    found = IdentifierIndex.objects.filter(key_version=newest).values("event_id")
    return IdentifierIndex.objects.exclude(event_id__in=found).values("event_id").distinct().count()


def _list_lacking(newest: int, *, after: str, limit: int) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(_LACKING, [after, newest, limit])
        return [(event_id, kind, ref, verified) for event_id, kind, ref, verified in cursor.fetchall()]


@transaction.atomic
def _add_rows(rows: Sequence[Row], newest: int) -> int:
    """Add each identifier under the newest version, unless its subject was erased meanwhile."""
    locked = lock(SubjectRef(ref) for _, _, ref, _ in rows)
    lasting = [row for row in rows if row[2] not in locked.erased]
    parts = open_parts({event_id: SubjectRef(ref) for event_id, _, ref, _ in lasting})
    places = [
        place_of(Identifier(IdentifierKind(parts[row[0]]["kind"]), parts[row[0]]["value"])) for row in lasting
    ]
    return execute(
        _ADD,
        [
            newest,
            [row[1] for row in lasting],
            [index_of(place, version=newest) for place in places],
            [row[2] for row in lasting],
            [row[0] for row in lasting],
            [row[3] for row in lasting],
        ],
    )
