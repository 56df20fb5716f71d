"""A long queue of suppressions drained by one worker: the rate, its memory, and what taking a parcel costs.

`ACCORDANT_BENCH_SUPPRESSIONS` says how long the queue is: 1000000 is what we aim at.
"""

import multiprocessing
import os
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import connection, connections

from activation.enforcement.membership import services as membership
from activation.enforcement.membership.models import Holding
from activation.enforcement.membership.sealing import get_sealer
from activation.enforcement.membership.types import Member
from activation.enforcement.suppression import delivering, parcels
from activation.enforcement.suppression.models import Suppression
from consent.subjects.types import IdentifierKind
from tests.bench.check.people import CONTROLLER, DESTINATION
from tests.bench.database import fresh_database
from tests.bench.realtime_recipient import recipient
from tests.bench.realtime_shop import AUDIENCE, PURPOSE, name, open_shop
from tests.bench.report import Figure

QUEUED = int(os.environ.get("ACCORDANT_BENCH_SUPPRESSIONS", "100000"))
NEAR_END = 10_000
LOOKS = 20
"""Parcels whose taking is looked at, at each place."""
_FILL = """
    COPY activation_enforcement_suppression (holding_id, destination, subject_ref, cause, reason, recorded_at,
    state, is_urgent, goes_alone, sealed, ended_by, error) FROM STDIN
"""


@dataclass(slots=True)
class Took:
    """What one worker saw: how long each parcel took to be taken, and its memory."""

    seconds: float = 0.0
    cpu: float = 0.0
    """Seconds of a processor that the worker itself used."""
    takes: list[tuple[int, float]] = field(default_factory=list)
    """How many were left, and how long it took."""
    memory: list[tuple[int, float]] = field(default_factory=list)
    """How many were left, and MiB."""


def measure() -> Sequence[Figure]:
    """Return the rate, and what it costs at the start, in the middle and near the end."""
    with fresh_database(), recipient() as url:
        open_shop(url)
        _fill()
        took = _drain()
        left = Suppression.objects.exclude(state="acknowledged").count()
        return list(_show(took, left))


def _show(took: Took, left: int) -> Iterator[Figure]:
    yield Figure(
        f"{QUEUED:,} queued suppressions drained by one worker",
        QUEUED / took.seconds,
        "suppressions/s",
        f"{left} left",
    )
    yield Figure("the same, by the worker's own processor time", QUEUED / took.cpu, "suppressions/CPU s")
    for place in (QUEUED, QUEUED // 2, NEAR_END):
        near = sorted(took.takes, key=lambda one: abs(one[0] - place))[:LOOKS]
        cost = statistics.median(seconds for _, seconds in near) * 1000
        _, memory = min(took.memory, key=lambda one: abs(one[0] - place))
        yield Figure(f"forming a parcel with {place:,} left, median", cost, "ms")
        yield Figure(f"the worker's memory with {place:,} left", memory, "MiB")


def _fill() -> None:
    asked = {"destination": DESTINATION, "audience": AUDIENCE, "purpose": PURPOSE, "controller": CONTROLLER}
    holding = Holding.objects.get(pk=membership.open_holding(**asked))
    sealer = get_sealer(holding)
    now = time.strftime("%Y-%m-%d %H:%M:%S+00", time.gmtime())
    with connection.cursor() as cursor, cursor.copy(_FILL) as copy:
        for number in range(QUEUED):
            ref = f"{number:032x}"
            told = {IdentifierKind.USER_ID: (name(number),)}
            sealed = sealer.seal_member(Member(ref=ref, identifiers=told))
            row = (holding.pk, DESTINATION, ref, "withdrawal", "withdrawn", now, "waiting", True, False)
            copy.write_row((*row, sealed, "", ""))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE activation_enforcement_suppression")


def _drain() -> Took:
    """Let another process drain it, so that its memory is its own."""
    connections.close_all()
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_work, args=(theirs,))
    process.start()
    took: Took = ours.recv()
    process.join()
    return took


def _work(told: Any) -> None:
    took, left = Took(), QUEUED
    take = parcels.take_parcel

    def timed(*, destination: str, lease: timedelta) -> Any:
        nonlocal left
        began = time.perf_counter()
        parcel = take(destination=destination, lease=lease)
        took.takes.append((left, time.perf_counter() - began))
        if len(took.takes) % LOOKS == 1:
            took.memory.append((left, _resident()))
        left -= parcel.size if parcel else 0
        return parcel

    delivering.take_parcel = timed  # type: ignore[attr-defined]
    began, used = time.perf_counter(), time.process_time()
    while left > 0:
        delivering.deliver_due(destination=DESTINATION, until=time.monotonic() + 60)
    took.seconds, took.cpu = time.perf_counter() - began, time.process_time() - used
    told.send(took)


def _resident() -> float:
    """Return what this process has in memory, in MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
