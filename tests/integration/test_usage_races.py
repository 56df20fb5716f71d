"""Processes that keep what their clients asked about at the same moment lose nothing of it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from threading import Barrier

import pytest
from django.db import connections

from activation.checks.distinct import Distinct
from activation.checks.limits import Meter
from activation.checks.models import ClientUsage
from activation.checks.usage import flush
from tests.metered_world import make_key

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
PROCESSES, ROUNDS, EACH = 4, 5, 20


def digests(process: int, turn: int) -> list[bytes]:
    return [sha256(f"{process} {turn} {number}".encode()).digest() for number in range(EACH)]


@pytest.mark.usefixtures("committed_database")
def test_what_several_processes_keep_at_once_is_all_kept() -> None:
    client_id, together = make_key().client_id, Barrier(PROCESSES)

    def ask(process: int) -> Meter:
        meter = Meter()
        for turn in range(ROUNDS):
            for digest in digests(process, turn):
                meter.note(client_id, digest)
            together.wait(timeout=60)
            flush(meter, at=NOON)
        connections.close_all()
        return meter

    with ThreadPoolExecutor(PROCESSES) as pool:
        meters = list(pool.map(ask, range(PROCESSES)))

    whole = Distinct()
    for process in range(PROCESSES):
        for turn in range(ROUNDS):
            for digest in digests(process, turn):
                whole.add(digest)
    row = ClientUsage.objects.get()
    assert bytes(row.registers) == whole.to_bytes()
    assert row.identifiers == round(whole.estimate)
    for meter in meters:
        meter.note(client_id, digests(0, 0)[0])
        flush(meter, at=NOON)
        assert meter.merge(client_id, Distinct().to_bytes()).to_bytes() == whole.to_bytes()
