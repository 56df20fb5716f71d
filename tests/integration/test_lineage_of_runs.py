"""What lineage hears of an audience run: from which columns, through which query, to which destination."""

# ruff: noqa: S608 - the query is the test's own

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
import pytest
from django.conf import LazySettings
from django.core.management import call_command
from django.utils import timezone

from activation.destinations.connecting import connect_destination
from activation.destinations.kinds.interface import Surroundings
from activation.destinations.kinds.registry import KINDS
from activation.destinations.kinds.settings import read_settings
from activation.destinations.naming import name_destination
from activation.enforcement import lifecycle, services
from activation.enforcement.audience.asking.opening import open_query
from activation.enforcement.canaries.types import CanaryPassed
from activation.enforcement.judging import Judge
from activation.enforcement.models import EnforcementRun
from activation.enforcement.parents import MalformedParentRun, read_parent
from activation.enforcement.reviving import close_dead_runs
from activation.enforcement.standing import services as standing
from activation.enforcement.standing.models import RunOrder
from activation.enforcement.types import RunStatus, Watcher
from lineage.events.naming import DatasetName
from tests.delivery_world import Recipient, connected
from tests.enforcement_world import (
    AUDIENCE,
    QUESTION,
    list_events,
    make_world,
    register_ads,
    run,
    write_csv,
)
from tests.standing_world import define, folders, order

pytestmark = pytest.mark.django_db
SECRET = "Sesamstrasse 7"
QUERY = f"""
    -- for {SECRET}
    WITH late AS (
        SELECT customer_id, sum(amount) AS spent FROM purchase WHERE shop <> '{SECRET}' GROUP BY ALL
    )
    SELECT customer_id, lower(email) AS email, phone, md5(email) AS fingerprint, spent
    FROM customer JOIN late USING (customer_id) ORDER BY customer_id
"""
RUN_ID = "0189a1b2-0000-7000-8000-000000000001"
PARENT = f"airflow/nightly.audiences/{RUN_ID}"


@pytest.fixture
def lake(tmp_path: Path, settings: LazySettings) -> Path:
    """A database of DuckDB with customers and their purchases, as the source `lake`."""
    path = tmp_path / "lake.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE customer (customer_id VARCHAR, email VARCHAR, phone VARCHAR)")
        connection.execute("CREATE TABLE purchase (customer_id VARCHAR, amount INT, shop VARCHAR)")
        for row in AUDIENCE[:2]:
            who = [row["customer_id"], row["email"], row["phone"]]
            connection.execute("INSERT INTO customer VALUES (?, ?, ?)", who)
            connection.execute("INSERT INTO purchase VALUES (?, 10, 'Bonn')", who[:1])
    settings.SOURCES = {"lake": f"duckdb:{path}"}
    return path


def run_query(folder: Path, text: str = QUERY) -> UUID:
    """Enforce what a query finds, and return the run's id."""
    query = folder / "query.sql"
    query.write_text(text, encoding="utf-8")
    audience = open_query(query=query, source="lake")
    return run(folder, input_path=audience, output_path=folder / "out.parquet").run_id


def ways_of(fields: list[dict[str, Any]]) -> dict[tuple[str, str], list[tuple[str, bool]]]:
    """Return input fields by table and column."""
    return {
        (one["name"], one["field"]): [(way["subtype"], way["masking"]) for way in one["transformations"]]
        for one in fields
    }


