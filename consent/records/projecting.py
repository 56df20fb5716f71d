"""Keeping the choices in force beside the records. They are no evidence: they can be made anew."""

from collections.abc import Sequence

from django.db import connection

from consent.records.models import CurrentChoice
from consent.records.queries import list_current, list_records
from consent.records.rules.current import Key, displaces, fold_by_key, in_force, key_of, needs_history
from consent.records.types import OFFICER, ChoiceInForce, ChoiceRecord
from consent.subjects.types import SubjectRef

_COLUMNS = (
    ("subject_ref", "varchar"),
    ("purpose", "varchar"),
    ("controller", "varchar"),
    ("destination", "varchar"),
    ("record_id", "varchar"),
    ("choice", "varchar"),
    ("effective_at", "timestamptz"),
    ("version", "bigint"),
    ("recorded_at", "timestamptz"),
    ("expires_at", "timestamptz"),
    ("notice", "varchar"),
    ("notice_version", "integer"),
    ("back_dated", "boolean"),
    ("reviewed", "boolean"),
)
_NAMES = [name for name, _ in _COLUMNS]
_UNSAID_IS_EMPTY = frozenset({"controller", "destination", "notice"})
_KEY = "subject_ref, purpose, controller, destination"
_STORE = f"""
    INSERT INTO {CurrentChoice._meta.db_table} ({", ".join(_NAMES)})
    SELECT * FROM unnest({", ".join(f"%s::{kind}[]" for _, kind in _COLUMNS)})
    ON CONFLICT ({_KEY}) DO UPDATE
    SET ({", ".join(_NAMES[4:])}) = ({", ".join(f"EXCLUDED.{name}" for name in _NAMES[4:])})
"""  # noqa: S608 - names from this file only
_REMOVE = f"""
    DELETE FROM {CurrentChoice._meta.db_table}
    USING unnest(%s::varchar[], %s::varchar[], %s::varchar[], %s::varchar[])
        AS surplus ({_KEY})
    WHERE ({", ".join(f"{CurrentChoice._meta.db_table}.{name}" for name in _NAMES[:4])})
        = ({", ".join(f"surplus.{name}" for name in _NAMES[:4])})
"""  # noqa: S608 - names from this file only


def project(records: Sequence[ChoiceRecord]) -> None:
    """Bring the choices in force up to date with `records`, just written, in the order of their versions.

    The caller holds the locks on their subjects. At most three statements, however many records.
    """
    if not records:
        return
    refs = {SubjectRef(record.subject_ref) for record in records}
    before = {key_of(choice): choice for choice in list_current(refs)}
    after, unclear = _advance(before, records)
    after.update(_fold_again(unclear))
    store([choice for key, choice in after.items() if choice != before.get(key)])


def _advance(
    before: dict[Key, ChoiceInForce], records: Sequence[ChoiceRecord]
) -> tuple[dict[Key, ChoiceInForce], set[Key]]:
    """Return the choices after `records`, and the keys of which only their history tells it."""
    after, unclear = dict(before), set[Key]()
    for record in records:
        key = key_of(record)
        current = after.get(key)
        if record.choice in OFFICER or (current and needs_history(record, current)):
            unclear.add(key)  # and stays so: its history is read after the batch
        elif current is None or displaces(record, current):
            after[key] = in_force(record, expires_at=record.expires_at)
    return after, unclear


def _fold_again(keys: set[Key]) -> dict[Key, ChoiceInForce]:
    if not keys:
        return {}
    found = list_records(refs={SubjectRef(ref) for ref, *_ in keys})
    folded = fold_by_key(record for records in found.values() for record in records)
    return {key: folded[key] for key in keys if key in folded}


def store(choices: Sequence[ChoiceInForce]) -> None:
    """Write `choices`, each in the place of what its key had. The caller holds their subjects' locks."""
    if choices:
        columns = [[_written(choice, name) for choice in choices] for name in _NAMES]
        with connection.cursor() as cursor:
            cursor.execute(_STORE, columns)


def remove(keys: Sequence[Key]) -> None:
    """Take out the choices of `keys`. The caller holds their subjects' locks."""
    columns = [[key[place] or "" for key in keys] for place in range(4)]
    with connection.cursor() as cursor:
        cursor.execute(_REMOVE, columns)


def _written(choice: ChoiceInForce, name: str) -> object:
    value = getattr(choice, name)
    return "" if value is None and name in _UNSAID_IS_EMPTY else value
