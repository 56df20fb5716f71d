"""The how-to's example runs: a segment is scored, and each step asks anew whom it may use."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from tests.architecture.source import ROOT
from tests.client_world import SCOPES, Between, Here, World, make_key, ref_of
from tests.learning_world import ANNA, BERT, CLEO, choose, make_learning_world
from tests.ledger_world import sequence_all

HOW_TO = ROOT / "docs" / "how-to" / "gate-features-training-and-scoring.md"


@pytest.fixture
def world(db: None, tmp_path: Path) -> Iterator[World]:
    """Return a client that finds people by reference only, and has caught up."""
    make_learning_world()
    between = Between(inner=Here())
    made = World("http://localhost", make_key(*SCOPES), tmp_path / "snapshot", between, is_here=True)
    sequence_all()
    made.catch_up()
    yield made
    made.client.close()


@pytest.fixture
def example() -> dict[str, Any]:
    """Return what the how-to's blocks of Python define."""
    names: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", HOW_TO.read_text(encoding="utf-8"), re.DOTALL):
        exec(block, names)  # noqa: S102 - our own documentation
    return names


def make_segment() -> pa.Table:
    """Return a segment that the marketer cut: everybody in it visits often, but Bert spends little."""
    return pa.table(
        {
            "person": [ref_of(ANNA), ref_of(BERT), ref_of(CLEO), "sub_" + "0" * 32],
            "email": [f"c{number}@customers.example" for number in range(1, 5)],
            "birthday": ["1980-02-29"] * 4,
            "spent": [100.0, 60.0, 100.0, 100.0],
            "visits": [9.0] * 4,
        }
    )


def test_each_step_drops_whom_it_may_not_use(world: World, example: dict[str, Any]) -> None:
    found = example["choose_audience"](world.client, make_segment(), least=20)

    assert found.rows.column("person").to_pylist() == [ref_of(ANNA), ref_of(BERT)]
    assert found.by_reason == {"granted": 2}
    assert found.rows.schema.names == ["person", "email", "spent", "visits"]  # no birthday, no score


def test_who_withdraws_while_the_model_works_is_dropped_by_the_next_step(
    world: World, example: dict[str, Any]
) -> None:
    score = example["score"]

    def score_slowly(rows: pa.Table) -> pa.Table:
        choose(ANNA, {"advertising.audience": "withdrawn"}, month=5)
        sequence_all()
        world.catch_up()
        return score(rows)

    example["score"] = score_slowly
    found = example["choose_audience"](world.client, make_segment(), least=20)

    assert found.rows.column("person").to_pylist() == [ref_of(BERT)]
    assert found.by_reason == {"withdrawn": 1, "granted": 1}


def test_a_snapshot_that_grows_old_between_the_steps_sends_nobody(
    world: World, example: dict[str, Any]
) -> None:
    score = example["score"]

    def score_too_long(rows: pa.Table) -> pa.Table:
        world.clock.turn(31)
        return score(rows)

    example["score"] = score_too_long
    found = example["choose_audience"](world.client, make_segment(), least=20)

    assert (found.rows.num_rows, found.by_reason) == (0, {"state_stale": 2})


def test_a_stream_is_scored_batch_by_batch(world: World, example: dict[str, Any]) -> None:
    written: list[pa.RecordBatch] = []
    lazy = pl.LazyFrame(pl.from_arrow(make_segment()))

    summary = example["score_all"](world.client, lazy, written.append)

    assert [round(one) for batch in written for one in batch.column("score").to_pylist()] == [36, 24]
    assert summary.by_reason == {"basis_not_consent": 2, "objected": 1, "subject_unknown": 1}