def test_a_query_tells_its_tables_and_its_columns_through_the_obligations(tmp_path: Path, lake: Path) -> None:
    make_world()

    start, complete = list_events(run_query(tmp_path))

    assert [one["name"] for one in complete["inputs"]] == ["lake.main.purchase", "lake.main.customer"]
    assert {one["namespace"] for one in complete["inputs"]} == {f"duckdb://{lake}"}
    lineage = complete["outputs"][0]["facets"]["columnLineage"]
    columns = {name: ways_of(one["inputFields"]) for name, one in lineage["fields"].items()}
    customer, purchase = "lake.main.customer", "lake.main.purchase"
    assert columns["customer_id"] == {(customer, "customer_id"): [("IDENTITY", False)]}
    assert columns["email"] == {(customer, "email"): [("TRANSFORMATION", True)]}
    assert columns["fingerprint"] == {(customer, "email"): [("TRANSFORMATION", True)]}
    assert columns["phone"] == {(customer, "phone"): [("IDENTITY", False), ("TRANSFORMATION", True)]}
    assert columns["spent"] == {(purchase, "amount"): [("AGGREGATION", False)]}
    shaped = ways_of(lineage["dataset"])
    assert shaped[purchase, "shop"] == [("FILTER", False)]
    assert set(shaped[customer, "customer_id"]) == {("FILTER", False), ("JOIN", False), ("SORT", False)}
    assert [one["name"] for one in start["inputs"]] == [one["name"] for one in complete["inputs"]]


def test_the_query_goes_out_without_its_literals(tmp_path: Path, lake: Path) -> None:
    make_world()

    events = list_events(run_query(tmp_path))

    assert all("<> ?" in event["job"]["facets"]["sql"]["query"] for event in events)
    assert SECRET not in json.dumps(events)
    assert SECRET not in json.dumps(EnforcementRun.objects.get().lineage)


def test_what_is_not_understood_is_not_told(tmp_path: Path, lake: Path) -> None:
    make_world()
    text = "SELECT customer_id, x.v AS email FROM customer, unnest([email]) AS x(v)"

    complete = list_events(run_query(tmp_path, text))[-1]

    assert [one["name"] for one in complete["inputs"]] == ["lake.main.customer"]
    fields = complete["outputs"][0]["facets"]["columnLineage"]["fields"]
    assert ways_of(fields["customer_id"]["inputFields"])
    assert "email" not in fields


def test_the_destination_stands_beside_the_file_and_counts_only_what_it_has(tmp_path: Path) -> None:
    make_world()
    write_csv(tmp_path)

    there = tmp_path / "there"
    there.mkdir()
    with connected(Recipient(there)):
        start, complete = list_events(run(tmp_path).run_id)

    file, destination = complete["outputs"]
    assert (file["namespace"], file["name"]) == ("file", str(tmp_path / "out.csv"))
    assert file["outputFacets"]["outputStatistics"]["rowCount"] == 2
    assert file["outputFacets"]["outputStatistics"]["size"] == (tmp_path / "out.csv").stat().st_size
    assert (destination["namespace"], destination["name"]) == ("accordant://destinations", "ads")
    assert destination["outputFacets"]["outputStatistics"]["rowCount"] == 2
    assert destination["facets"]["documentation"]["description"] == "Ads"
    [owner] = complete["job"]["facets"]["ownership"]["owners"]
    assert owner == {"name": f"controller:{QUESTION['controller']}", "type": "CONTROLLER"}
    assert not any(one.get("outputFacets") for one in start["outputs"])


def test_a_destination_that_was_handed_nothing_has_no_count(tmp_path: Path) -> None:
    make_world()
    write_csv(tmp_path)

    destination = list_events(run(tmp_path).run_id)[-1]["outputs"][1]

    assert destination["name"] == "ads"
    assert not destination.get("outputFacets")


def test_tags_say_what_is_personal_and_which_columns_name_people(tmp_path: Path) -> None:
    make_world()
    write_csv(tmp_path)

    complete = list_events(run(tmp_path).run_id)[-1]

    def tags_of(dataset: dict[str, Any]) -> set[tuple[str, str, str | None]]:
        return {(tag["key"], tag["value"], tag.get("field")) for tag in dataset["facets"]["tags"]["tags"]}

    file, destination = complete["outputs"]
    assert tags_of(complete["inputs"][0]) >= {
        ("personal_data", "true", None),
        ("data_category", "email", "email"),
        ("data_category", "customer_id", "customer_id"),
    }
    assert tags_of(destination) >= {
        ("personal_data", "true", None),
        ("accordant.destination", "ads", None),
        ("data_category", "contact.email", None),
        ("data_category", "email", "email"),
    }
    assert not any(key == "accordant.destination" for key, _, _ in tags_of(file))


