"""A removal that breaks at any moment is made good by its repeat, and what it returned for stays done."""

import json
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid5

import pyarrow as pa
import pytest

from consent.network.errors import DeliveryFailed, DeliveryRefused
from tests.conformance.dying import find
from tests.conformance.harness import AUDIENCE, BATCH, RUNS, Fault, Harness, Reply
from tests.conformance.processes import COMMAND, OPTIONS, tell, write_rows
from tests.conformance.rows import assert_holds, deliver, holds, ignore
from tests.conformance.test_deaths import MOST_CALLS, Death, dying_at
from tests.conformance.test_stores import stores

GONE = 5


def remove(harness: Harness, table: pa.Table | None = None, *, number: int = 1) -> None:
    """Take out the first few people of the sample, or those of `table`."""
    table = harness.sample().slice(0, GONE) if table is None else table
    harness.open().remove(harness.removal(table, number=number))


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_a_death_at_any_step_of_a_removal_is_made_good_by_the_repeat(harness: Harness, before: bool) -> None:
    sample = harness.sample()
    for step in harness.removal_steps:
        for number in range(1, MOST_CALLS):
            harness.reset()
            deliver(harness)
            with pytest.MonkeyPatch.context() as patched:
                dying_at(patched, step, number, before=before)
                try:
                    remove(harness)
                except Death:
                    died = True
                else:
                    died = False
            if harness.kind.replaces and harness.atomic and not harness.disturb():
                assert holds(harness, sample) or holds(harness, sample.slice(GONE)), (step, number)
            remove(harness)
            assert_holds(harness, sample.slice(GONE))
            if not died:
                assert number > 1, f"{step} is never called"
                break


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_a_removal_by_a_process_that_is_killed_is_completed_by_the_repeat(
    harness: Harness, before: bool, tmp_path: Path
) -> None:
    sample, rows = harness.sample(), tmp_path / "rows.arrow"
    deliver(harness)
    write_rows(sample.slice(0, GONE), rows)
    step = harness.removal_steps[-1]
    told = tell(harness, rows) | {"act": "remove", "portion": GONE, "step": step, "before": before}

    killed = subprocess.run(COMMAND, input=json.dumps(told), check=False, **OPTIONS, timeout=60)

    assert killed.returncode == -signal.SIGKILL, killed.stderr
    again = subprocess.run(COMMAND, input=json.dumps(told | {"step": ""}), check=False, **OPTIONS, timeout=60)
    assert again.returncode == 0, again.stderr
    assert_holds(harness, sample.slice(GONE))


@pytest.mark.parametrize("fault", Fault)
def test_a_recipient_that_breaks_in_the_middle_of_a_removal_loses_nobody(
    harness: Harness, fault: Fault
) -> None:
    if fault not in harness.faults:
        return
    sample, step = harness.sample(), harness.removal_steps[-1]
    deliver(harness)

    with ExitStack() as broken, pytest.MonkeyPatch.context() as patched:
        breaking_at(patched, step, lambda: broken.enter_context(harness.broken(fault)))
        try:
            remove(harness)
        except (DeliveryFailed, DeliveryRefused):
            is_told_done = False
        else:
            is_told_done = True

    if is_told_done:
        assert_holds(harness, sample.slice(GONE))
    remove(harness)
    assert_holds(harness, sample.slice(GONE))


def breaking_at(patched: pytest.MonkeyPatch, step: str, break_it: Any) -> None:
    """Break the recipient just before the first call of `step`."""
    owner, name = find(step)
    real, is_broken = getattr(owner, name), [False]

    def breaking(*arguments: Any, **options: Any) -> Any:
        if not is_broken[0]:
            is_broken[0] = True
            break_it()
        return real(*arguments, **options)

    patched.setattr(owner, name, breaking)


REPLIES: list[tuple[Reply, ...]] = [
    (503,),
    ("lost",),
    ("half",),
    ("close",),
    (503, 503),
    ("lost", "lost"),
    ("half", "half"),
]


@pytest.mark.parametrize("replies", REPLIES, ids=lambda replies: "-".join(map(str, replies)))
def test_a_service_that_answers_badly_has_the_removal_once_in_the_end(
    harness: Harness, replies: tuple[Reply, ...]
) -> None:
    if not harness.disturb():
        return  # asked in another way than by requests
    deliver(harness)
    harness.disturb(*replies)
    if len(replies) > 1:  # as many as are tried
        with pytest.raises(DeliveryFailed):
            remove(harness)

    remove(harness)
    remove(harness)

    assert_holds(harness, harness.sample().slice(GONE))


