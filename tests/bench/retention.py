"""Retention: pruning 100,000 leaves, and verifying the ledger before and after."""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import chain

from django.db import connection, transaction

from consent.ledger import queries, services
from consent.ledger.models import PendingEvent
from consent.ledger.rules import seal_entry
from consent.ledger.types import NewEntry, Stream
from tests.bench.database import fresh_database
from tests.bench.report import Figure
from tests.retention_world import apply, seal, short_rules

LEAVES = 100_000
SUBJECTS = LEAVES // 10
_ADD_ERASED = """
    INSERT INTO consent_subjects_subject (ref, version, erased_at)
    SELECT 'sub_' || one, 5, now() FROM generate_series(1, %s) AS one
"""
_FIELDS = ("stream", "kind", "event_id", "subject_ref", "subject_version", "envelope", "recorded_at")
_SIZE = "SELECT pg_total_relation_size('consent_ledger_leaf')"


def measure() -> Sequence[Figure]:
    """Return leaves/s pruned and verified, half of them of the audit stream, half of erased subjects.

    An audit leaf stands between each two of the consent stream: no announcement can name long ranges.
    """
    with fresh_database(), short_rules():
        _fill()
        whole = _timed(_verify)
        size = _size()
        pruned = _timed(lambda: _check(apply().pruned.total()))
        bare = _timed(_verify)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM FULL consent_ledger_leaf")
        return [
            Figure("leaves pruned", LEAVES / pruned, "leaves/s"),
            Figure("verified before", LEAVES / whole, "leaves/s"),
            Figure("verified after", LEAVES / bare, "leaves/s"),
            Figure("leaves' table after", _size() / 1e6, "MB", "before", _size() / size),
        ]


def _fill() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_ADD_ERASED, [SUBJECTS])
    now = queries.get_time()
    for version in range(1, LEAVES // SUBJECTS // 2 + 1):
        told = chain.from_iterable(_two(number, version) for number in range(1, SUBJECTS + 1))
        with transaction.atomic():
            PendingEvent.objects.copy_in(_FIELDS, (_row(entry, stream, now) for stream, entry in told))
    seal()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as autovacuum has done long before on a ledger of that age


def _two(number: int, version: int) -> Iterator[tuple[Stream, NewEntry]]:
    yield Stream.CONSENT, NewEntry("choice_recorded", _body(number), f"sub_{number}", version)
    yield Stream.AUDIT, NewEntry("told", _body(number))


def _row(entry: NewEntry, stream: Stream, now: datetime) -> tuple[object, ...]:
    envelope = seal_entry(entry, stream=stream, recorded_at=now)
    version = entry.subject_version
    return stream, entry.kind, entry.event_id, entry.subject_ref or "", version, envelope.content, now


def _body(number: int) -> dict[str, object]:
    return {"number": number, "text": "x" * 400}


def _check(pruned: int) -> None:
    if pruned != LEAVES:
        raise RuntimeError(f"{pruned} leaves were pruned, and not {LEAVES}")


def _verify() -> None:
    if findings := services.verify_ledger(key=None).findings:
        raise RuntimeError(f"not verified: {findings[0]}")


def _size() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_SIZE)
        size: int = cursor.fetchone()[0]
    return size


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
