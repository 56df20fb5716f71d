"""Reading what was in force at any time out of the records themselves."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection

from consent.records.models import ConsentRecord
from consent.records.rules.current import fold_by_key
from consent.records.types import NO, OFFICER, YES, Choice, ChoiceInForce, ChoiceRecord
from consent.subjects.types import SubjectRef

# A choice told in time, later than all before it and without an end, settles its key: what came before it no
# longer matters, and need not be fetched. Where an officer spoke, everything is.
_LIST = f"""
    WITH counted AS (
        SELECT *, choice = ANY(%(speaking)s) AS speaks FROM {ConsentRecord._meta.db_table}
        WHERE subject_ref = ANY(%(refs)s) AND effective_at <= %(as_of)s AND recorded_at <= %(known_at)s
    ), ordered AS (
        SELECT *,
            max(effective_at) FILTER (WHERE speaks) OVER (
                of_key ORDER BY version ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ) AS latest_before,
            bool_or(choice = ANY(%(officers)s)) OVER of_key AS reviewed
        FROM counted WINDOW of_key AS (PARTITION BY subject_ref, purpose, controller, destination)
    ), settling AS (
        SELECT *,
            max(version) FILTER (
                WHERE speaks AND NOT back_dated AND (choice = ANY(%(noes)s) OR expires_at IS NULL)
                AND (latest_before IS NULL OR effective_at > latest_before)
            ) OVER (PARTITION BY subject_ref, purpose, controller, destination) AS settled
        FROM ordered
    )
    SELECT record_id, subject_ref, version, purpose, choice, effective_at, recorded_at, controller,
        destination, notice, notice_version, expires_at, back_dated, refers_to
    FROM settling
    WHERE reviewed OR settled IS NULL OR (speaks AND version >= settled)
    ORDER BY subject_ref, version
"""  # noqa: S608 - a table's name
_CHOICES = {choice.value: choice for choice in Choice}


def list_in_force(*, refs: Iterable[SubjectRef], as_of: datetime, known_at: datetime) -> list[ChoiceInForce]:
    """Return what was in force of `refs` at `as_of`, by what was recorded until `known_at`. One statement."""
    parameters: dict[str, Any] = {
        "refs": list(refs),
        "as_of": as_of,
        "known_at": known_at,
        "speaking": [choice.value for choice in YES | NO],
        "noes": [choice.value for choice in NO],
        "officers": [choice.value for choice in OFFICER],
    }
    with connection.cursor() as cursor:
        cursor.execute(_LIST, parameters)
        return list(fold_by_key(_read(row) for row in cursor.fetchall()).values())


def _read(row: tuple[Any, ...]) -> ChoiceRecord:
    (record_id, ref, version, purpose, choice, effective_at, recorded_at, controller, *rest) = row
    destination, notice, notice_version, expires_at, back_dated, refers_to = rest
    return ChoiceRecord(
        record_id=record_id,
        subject_ref=ref,
        version=version,
        purpose=purpose,
        choice=_CHOICES[choice],
        effective_at=effective_at,
        recorded_at=recorded_at,
        controller=controller or None,
        destination=destination or None,
        notice=notice or None,
        notice_version=notice_version,
        expires_at=expires_at,
        back_dated=back_dated,
        refers_to=refers_to or None,
    )