def test_the_same_removal_after_a_lost_reply_has_the_same_effect_as_one(harness: Harness) -> None:
    if not harness.disturb():
        return
    deliver(harness)
    few = harness.sample().slice(0, 3)  # one message
    harness.disturb("lost", "lost")
    with pytest.raises(DeliveryFailed):
        remove(harness, few)
    deliver(harness, 2)

    remove(harness, few)

    # Who honours ids takes it once, and a later delivery is not undone; a set of people takes it twice.
    left = harness.sample() if harness.kind.slug == "webhook" else harness.sample().slice(3)
    assert_holds(harness, left)


TOGETHER = ("file-csv", "file-parquet", "object_store", "postgresql", "kafka", "sqlite")


@stores(*TOGETHER)
def test_two_processes_that_take_out_at_the_same_time_lose_nothing_of_one_another(
    harness: Harness, tmp_path: Path
) -> None:
    sample = harness.sample()
    deliver(harness)
    halves = sample.slice(0, 4), sample.slice(4, 4)

    with ThreadPoolExecutor(2) as together:
        ended = list(together.map(partial(remove_one_by_one, harness, tmp_path), halves))

    assert ended == ["", ""]
    assert_holds(harness, sample.slice(8))


@stores(*TOGETHER)
def test_a_removal_that_comes_into_another_is_not_lost(harness: Harness) -> None:
    sample = harness.sample()
    inner, outer = sample.slice(0, 3), sample.slice(3, 3)
    for step in harness.removal_steps:
        harness.reset()
        deliver(harness)
        done = list[pa.Table]()

        with pytest.MonkeyPatch.context() as patched:
            give_up_soon(patched)
            breaking_at(patched, step, partial(attempt, harness, inner, done, number=2))
            attempt(harness, outer, done, number=1)

        taken_out = {row["customer_id"] for table in done for row in table.to_pylist()}
        left = [row["customer_id"] for row in sample.to_pylist() if row["customer_id"] not in taken_out]
        assert done
        assert sorted(row["customer_id"] for row in harness.held(AUDIENCE)) == left, step


def give_up_soon(patched: pytest.MonkeyPatch) -> None:
    """Let a removal that comes into another wait only briefly: the other goes on when it has given up."""
    for connector in ("file", "object_store"):
        place = f"activation.destinations.kinds.{connector}.connector._REMOVAL_WAITS_SECONDS"
        patched.setattr(place, 0.2)


def remove_one_by_one(harness: Harness, folder: Path, people: pa.Table) -> str:
    """Take people out by a process of its own, one after the other; return what it complained of."""
    rows = folder / f"{people.column('customer_id')[0]}.arrow"
    write_rows(people, rows)
    told = tell(harness, rows) | {"act": "remove", "portion": 1, "step": ""}
    told["run_id"] = str(uuid5(RUNS, rows.name))
    ended = subprocess.run(COMMAND, input=json.dumps(told), check=False, **OPTIONS, timeout=180)
    return "" if ended.returncode == 0 else ended.stderr or "killed"


def attempt(harness: Harness, table: pa.Table, done: list[pa.Table], *, number: int) -> None:
    """Take people out; note it if that was told done."""
    try:
        remove(harness, table, number=number)
    except DeliveryFailed:
        return
    done.append(table)


@stores(*TOGETHER)
def test_a_removal_while_a_delivery_runs_is_not_undone_by_it(harness: Harness) -> None:
    sample, done = harness.sample(), list[pa.Table]()
    deliver(harness)

    def meanwhile() -> Iterator[pa.RecordBatch]:
        first, *others = sample.to_batches(max_chunksize=BATCH)
        yield first
        with ThreadPoolExecutor(1) as another:
            another.submit(attempt, harness, sample.slice(0, GONE), done, number=1).result()
        yield from others

    try:
        harness.open().deliver(harness.delivery(2, batches=meanwhile), ignore)
    except DeliveryFailed:
        assert done  # one of the two gives way

    if not done:
        remove(harness)
    assert_holds(harness, sample.slice(GONE))
