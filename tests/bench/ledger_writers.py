"""Writes of one event each: ours, beside a lock for the whole tenant and a hash chain."""

import time
from collections.abc import Iterator

from django.db import connection

from tests.bench.database import fresh_database
from tests.bench.pgbench import run_script
from tests.bench.report import Figure
from tests.bench.sequencer import sequencer_beside, wait_until_signed

WRITERS = (1, 8, 32)
SECONDS = 8
SUBJECTS = 50_000
PAYLOAD = 700
"""Bytes of an envelope."""
_MAKE_SUBJECTS = """
    INSERT INTO consent_subjects_subject (ref, version)
    SELECT 'sub_' || number, 0 FROM generate_series(1, %s) AS number
"""
_MAKE_CHAIN = """
    CREATE TABLE bench_head (tenant int PRIMARY KEY, position bigint NOT NULL, hash bytea NOT NULL);
    CREATE TABLE bench_chain (
        position bigint PRIMARY KEY, stream varchar(16), kind varchar(64), event_id varchar(64) UNIQUE,
        subject_ref varchar(64), envelope bytea, recorded_at timestamptz, previous bytea, hash bytea
    );
    INSERT INTO bench_head VALUES (1, 0, sha256(''));
"""
_ENVELOPE = f"convert_to(repeat('{{}}x', {PAYLOAD // 3}), 'UTF8')"

# What a write does in `record_rows`: it locks its own subject, takes the next version, and appends.
APPEND = f"""
\\set subject random(1, {SUBJECTS})
BEGIN;
SELECT version + 1 AS version FROM consent_subjects_subject WHERE ref = 'sub_' || :subject
    FOR NO KEY UPDATE \\gset
UPDATE consent_subjects_subject SET version = :version WHERE ref = 'sub_' || :subject;
INSERT INTO consent_ledger_pendingevent
    (stream, kind, event_id, subject_ref, subject_version, envelope, recorded_at)
    VALUES ('consent', 'choice_recorded', 'rec_' || gen_random_uuid(), 'sub_' || :subject, :version,
        {_ENVELOPE}, clock_timestamp());
COMMIT;
"""
NOTIFY = APPEND.replace("COMMIT;", "NOTIFY ledger;\nCOMMIT;")
"""Ours, if the writer woke the sequencer."""
CHAIN = f"""
\\set subject random(1, {SUBJECTS})
BEGIN;
SELECT position + 1 AS position FROM bench_head WHERE tenant = 1 FOR UPDATE \\gset
INSERT INTO bench_chain
    SELECT :position, 'consent', 'choice_recorded', 'rec_' || gen_random_uuid(), 'sub_' || :subject,
        {_ENVELOPE}, clock_timestamp(), hash, sha256(hash || {_ENVELOPE})
    FROM bench_head WHERE tenant = 1;
UPDATE bench_head SET position = :position,
    hash = (SELECT hash FROM bench_chain WHERE position = :position) WHERE tenant = 1;
COMMIT;
"""


def measure_writers() -> Iterator[Figure]:
    """Yield writes/s at each number of writers, with the naive design's as the floor; then NOTIFY's price."""
    naive = {writers: _measure_naive(writers) for writers in WRITERS}
    for writers in WRITERS:
        written, sustained = _measure_ours(APPEND, writers)
        yield Figure(
            f"single writes, {writers} writers, sequencer beside",
            written,
            "writes/s",
            f"tenant lock and hash chain: {naive[writers]:,.0f} writes/s",
            naive[writers] / written,
        )
    yield Figure(f"the same, {writers} writers, until all are signed", sustained, "writes/s")
    notified, _ = _measure_ours(NOTIFY, writers)
    yield Figure(
        f"the same, {writers} writers, with NOTIFY in each",
        notified,
        "writes/s",
        f"without: {written:,.0f} writes/s",
        written / notified,
    )


def prepare_subjects() -> None:
    """Make the subjects that `APPEND` writes about."""
    with connection.cursor() as cursor:
        cursor.execute(_MAKE_SUBJECTS, [SUBJECTS])


def _measure_naive(writers: int) -> float:
    with fresh_database():
        with connection.cursor() as cursor:
            cursor.execute(_MAKE_CHAIN)
        return run_script(CHAIN, clients=writers, seconds=SECONDS)


def _measure_ours(script: str, writers: int) -> tuple[float, float]:
    """Return the writes/s while writing, and those until all are under a checkpoint."""
    with fresh_database():
        prepare_subjects()
        with sequencer_beside():
            rate = run_script(script, clients=writers, seconds=SECONDS)
            started = time.perf_counter()
            wait_until_signed()
            return rate, rate * SECONDS / (SECONDS + time.perf_counter() - started)
