"""Imports of strings beside imports of plain choices: as many people, and as many choices."""

import time
from collections.abc import Sequence
from io import BytesIO

from consent.records.services import Format, import_file
from tests.bench.database import fresh_database
from tests.bench.report import Figure
from tests.signal_files import MAPPING, make_file, make_tc_line
from tests.signals_world import ADS, AUDIENCE, DAY, EVERYTHING, NOON, publish_policy

ROWS, ROUNDS = 5_000, 3
DAYS = 60
_CHOICES = f"""
schema: accordant/import-mapping/1
identifiers: {{customer: customer_id}}
controller: acme
notice: privacy
notice_version: 1
method: checkbox
columns: {{effective_at: updated}}
purposes: {{ads: {ADS}, audience: {AUDIENCE}}}
"""


def measure() -> Sequence[Figure]:
    """Return rows/s of strings, of which each grants two purposes, and the same of two grants in columns."""
    with fresh_database():
        publish_policy()
        _import(_strings("warm", 10), MAPPING)
        _import(_choices("warm", 10), _CHOICES)
        strings = min(_import(_strings(f"s{turn}", ROWS), MAPPING) for turn in range(ROUNDS))
        choices = min(_import(_choices(f"c{turn}", ROWS), _CHOICES) for turn in range(ROUNDS))
        again = _import(_strings("s0", ROWS) + b"\r\n", MAPPING)
    floor = "rows of CSV with two choices each"
    return [
        Figure("import of TC strings", ROWS / strings, "rows/s", floor, strings / choices),
        Figure("the same strings in another file", ROWS / again, "rows/s", floor, again / choices),
    ]


def _import(text: bytes, mapping: str) -> float:
    started = time.perf_counter()
    report = import_file(
        file=BytesIO(text), file_format=Format.CSV, mapping_text=mapping, source="bench", at=NOON
    )
    assert not report.rejected, report.faults[0]
    return time.perf_counter() - started


def _strings(name: str, count: int) -> bytes:
    """Return a file of strings made on different days."""
    lines = [make_tc_line("?", *EVERYTHING, made_at=NOON - (1 + day) * DAY) for day in range(DAYS)]
    return make_file(lines[place % DAYS].replace("?", f"{name}-{place}", 1) for place in range(count))


def _choices(name: str, count: int) -> bytes:
    at = (NOON - DAY).isoformat()
    lines = (f"{name}-{place},granted,granted,{at}\n" for place in range(count))
    return ("customer,ads,audience,updated\n" + "".join(lines)).encode()
