"""Part `draining`: a thousand steps that wait at once, carried out by workers of which some are killed."""

import multiprocessing
import os
import signal
import time
from collections.abc import Sequence
from multiprocessing.context import ForkContext, ForkProcess

from django.db import connections, transaction

from consent.requests.fanning import claiming, working
from consent.requests.fanning.planning import plan_steps
from consent.requests.models import RequestEvent, Step, System
from consent.requests.moving import lock_request
from consent.requests.types import EventKind, RequestType, StepAction, StepState
from lineage.leases.claiming import claim, end
from lineage.leases.rows import READY_AT
from tests.bench.database import fresh_database
from tests.bench.report import Figure
from tests.leased_jobs import MINUTE, Job, add, table, waiting
from tests.steps_world import FakeSystem, let_lease_end, make_request, make_system

REQUESTS, SYSTEMS, WORKERS = 100, 10, 4
STEPS = REQUESTS * SYSTEMS
KILLED_AFTER = 100
"""Steps, after which the first worker is killed, in the middle of whatever it does."""
_PATIENCE = 1800.0


def measure() -> Sequence[Figure]:
    """Return how fast the steps are carried out, and how many were lost or ended twice: none."""
    with fresh_database():
        floor = _measure_floor()
        seconds = _drain(kill=False)
    with fresh_database():
        with_a_death = _drain(kill=True)
        lost = Step.objects.filter(action=StepAction.COLLECT).exclude(state=StepState.DONE).count()
        told = RequestEvent.objects.filter(kind=EventKind.STEP_ENDED).count()
    title = f"{STEPS:,} steps at {SYSTEMS} systems, {WORKERS} workers"
    bare = f"{STEPS:,} rows claimed one by one and ended, one worker"
    return [
        Figure(title, STEPS / seconds, "steps/s", bare, seconds / floor),
        Figure(
            "… and a worker killed meanwhile", STEPS / with_a_death, "steps/s", bare, with_a_death / floor
        ),
        Figure("… steps lost", float(lost), "steps", "must be none"),
        Figure("… steps that ended twice", float(told - (STEPS - lost)), "steps", "must be none"),
    ]


def _measure_floor() -> float:
    with table():
        add(STEPS)
        begin = time.perf_counter()
        while taken := claim(waiting().order_by(READY_AT, "pk"), limit=1, lease=MINUTE):
            Job.objects.filter(pk=taken[0].pk).update(is_done=True)
            end(taken[0])
        return time.perf_counter() - begin


def _drain(*, kill: bool) -> float:
    _plan()
    connections.close_all()
    fork = multiprocessing.get_context("fork")
    begin = time.perf_counter()
    workers = [_start(fork, number) for number in range(WORKERS)]
    while _count_left() and time.perf_counter() < begin + _PATIENCE:
        if kill and _count_left() < STEPS - KILLED_AFTER:
            kill = False
            _kill(workers[0])
            for step in Step.objects.filter(leased_until__isnull=False):
                let_lease_end(step)  # a lease lasts a minute: nobody waits for that here
        claiming.count_deaths()
        time.sleep(0.05)
    seconds = time.perf_counter() - begin
    for worker in workers:
        worker.kill()
        worker.join()
    return seconds


def _plan() -> None:
    for number in range(SYSTEMS):
        make_system(f"system-{number}")
    for number in range(REQUESTS):
        with transaction.atomic():
            request = make_request(RequestType.ACCESS, emails=[f"p{number}@example.com"])
            plan_steps(lock_request(request.pk))


def _start(fork: ForkContext, number: int) -> ForkProcess:
    worker = fork.Process(target=_work, args=(number,), daemon=True)
    worker.start()
    return worker


def _work(number: int) -> None:
    """Go round the systems, each worker from another one on, until all is done."""
    fake = FakeSystem(rows=[("orders", {"n": n, "text": "x" * 100}) for n in range(20)])
    systems = list(System.objects.order_by("pk").values_list("pk", flat=True))
    while True:
        for pk in systems[number:] + systems[:number]:
            working.work(system_id=pk, until=float("inf"), hand=fake.hand())
        if not _count_left():
            return
        time.sleep(0.05)


def _count_left() -> int:
    return Step.objects.filter(action=StepAction.COLLECT, state=StepState.READY).count()


def _kill(worker: ForkProcess) -> None:
    if worker.pid is not None:
        os.kill(worker.pid, signal.SIGKILL)
        worker.join()
