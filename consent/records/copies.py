"""Whether the records' columns say what the ledger says."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from consent.ledger.queries import one_of
from consent.ledger.types import Finding, VerifiedEvent, rfc3339
from consent.records.models import ConsentRecord
from consent.records.signals.copies import check_signals, find_untold_signals

_SAID = (
    "purpose",
    "choice",
    "controller",
    "destination",
    "notice",
    "notice_version",
    "method",
    "form",
    "effective_at",
    "expires_at",
    "explicit",
    "by_guardian",
    "after_conflict_notice",
    "back_dated",
    "refers_to",
    "source",
)
_UNSAID_IS_EMPTY = frozenset({"controller", "destination", "notice", "method", "form", "refers_to"})
_UNTOLD = """
    SELECT record_id FROM consent_records_consentrecord AS record
    WHERE NOT EXISTS (SELECT FROM consent_ledger_leaf AS leaf WHERE leaf.event_id = record.record_id)
    AND NOT EXISTS (SELECT FROM consent_ledger_pendingevent AS event WHERE event.event_id = record.record_id)
    ORDER BY record_id LIMIT 10
"""


def check_records(events: Sequence[VerifiedEvent]) -> Iterator[Finding]:
    """Yield each record or signal that is missing, or has a column that differs from its event."""
    told = {event.event_id: event for event in events if event.kind == "choice_recorded"}
    rows = ConsentRecord.objects.filter(record_id__in=one_of(told)).values(
        "record_id", "subject_id", "version", "recorded_at", *_SAID
    )
    found = {row["record_id"]: row for row in rows}
    for event in told.values():
        row = found.get(event.event_id)
        if row is None:
            yield Finding(f"record {event.event_id}", f"leaf {event.index} tells of it, and it is missing")
        else:
            yield from _compare(row, event)
    yield from check_signals(events)


def find_untold_records() -> Iterator[Finding]:
    """Yield records and signals that no event of the ledger tells of, ten of each at most."""
    with connection.cursor() as cursor:
        cursor.execute(_UNTOLD)
        for (record_id,) in cursor.fetchall():
            yield Finding(f"record {record_id}", "no event of the ledger tells of it")
    yield from find_untold_signals()


def _compare(row: dict[str, Any], event: VerifiedEvent) -> Iterator[Finding]:
    envelope, body = event.envelope, event.envelope["body"]
    pairs = [
        ("subject_ref", row["subject_id"], envelope["subject_ref"]),
        ("version", row["version"], envelope["subject_version"]),
        ("recorded_at", rfc3339(row["recorded_at"]), envelope["recorded_at"]),
        *((name, _as_told(name, row[name]), body.get(name)) for name in _SAID),
    ]
    for name, column, said in pairs:
        if column != said:
            yield Finding(
                f"record {event.event_id}", f"the column {name} is not what leaf {event.index} says"
            )


def _as_told(name: str, value: Any) -> Any:
    if isinstance(value, datetime):
        return rfc3339(value)
    return None if value == "" and name in _UNSAID_IS_EMPTY else value