def test_what_was_tested_of_the_audience_is_told(tmp_path: Path) -> None:
    make_world()
    write_csv(tmp_path)

    complete = list_events(run(tmp_path).run_id)[-1]

    tested = complete["inputs"][0]["inputFacets"]["dataQualityAssertions"]["assertions"]
    assert {one["assertion"]: one["success"] for one in tested} == {
        "canaries_denied": True,
        "counts_add_up": True,
        "no_unknown_allowed": True,
    }


def test_an_allowed_canary_is_told_as_a_test_that_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_world()
    write_csv(tmp_path)
    real = Judge.canary_answers
    monkeypatch.setattr(Judge, "canary_answers", lambda self: [(place, True) for place, _ in real(self)])

    with pytest.raises(CanaryPassed):
        run(tmp_path)

    failed = list_events(EnforcementRun.objects.get().pk)[-1]
    tested = failed["inputs"][0]["inputFacets"]["dataQualityAssertions"]["assertions"]
    assert failed["eventType"] == "FAIL"
    assert [(one["assertion"], one["success"]) for one in tested] == [("canaries_denied", False)]
    assert not any(one.get("outputFacets") for one in failed["outputs"])


def test_a_dead_run_that_delivered_tells_as_much_as_a_live_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_world()
    write_csv(tmp_path)
    live = list_events(run(tmp_path).run_id)[-1]
    with monkeypatch.context() as patch:
        patch.setattr(lifecycle, "complete", lambda _: None)  # its process dies here
        dead_id = run(tmp_path, overwrite=True).run_id

    close_dead_runs()
    close_dead_runs()

    events = list_events(dead_id)
    assert [event["eventType"] for event in events] == ["START", "COMPLETE"]
    assert EnforcementRun.objects.get(pk=dead_id).status == RunStatus.COMPLETED
    for part in ("inputs", "outputs", "job"):
        assert events[-1][part] == live[part]
    decided = events[-1]["run"]["facets"]["accordant_decision"]
    assert decided["obligations"] == live["run"]["facets"]["accordant_decision"]["obligations"]


def test_a_failure_after_all_was_decided_counts_nothing_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_world()
    write_csv(tmp_path)

    def break_off(*_: object) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(services, "_leave", break_off)
    with pytest.raises(OSError, match="full"):
        run(tmp_path)

    start, failed = list_events(EnforcementRun.objects.get().pk)
    assert (start["eventType"], failed["eventType"]) == ("START", "FAIL")
    assert not any(one.get("outputFacets") for one in failed["outputs"])


def test_a_row_of_an_earlier_version_still_gets_its_ending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_world()
    write_csv(tmp_path)
    monkeypatch.setattr(lifecycle, "complete", lambda _: None)
    run_id = run(tmp_path).run_id
    monkeypatch.undo()
    EnforcementRun.objects.filter(pk=run_id).update(lineage={"job": "of another shape"})

    close_dead_runs()

    assert [event["eventType"] for event in list_events(run_id)] == ["START", "COMPLETE"]


def test_the_run_that_asked_is_the_parent(tmp_path: Path) -> None:
    make_world()
    write_csv(tmp_path)

    result = run(tmp_path, progress=Watcher(parent=read_parent(PARENT)))

    for event in list_events(result.run_id):
        parent = event["run"]["facets"]["parent"]
        assert parent["job"] == {"namespace": "airflow", "name": "nightly.audiences"}
        assert parent["run"]["runId"] == RUN_ID


def test_the_command_takes_the_parent_from_the_option(tmp_path: Path) -> None:
    make_world()
    write_csv(tmp_path)

    call_command(
        "enforce_audience",
        purpose="advertising.audience",
        destination="ads",
        input=tmp_path / "audience.csv",
        output=tmp_path / "out.csv",
        parent_run=PARENT,
    )

    assert "parent" in list_events(EnforcementRun.objects.get().pk)[0]["run"]["facets"]


