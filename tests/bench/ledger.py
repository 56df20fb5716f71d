"""The ledger: single writes beside the naive design, waiting for a signature, import, verification."""

import time
from collections.abc import Iterator, Sequence

from consent.ledger import services as ledger
from consent.ledger.signing import get_signing_key
from consent.ledger.types import LedgerChecks
from consent.records import queries as records
from consent.records.services import record_rows
from tests.bench.database import fresh_database
from tests.bench.ledger_latency import measure_latency
from tests.bench.ledger_writers import measure_writers
from tests.bench.report import Figure
from tests.bench.sequencer import sequencer_beside, wait_until_signed
from tests.records_world import JUNE_1, make_new_row

ROWS = 20_000
BATCH = 1000


def measure() -> Sequence[Figure]:
    """Return all figures of the ledger. Nothing here passes or fails by a time."""
    return [*measure_writers(), *measure_latency(), *_measure_import_and_verify()]


def _measure_import_and_verify() -> Iterator[Figure]:
    """Yield events/s of batches, until the last event is signed; then leaves/s of checking all of it."""
    rows = [make_new_row(f"{number:07}") for number in range(ROWS)]
    with fresh_database():
        with sequencer_beside():
            started = time.perf_counter()
            for start in range(0, ROWS, BATCH):
                record_rows(rows=rows[start : start + BATCH], source="bench", at=JUNE_1)
            written = time.perf_counter() - started
            wait_until_signed()
            seconds = time.perf_counter() - started
        started = time.perf_counter()
        checks = LedgerChecks(copies=[records.check_records], untold=[records.find_untold_records])
        report = ledger.verify_ledger(key=get_signing_key().verify_key, checks=checks)
        verified = time.perf_counter() - started
    if report.findings:
        raise RuntimeError(f"the ledger does not verify: {report.findings[0]}")
    yield Figure(f"batches of {BATCH} rows, until all is signed", report.leaves / seconds, "events/s")
    yield Figure("of that, until the last batch is committed", report.leaves / written, "events/s")
    yield Figure("verify_ledger, records' columns included", report.leaves / verified, "leaves/s")
