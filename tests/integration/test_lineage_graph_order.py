"""The graph is the same whatever order events come in, and however often."""

from collections.abc import Sequence
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from lineage.graph.models import Dataset, Job
from lineage.graph.projecting import project
from tests.graph_world import (
    Event,
    column_lineage,
    dataset,
    facet,
    graph_in_words,
    received,
    run_event,
    symlink,
    tags,
)

ONE, TWO = UUID(int=1), UUID(int=2)

RUN = [
    run_event("copy", state="START", run_id=ONE, minutes=0, inputs=["raw"]),
    run_event("copy", state="RUNNING", run_id=ONE, minutes=1, outputs=["clean"]),
    run_event(
        "copy",
        state="COMPLETE",
        run_id=ONE,
        minutes=2,
        inputs=["raw"],
        outputs=[{**dataset("clean"), "outputFacets": {"outputStatistics": facet(rowCount=5)}}],
    ),
    run_event(
        "copy", state="OTHER", run_id=ONE, minutes=3, run_facets={"parent": facet(run={"runId": str(TWO)})}
    ),
    run_event("copy", state="RUNNING", run_id=ONE, minutes=4),
]
SAME_TIME = [run_event("copy", state=state, run_id=ONE) for state in ("START", "COMPLETE", "FAIL", "ABORT")]
FACETS = [
    run_event("copy", run_id=ONE, outputs=[dataset("clean", tags=tags(("pii", "email")))], minutes=1),
    run_event("copy", run_id=TWO, outputs=[dataset("clean", tags=tags(("layer", "gold")))], minutes=2),
    run_event(
        "copy",
        run_id=TWO,
        outputs=[dataset("clean", ownership=facet(owners=[{"name": "team:crm"}]))],
        minutes=0,
    ),
    run_event(
        "copy", run_id=ONE, job_facets={"processing": facet(purpose="service", legal_basis="contract")}
    ),
]
COLUMNS = [
    run_event(
        "copy", run_id=ONE, minutes=minutes, inputs=["raw"], outputs=[dataset("clean", columnLineage=lineage)]
    )
    for minutes, lineage in (
        (1, column_lineage({"mail": [("raw", "email", False)]})),
        (2, column_lineage({"mail": [("raw", "email", True)], "name": [("raw", "name", False)]})),
        (2, column_lineage({"mail": [("raw", "email", False), ("other", "email", False)]})),
        (0, column_lineage({"mail": [("raw", "email", True)]})),
    )
]
NAMES = [
    run_event("one", run_id=ONE, outputs=[dataset("/a", namespace="file", symlinks=symlink(("hive", "a")))]),
    run_event("two", run_id=ONE, inputs=[dataset("a", namespace="hive", symlinks=symlink(("glue", "a")))]),
    run_event("three", run_id=TWO, inputs=[dataset("a", namespace="glue", tags=tags(("pii", "yes")))]),
    run_event("four", run_id=TWO, inputs=[dataset("a", namespace="glue", symlinks=symlink(("file", "/a")))]),
]
SETS = {"run": RUN, "same time": SAME_TIME, "facets": FACETS, "columns": COLUMNS, "names": NAMES}


def graph_after(batches: Sequence[Sequence[Event]]) -> dict[str, Any]:
    with transaction.atomic():
        for batch in batches:
            project([received(event) for event in batch])
        found = graph_in_words()
        transaction.set_rollback(True)
    return found


@pytest.mark.django_db
@pytest.mark.parametrize("name", SETS)
def test_every_order_of_the_events_gives_the_same_graph(name: str) -> None:
    events = SETS[name]
    expected = graph_after([events])

    for order in permutations(events):
        assert graph_after([[event] for event in order]) == expected
        assert graph_after([order[:2], order[2:]]) == expected


@pytest.mark.django_db
@pytest.mark.parametrize("name", SETS)
def test_events_that_come_twice_change_nothing(name: str) -> None:
    events = SETS[name]

    assert graph_after([events, events, events[:2], events[::-1]]) == graph_after([events])


@pytest.mark.django_db
def test_an_ending_stands_though_something_comes_after_it() -> None:
    run = graph_after([RUN])["runs"][f"airflow/copy {ONE}"]

    assert (run["state"], run["started_at"].minute, run["ended_at"].minute) == ("COMPLETE", 0, 2)


@pytest.mark.django_db
def test_the_last_column_lineage_replaces_what_was_before() -> None:
    project([received(event) for event in COLUMNS[:2]])

    assert [(column[1], column[3], column[6]) for column in graph_in_words()["columns"]] == [
        ("mail", "email", True),
        ("name", "name", False),
    ]


@pytest.mark.django_db
def test_what_an_officer_declared_outlives_events() -> None:
    project([received(event) for event in FACETS])
    Dataset.objects.filter(name="clean").update(is_outside=True, owner="team:legal", categories=["user.name"])

    project([received(event) for event in COLUMNS])

    row = Dataset.objects.get(name="clean")
    assert (row.is_outside, row.owner, row.categories) == (True, "team:legal", ["user.name"])
    assert Job.objects.count() == 1
