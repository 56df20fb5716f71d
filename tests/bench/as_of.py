"""What was in force at another time, beside what is in force now: at a million events."""

import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.utils import timezone

from consent.records.queries import list_choices
from consent.subjects.types import SubjectRef
from tests.bench.database import fresh_database
from tests.bench.report import Figure

EVENTS = 1_000_000
SHAPES = {"4 choices a person": 4, "50 choices a person": 50}
BATCH, ROUNDS = 100, 40
THEN = datetime(2026, 5, 1, tzinfo=UTC)
_SUBJECTS = """
    INSERT INTO consent_subjects_subject (ref, version)
    SELECT 'sub_' || lpad(one::text, 32, '0'), %(each)s FROM generate_series(1, %(subjects)s) AS one
"""
_RECORDS = """
    INSERT INTO consent_records_consentrecord (
        record_id, subject_ref, version, purpose, choice, controller, destination, notice, notice_version,
        method, form, effective_at, recorded_at, explicit, by_guardian, after_conflict_notice, back_dated,
        refers_to, source
    )
    SELECT 'rec_' || lpad((one * 1000 + version)::text, 32, '0'), 'sub_' || lpad(one::text, 32, '0'), version,
        'purpose_' || version %% 3,
        CASE WHEN version %% 2 = 0 THEN 'withdrawn' ELSE 'granted' END, 'acme', '',
        'privacy', 1, 'checkbox', 'checkout', timestamptz '2026-01-01' + version * interval '1 day',
        timestamptz '2026-01-01' + version * interval '1 day', false, false, false, false, '', 'bench'
    FROM generate_series(1, %(each)s) AS version, generate_series(1, %(subjects)s) AS one
"""
_CURRENT = """
    INSERT INTO consent_records_currentchoice (
        subject_ref, purpose, controller, destination, record_id, choice, effective_at, version, recorded_at,
        notice, notice_version, back_dated, reviewed
    )
    SELECT DISTINCT ON (subject_ref, purpose)
        subject_ref, purpose, controller, destination, record_id, choice, effective_at, version, recorded_at,
        notice, notice_version, back_dated, false
    FROM consent_records_consentrecord ORDER BY subject_ref, purpose, version DESC
"""


def measure() -> Sequence[Figure]:
    """Return how long an as-of read of 100 people takes, and how many times a current read that is."""
    return [figure for shape, each in SHAPES.items() for figure in _measure(shape, each)]


def _measure(shape: str, each: int) -> list[Figure]:
    subjects = EVENTS // each
    with fresh_database():
        with connection.cursor() as cursor:
            for statement in (_SUBJECTS, _RECORDS, _CURRENT):
                cursor.execute(statement, {"subjects": subjects, "each": each} if "%" in statement else None)
            cursor.execute("VACUUM ANALYZE")
        now = timezone.now()
        batches = [_batch(round_, subjects) for round_ in range(ROUNDS)]
        current = _median(batches, lambda refs: list_choices(refs=refs, at=now))
        as_of = _median(batches, lambda refs: list_choices(refs=refs, at=now, as_of=THEN))
        known = _median(
            batches, lambda refs: list_choices(refs=refs, at=now, known_at=now - timedelta(days=1))
        )
    floor = f"the current read, {current * 1000:.1f} ms"
    return [
        Figure(f"as of then, 100 people, {shape}", as_of * 1000, "ms", floor, as_of / current),
        Figure(f"known then, 100 people, {shape}", known * 1000, "ms", floor, known / current),
    ]


def _batch(round_: int, subjects: int) -> list[SubjectRef]:
    """Return people from all over the table."""
    step = subjects // BATCH
    return [SubjectRef(f"sub_{1 + (place * step + round_ * 37) % subjects:032}") for place in range(BATCH)]


def _median(batches: Sequence[list[SubjectRef]], read: Callable[[list[SubjectRef]], object]) -> float:
    return statistics.median(_seconds(read, refs) for refs in batches)


def _seconds(read: Callable[[list[SubjectRef]], object], refs: list[SubjectRef]) -> float:
    started = time.perf_counter()
    read(refs)
    return time.perf_counter() - started
