"""A person's records, the latest first, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from consent.records.models import ConsentRecord
from consent.records.types import NO, SIGNAL_ID, Choice, ChoiceRecord, SignalKind
from consent.subjects.types import SubjectRef

_RECORD = (
    "record_id, subject_ref, version, purpose, choice, effective_at, recorded_at, controller, destination,"
    " notice, notice_version, expires_at, explicit, by_guardian, after_conflict_notice, back_dated, refers_to"
)
# Each subject's index is read backwards, as far as the page goes and no further: versions follow time.
_LIST = f"""
    WITH place AS (
        SELECT recorded_at, subject_ref, version FROM {ConsentRecord._meta.db_table}
        WHERE record_id = %(begin)s AND subject_ref = ANY(%(refs)s)
    )
    SELECT {_RECORD}, method, form, source
    FROM unnest(%(refs)s::varchar[]) AS wanted (ref) CROSS JOIN LATERAL (
        SELECT * FROM {ConsentRecord._meta.db_table}
        WHERE subject_ref = wanted.ref
            AND (%(choice)s = '' OR choice = %(choice)s) AND (%(purpose)s = '' OR purpose = %(purpose)s)
            AND NOT EXISTS (
                SELECT FROM place
                WHERE (place.recorded_at, place.subject_ref, place.version)
                    < ({ConsentRecord._meta.db_table}.recorded_at, wanted.ref,
                        {ConsentRecord._meta.db_table}.version)
            )
        ORDER BY version DESC LIMIT %(limit)s
    ) AS found
    ORDER BY recorded_at DESC, subject_ref DESC, version DESC LIMIT %(limit)s
"""  # noqa: S608 - a table's name


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedChoice:
    """One record, and how it came in."""

    record: ChoiceRecord
    method: str
    form: str
    source: str

    @property
    def by(self) -> SignalKind | None:
        """The kind of signal that it was read from; None if the person chose it themselves."""
        is_read = (self.record.refers_to or "").startswith(f"{SIGNAL_ID}_")
        kinds = {kind.value: kind for kind in SignalKind}
        return kinds.get(self.method.partition(":")[0]) if is_read else None

    @property
    def repeats(self) -> str | None:
        """The record of a no that this no repeats as of a later time: it was told behind a string's yes."""
        refers_to = self.record.refers_to or ""
        is_repeat = self.record.choice in NO and not refers_to.startswith(f"{SIGNAL_ID}_")
        return (refers_to or None) if is_repeat else None


def list_records_from(
    *, refs: Sequence[SubjectRef], begin: str = "", choice: str = "", purpose: str = "", limit: int
) -> list[RecordedChoice]:
    """Return records of `refs`, the latest first from the record `begin` on, narrowed if so named.

    A record that is none of theirs stands for the latest. One statement.
    """
    parameters: dict[str, Any] = {
        "refs": list(refs),
        "begin": begin,
        "choice": choice,
        "purpose": purpose,
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LIST, parameters)
        return [_read(row) for row in cursor.fetchall()]


def _read(row: tuple[Any, ...]) -> RecordedChoice:
    (record_id, ref, version, purpose, choice, effective_at, recorded_at, controller, destination, *rest) = (
        row
    )
    notice, notice_version, expires_at, explicit, by_guardian, after_conflict, back_dated, *rest = rest
    refers_to, method, form, source = rest
    record = ChoiceRecord(
        record_id=record_id,
        subject_ref=ref,
        version=version,
        purpose=purpose,
        choice=Choice(choice),
        effective_at=effective_at,
        recorded_at=recorded_at,
        controller=controller or None,
        destination=destination or None,
        notice=notice or None,
        notice_version=notice_version,
        expires_at=expires_at,
        explicit=explicit,
        by_guardian=by_guardian,
        after_conflict_notice=after_conflict,
        back_dated=back_dated,
        refers_to=refers_to or None,
    )
    return RecordedChoice(record=record, method=method, form=form, source=source)
