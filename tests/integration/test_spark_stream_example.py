"""The how-to's example runs: Spark Structured Streaming lets those events pass whose people may be used."""

import json
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from pyspark.errors import StreamingQueryException
from pyspark.sql import SparkSession

from tests.architecture.source import ROOT
from tests.client_world import SCOPES, Between, Here, World, make_key
from tests.enforcement_world import BRITON, GERMAN, REFUSED, STRANGER, WITHDRAWN, make_world
from tests.ledger_world import sequence_all

HOW_TO = ROOT / "docs" / "how-to" / "scale-streams-out.md"

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("spark")]


@pytest.fixture
def world(db: None, tmp_path: Path) -> Iterator[World]:
    """A client that has caught up with a service in the test's own thread."""
    make_world()
    between = Between(inner=Here())
    made = World("http://localhost", make_key(*SCOPES), tmp_path / "snapshot", between, is_here=True)
    sequence_all()
    made.catch_up()
    yield made
    made.client.close()


@pytest.fixture
def example() -> dict[str, Any]:
    """What the how-to's block of Python defines."""
    names: dict[str, Any] = {}
    [block] = re.findall(r"```python\n(.*?)```", HOW_TO.read_text(encoding="utf-8"), re.DOTALL)
    exec(block, names)  # noqa: S102 - our own documentation
    return names


def write_events(folder: Path, name: str, customers: list[str | None]) -> None:
    """Write a file of events."""
    folder.mkdir(exist_ok=True)
    events = [
        {"customer": one, "email": f"c{n}@customers.example", "n": n} for n, one in enumerate(customers)
    ]
    draft = folder.with_name(f"{name}.draft")
    draft.write_text("".join(f"{json.dumps(event)}\n" for event in events))
    draft.rename(folder / f"{name}.json")


def test_events_pass_whose_people_may_be_used(
    world: World, example: dict[str, Any], spark_session: SparkSession, tmp_path: Path
) -> None:
    events, allowed = tmp_path / "events", tmp_path / "allowed"
    write_events(events, "first", [GERMAN, REFUSED, BRITON, STRANGER, None, WITHDRAWN])

    query = example["start_stream"](spark_session, world.client, events, allowed, tmp_path / "checkpoint")
    try:
        query.processAllAvailable()
        write_events(events, "second", [WITHDRAWN, GERMAN])
        query.processAllAvailable()
    finally:
        query.stop()

    rows = spark_session.read.parquet(str(allowed)).orderBy("batch", "n").collect()
    assert [(row["batch"], row["customer"], row["n"]) for row in rows] == [
        (0, GERMAN, 0),
        (0, BRITON, 2),
        (1, GERMAN, 1),
    ]
    assert rows[0]["email"] == sha256(b"c0@customers.example").hexdigest()
    assert {row["ad_personalization"] for row in rows} == {"granted"}


def test_a_stale_snapshot_stops_the_query_and_the_batch_is_tried_again(
    world: World, example: dict[str, Any], spark_session: SparkSession, tmp_path: Path
) -> None:
    events, allowed, checkpoint = tmp_path / "events", tmp_path / "allowed", tmp_path / "checkpoint"
    write_events(events, "first", [GERMAN, REFUSED])
    world.clock.turn(3_600)

    query = example["start_stream"](spark_session, world.client, events, allowed, checkpoint)
    with pytest.raises(StreamingQueryException, match="SnapshotStale"):
        query.processAllAvailable()
    assert not allowed.exists()

    world.catch_up()
    query = example["start_stream"](spark_session, world.client, events, allowed, checkpoint)
    try:
        query.processAllAvailable()
    finally:
        query.stop()

    assert spark_session.read.parquet(str(allowed)).count() == 1