@pytest.mark.usefixtures("committed_database")
def test_a_run_that_was_ordered_tells_its_audience_and_who_asked(tmp_path: Path) -> None:
    make_world()
    with folders(tmp_path):
        define()
        order_id = order()
        RunOrder.objects.filter(pk=order_id).update(parent_run=PARENT)
        standing.run_order(order_id=order_id, at=timezone.now())

    complete = list_events(EnforcementRun.objects.get().pk)[-1]
    assert complete["eventType"] == "COMPLETE"
    assert complete["job"]["facets"]["documentation"]["description"] == "Customers"
    assert "parent" in complete["run"]["facets"]


@pytest.mark.parametrize(
    "text",
    ["x", "a/b", "a/b/not-a-uuid", f"a/bob@customers.example/{RUN_ID}", "a/b/" + "-" * 36, "x" * 600],
    ids=range(6),
)
def test_what_names_no_run_is_no_parent(text: str) -> None:
    with pytest.raises(MalformedParentRun) as refused:
        read_parent(text)

    assert text not in str(refused.value)


KIND_SETTINGS: dict[str, tuple[dict[str, Any], DatasetName | None]] = {
    "file": (
        {"folder": "meridian", "format": "csv"},
        DatasetName("file", "/deliveries/meridian/vips.csv"),
    ),
    "object_store": (
        {"endpoint": "https://s3.example", "bucket": "audiences", "region": "eu-1", "prefix": "ads"},
        DatasetName("s3://audiences", "ads/vips.parquet"),
    ),
    "postgresql": (
        {"host": "crm.example", "database": "crm", "user": "writer", "table": "audience"},
        DatasetName("postgres://crm.example:5432", "crm.public.audience"),
    ),
    "kafka": (
        {"servers": ["one:9093", "two:9092"], "topic": "rows", "deliveries_topic": "done"},
        DatasetName("kafka://one:9093", "rows"),
    ),
    "webhook": ({"url": "https://hooks.example/x"}, None),
}


@pytest.mark.parametrize("kind", KIND_SETTINGS)
def test_a_destination_is_named_by_the_official_rule_where_there_is_one(kind: str) -> None:
    given, expected = KIND_SETTINGS[kind]

    named = KINDS[kind].name_dataset(
        read_settings(KINDS[kind], given), "vips", Surroundings(folder=Path("/deliveries"))
    )

    assert named == expected


def test_a_connected_destination_keeps_the_registers_name_as_an_alias(
    tmp_path: Path, settings: LazySettings
) -> None:
    settings.DELIVERY_FOLDER = tmp_path / "deliveries"
    settings.DELIVERY_FOLDER.mkdir()
    register_ads()
    connect_destination(
        slug="ads",
        connector="file",
        settings={"folder": "meridian"},
        secrets={},
        changed_by="officer",
        at=timezone.now(),
    )

    named = name_destination("ads", "vips")

    assert named.dataset == DatasetName("file", f"{settings.DELIVERY_FOLDER}/meridian/vips.parquet")
    assert named.aliases == (DatasetName("accordant://destinations", "ads"),)
    assert name_destination("nowhere", "vips").dataset == DatasetName("accordant://destinations", "nowhere")


@pytest.mark.parametrize("column", ["\\u0000", "x" * 1100, "$.run", "\u202e"])
def test_no_name_of_a_column_stops_a_run_or_leaves_it_open(tmp_path: Path, column: str) -> None:
    path = write_csv(tmp_path)
    first, *rows = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([f"{first},{column}", *(f"{row},1" for row in rows)]), encoding="utf-8")

    told = run(tmp_path)

    assert EnforcementRun.objects.get().status == RunStatus.COMPLETED
    assert [event["eventType"] for event in list_events(told.run_id)] == ["START", "COMPLETE"]
