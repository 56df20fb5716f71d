"""The consumer scenarios of OpenLineage's compatibility tests come in through the API and make a graph."""

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from activation.checks.types import Scope
from lineage.graph import queries, services
from lineage.graph.types import NodeKind
from tests.checks_world import caller
from tests.graph_world import graph_in_words
from tests.lineage_scenarios import load_scenario

pytestmark = pytest.mark.django_db
TABLE = "open_lineage_integration_create_table.execute_create_hive_table_as_select_command.default_tbl1"


@pytest.fixture
def api() -> APIClient:
    return caller(Scope.LINEAGE_WRITE)


def load(api: APIClient, events: list[dict[str, Any]]) -> dict[str, Any]:
    for event in events:
        answer = api.post("/api/v1/lineage", json.dumps(event), content_type="application/json")
        assert answer.status_code == 201, answer.json()
    services.load(limit=1000)
    return graph_in_words()


def flows(graph: dict[str, Any], job: str) -> set[str]:
    return {flow.removeprefix(f"{job} ") for flow in graph["flows"] if flow.startswith(f"{job} ")}


def test_column_lineage_of_spark(api: APIClient) -> None:
    graph = load(api, load_scenario("cll"))

    tables = ("cll_source1", "cll_source2", "tbl1")
    paths = {f"file//tmp/cll_test/{table}" for table in tables}
    names = {f"file:/tmp/cll_test/default.{table}" for table in tables}
    assert set(graph["datasets"]) == paths | names
    assert graph["aliases"] == {  # told by others
        frozenset((f"file//tmp/cll_test/{table}", f"file:/tmp/cll_test/default.{table}")): False
        for table in tables
    }
    assert len(graph["jobs"]) == 4
    assert {run["state"] for run in graph["runs"].values()} == {"COMPLETE"}
    assert flows(graph, f"testColumnLevelLineage/{TABLE}") == {
        "input file//tmp/cll_test/cll_source1",
        "input file//tmp/cll_test/cll_source2",
        "output file//tmp/cll_test/tbl1",
    }
    direct = {
        (column[1], column[2][-7:], column[3], column[5])
        for column in graph["columns"]
        if column[4] == "DIRECT"
    }
    assert direct == {
        ("ident", "source1", "a", "IDENTITY"),
        ("trans", "source1", "b", "TRANSFORMATION"),
        ("agg", "source2", "c", "AGGREGATION"),
    }
    assert {column[5] for column in graph["columns"] if column[4] == "INDIRECT"} == {
        "GROUP_BY",
        "JOIN",
        "FILTER",
    }
    [measured] = {value for (_, side, _), value in graph["run flows"].items() if value != (None, None)}
    assert measured[0] is not None


def test_a_column_of_spark_is_followed(api: APIClient) -> None:
    load(api, load_scenario("cll"))
    [source] = [node for node in queries.find_nodes("cll_source2", 5) if node.kind is NodeKind.DATASET]

    steps = queries.list_columns_downstream(source.key, "c")

    assert {(step.output, step.type) for step in steps} >= {("agg", "DIRECT")}
    assert {step.job.name for step in steps} == {TABLE}


def test_operators_of_airflow(api: APIClient) -> None:
    graph = load(api, load_scenario("airflow"))

    assert flows(graph, "airflow/BQ.upload") == {
        "input gs://mock-bucket/copied.csv",
        "input gs://mock-bucket/test.csv",
        "output bigquery/mock-project.test.upload",
    }
    assert flows(graph, "airflow/BQ.copy") == {
        "input bigquery/mock-project.test.upload",
        "output bigquery/mock-project.test.upload_cp",
    }
    assert flows(graph, "airflow/BQ.download") == {
        "input bigquery/mock-project.test.upload_cp",
        "output gs://mock-bucket/result.csv",
    }
    assert flows(graph, "airflow/gcs_hook.compose_task") == {
        "input gs://mock-bucket/copy_of_uploaded_data.txt",
        "input gs://mock-bucket/copy_of_uploaded_file.txt",
        "input gs://mock-bucket/uploaded_data.txt",
        "input gs://mock-bucket/uploaded_file.txt",
        "output gs://mock-bucket/compose_result.txt",
    }
    assert {name.split("/")[-1] for name in graph["datasets"]} == {
        *("copied.csv", "test.csv", "mock-project.test.upload", "mock-project.test.upload_cp", "result.csv"),
        *("data.txt", "uploaded_file.txt", "to_be_deleted.txt", "uploaded_data.txt", "downloaded_file.txt"),
        *("copy_of_uploaded_file.txt", "copy_of_uploaded_data.txt", "compose_result.txt"),
    }
    assert len(graph["jobs"]) == 16
    assert {run["state"] for run in graph["runs"].values()} == {"COMPLETE"}
    assert all(run["started_at"] < run["ended_at"] for run in graph["runs"].values())


def test_data_of_airflow_is_followed_from_bucket_to_bucket(api: APIClient) -> None:
    load(api, load_scenario("airflow"))
    [source] = [node for node in queries.find_nodes("copied.csv", 5) if node.name == "copied.csv"]

    reached = {node.name for node in queries.list_downstream(source.key).nodes}

    assert reached >= {"BQ.upload", "mock-project.test.upload", "mock-project.test.upload_cp", "result.csv"}
    assert "uploaded_file.txt" not in reached


@pytest.mark.parametrize("name", ["cll", "airflow"])
def test_a_scenario_backwards_makes_the_same_graph(api: APIClient, name: str) -> None:
    events = load_scenario(name)
    graph = load(api, events)

    assert load(api, events[::-1]) == graph
