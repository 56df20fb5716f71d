"""Whether the signals' columns say what the ledger says, and the mappings are what their digests say."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection

from consent.ledger.queries import one_of
from consent.ledger.types import Finding, VerifiedEvent, rfc3339
from consent.records.models import RecordedSignal, SignalMapping

_SAID = ("kind", "digest", "conflicts", "unread", "source")
_COLUMNS = (
    "event_id",
    "subject_id",
    "version",
    "controller",
    "mapping_digest",
    "effective_at",
    "recorded_at",
    *_SAID,
)
_UNTOLD = """
    SELECT event_id FROM consent_records_recordedsignal AS signal
    WHERE NOT EXISTS (SELECT FROM consent_ledger_leaf AS leaf WHERE leaf.event_id = signal.event_id)
    AND NOT EXISTS (SELECT FROM consent_ledger_pendingevent AS event WHERE event.event_id = signal.event_id)
    ORDER BY event_id LIMIT 10
"""


def check_signals(events: Sequence[VerifiedEvent]) -> Iterator[Finding]:
    """Yield each signal that is missing, or has a column that differs from its event."""
    told = {event.event_id: event for event in events if event.kind == "signal_recorded"}
    if not told:
        return
    rows = RecordedSignal.objects.filter(event_id__in=one_of(told)).values(*_COLUMNS)
    found = {row["event_id"]: row for row in rows}
    kept = set(SignalMapping.objects.values_list("digest", flat=True))
    for event in told.values():
        row = found.get(event.event_id)
        if row is None:
            yield Finding(f"signal {event.event_id}", f"leaf {event.index} tells of it, and it is missing")
            continue
        yield from _compare(row, event)
        mapping = event.envelope["body"].get("mapping")
        if mapping is not None and mapping.get("digest") not in kept:
            yield Finding(f"signal {event.event_id}", "the mapping that it was read by is missing")


def find_untold_signals() -> Iterator[Finding]:
    """Yield signals that no event of the ledger tells of, ten at most, and mappings that were changed."""
    with connection.cursor() as cursor:
        cursor.execute(_UNTOLD)
        for (event_id,) in cursor.fetchall():
            yield Finding(f"signal {event_id}", "no event of the ledger tells of it")
    for mapping in SignalMapping.objects.order_by("digest"):
        if hashlib.sha256(mapping.document.encode()).hexdigest() != mapping.digest:
            yield Finding(f"mapping {mapping.digest[:12]}", "its document is not the one its digest is of")


def _compare(row: dict[str, Any], event: VerifiedEvent) -> Iterator[Finding]:
    envelope, body = event.envelope, event.envelope["body"]
    mapping = body.get("mapping")
    pairs = [
        ("subject_ref", row["subject_id"], envelope["subject_ref"]),
        ("version", row["version"], envelope["subject_version"]),
        ("recorded_at", rfc3339(row["recorded_at"]), envelope["recorded_at"]),
        ("effective_at", rfc3339(row["effective_at"]), body.get("effective_at")),
        ("controller", row["controller"] or None, body.get("controller")),
        ("mapping_digest", row["mapping_digest"], mapping["digest"] if mapping else ""),
        *((name, row[name], body.get(name)) for name in _SAID),
    ]
    for name, column, said in pairs:
        if column != said:
            yield Finding(
                f"signal {event.event_id}", f"the column {name} is not what leaf {event.index} says"
            )
