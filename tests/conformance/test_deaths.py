"""A delivery that dies at any moment is completed by its repeat: every row once, and nothing shown half."""

import json
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.conformance.dying import find
from tests.conformance.harness import AUDIENCE, BATCH, Harness
from tests.conformance.processes import COMMAND, OPTIONS, tell, write_rows
from tests.conformance.rows import assert_holds, deliver, holds, ignore

MOST_CALLS = 60


class Death(BaseException):
    """The process died here, as far as this can be played in one."""


class Unreadable(Exception):
    """The rows' own source broke."""


def breaking_after(table: pa.Table, batches: int, error: BaseException) -> Callable[[], Iterator[Any]]:
    """Return batches of which the last are never read: `error` is raised instead."""

    def read() -> Iterator[pa.RecordBatch]:
        yield from table.to_batches(max_chunksize=BATCH)[:batches]
        raise error

    return read


def read_places(harness: Harness) -> range:
    return range(len(harness.sample().to_batches(max_chunksize=BATCH)) + 1)


def test_rows_that_cannot_be_read_to_the_end_leave_nothing_half(harness: Harness) -> None:
    sample = harness.sample()
    for place in read_places(harness):
        harness.reset()
        delivery = harness.delivery(batches=breaking_after(sample, place, Unreadable()))

        with pytest.raises(Unreadable):
            harness.open().deliver(delivery, ignore)

        if harness.atomic:
            assert harness.held(AUDIENCE) == []
        deliver(harness)
        assert_holds(harness, sample)


def test_a_later_run_that_dies_leaves_the_earlier_one_as_it_was(harness: Harness) -> None:
    earlier = harness.sample().slice(0, 4)
    deliver(harness, 1, earlier)
    delivery = harness.delivery(2, batches=breaking_after(harness.sample(), 2, Death()))

    with pytest.raises(Death):
        harness.open().deliver(delivery, ignore)

    if harness.atomic:
        assert_holds(harness, earlier)
    deliver(harness, 2)
    assert_holds(harness, *([] if harness.kind.replaces else [earlier]), harness.sample())


def dying_at(monkeypatch: pytest.MonkeyPatch, step: str, number: int, *, before: bool) -> None:
    """Let the call of that number to `step` die, before or after it does its work."""
    owner, name = find(step)
    real, calls = getattr(owner, name), iter(range(1, MOST_CALLS * 100))

    def dying(*arguments: Any, **options: Any) -> Any:
        is_last = next(calls) == number
        if is_last and before:
            raise Death
        result = real(*arguments, **options)
        if is_last:
            raise Death
        return result

    monkeypatch.setattr(owner, name, dying)


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_a_death_at_any_step_is_made_good_by_the_repeat(harness: Harness, before: bool) -> None:
    sample, earlier = harness.sample(), harness.sample().slice(0, 4)
    kept = [] if harness.kind.replaces else [earlier]
    for step in harness.steps:
        for number in range(1, MOST_CALLS):
            harness.reset()
            deliver(harness, 1, earlier)
            with pytest.MonkeyPatch.context() as patched:
                dying_at(patched, step, number, before=before)
                try:
                    deliver(harness, 2)
                except Death:
                    died = True
                else:
                    died = False
            if harness.atomic:
                assert holds(harness, earlier) or holds(harness, *kept, sample), (step, number)
            deliver(harness, 2)
            assert_holds(harness, *kept, sample)
            if not died:
                assert number > 1, f"{step} is never called"
                break


@pytest.mark.parametrize("place", [2, None], ids=["in the middle", "behind the last row"])
def test_a_process_that_is_killed_is_followed_by_one_that_completes(
    harness: Harness, place: int | None, tmp_path: Path
) -> None:
    earlier, sample = harness.sample().slice(0, 4), harness.sample()
    deliver(harness, 1, earlier)

    killed = run_dying(harness, place, tmp_path / "rows.arrow")

    assert killed.returncode == -signal.SIGKILL, killed.stderr
    if harness.atomic:
        assert_holds(harness, earlier)
    deliver(harness, 2)
    assert_holds(harness, *([] if harness.kind.replaces else [earlier]), sample)


def run_dying(harness: Harness, place: int | None, rows: Path) -> subprocess.CompletedProcess[str]:
    """Deliver by a process that is killed before it reads the batch of that place; None: behind the last."""
    write_rows(harness.sample(), rows)
    told = tell(harness, rows) | {"act": "deliver", "place": place}
    return subprocess.run(COMMAND, input=json.dumps(told), check=False, **OPTIONS, timeout=60)
