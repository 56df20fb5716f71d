"""`POST /api/v1/lineage`: events of other systems come in, and nothing else does."""

import gzip
import json
import zlib
from collections.abc import Iterator
from copy import deepcopy
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from activation.checks.types import Scope
from lineage.events import builders
from lineage.facets.decision import DECISION_KEY
from lineage.graph import queries, services
from lineage.graph.models import Run, WaitingEvent
from tests.checks_world import caller
from tests.graph_world import NOON, Event, dataset, facet, run_event
from tests.lineage_runs import make_run

pytestmark = pytest.mark.django_db
ONE, MANY = "/api/v1/lineage", "/api/v1/lineage/batch"
MEBIBYTE = 1024 * 1024


@pytest.fixture
def client() -> Client:
    return caller(Scope.LINEAGE_WRITE)


def post(client: Client, body: Any, *, to: str = ONE, **headers: str) -> Any:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = headers.pop("content_type", "application/json")
    return client.post(to, data=sent, content_type=kind, headers=headers)


def assert_refused(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    told: dict[str, Any] = answer.json()
    assert told["code"] == code
    assert not WaitingEvent.objects.exists()
    return told


def job_event() -> Event:
    event = run_event("nightly", inputs=["raw"], outputs=["clean"])
    del event["run"], event["eventType"]
    return {**event, "schemaURL": event["schemaURL"].replace("RunEvent", "JobEvent")}


def dataset_event() -> Event:
    return {
        "eventTime": NOON.isoformat(),
        "producer": "https://etl.example/producer",
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/DatasetEvent",
        "dataset": dataset("lone"),
    }


def test_each_kind_of_event_is_taken_in_and_enters_the_graph(client: Client) -> None:
    for event in (run_event("copy", inputs=["raw"], outputs=["clean"]), job_event(), dataset_event()):
        answer = post(client, event)
        assert (answer.status_code, answer.content) == (201, b"")

    services.load(limit=10)

    names = {node.name for node in queries.find_nodes("", 10)}
    assert names == {"raw", "copy", "clean", "nightly", "lone"}


def test_the_same_event_again_is_answered_alike_and_changes_nothing(client: Client) -> None:
    event = run_event("copy", inputs=["raw"], outputs=["clean"])
    answers = [post(client, event)]
    services.load(limit=10)
    answers += [post(client, event), post(client, event)]

    assert WaitingEvent.objects.count() == 1
    services.load(limit=10)
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert Run.objects.count() == 1


def test_a_compressed_body_is_read(client: Client) -> None:
    packed = gzip.compress(json.dumps(run_event("copy")).encode())

    assert post(client, packed, **{"Content-Encoding": "gzip"}).status_code == 201


def test_a_bomb_is_refused_without_being_made(client: Client) -> None:
    bomb = gzip.compress(b" " * (300 * MEBIBYTE), 9)
    assert len(bomb) < MEBIBYTE

    assert_refused(post(client, bomb, **{"Content-Encoding": "gzip"}), 413, "body_too_large")
    assert_refused(post(client, bomb, to=MANY, **{"Content-Encoding": "gzip"}), 413, "body_too_large")


@pytest.mark.parametrize(
    "packed",
    [b"no gzip", gzip.compress(b"{}")[:-4], gzip.compress(b"{}") * 2, zlib.compress(b"{}")],
    ids=["no gzip", "cut off", "two members", "bare zlib"],
)
def test_a_body_that_is_not_one_whole_gzip_member_is_refused(client: Client, packed: bytes) -> None:
    assert_refused(post(client, packed, **{"Content-Encoding": "gzip"}), 400, "malformed_gzip")


def test_a_body_in_another_form_is_refused(client: Client) -> None:
    event = run_event("copy")

    assert_refused(post(client, event, **{"Content-Encoding": "br"}), 415, "unsupported_content_encoding")
    assert_refused(post(client, event, content_type="text/plain"), 415, "unsupported_media_type")


def test_a_body_that_is_too_long_is_refused(client: Client) -> None:
    event = run_event("copy", run_facets={"big": facet(text="x" * (4 * MEBIBYTE))})

    assert_refused(post(client, event), 413, "body_too_large")


def spoilt() -> Iterator[tuple[str, bytes]]:
    text = json.dumps(run_event("copy"))
    yield "a name twice", text.replace('"eventType"', '"eventType": "START", "eventType"').encode()
    yield "no UTF-8", text.encode().replace(b"copy", b"co\xffpy")
    yield "half a character", text.replace("copy", "co\\ud800py").encode()
    yield "deep", text.replace('"facets": {}', '"facets": {"a": ' + "[" * 5000 + "]" * 5000 + "}", 1).encode()
    yield "no JSON", b"{"
    yield "no number", text.replace('"copy"', "NaN").encode()


@pytest.mark.parametrize(("what", "body"), list(spoilt()), ids=[what for what, _ in spoilt()])
def test_json_that_parsers_could_read_differently_is_refused(client: Client, what: str, body: bytes) -> None:
    assert what
    assert_refused(post(client, body), 400, "malformed_json")
    assert_refused(post(client, b"[" + body + b"]", to=MANY), 400, "malformed_json")


def test_an_empty_body_is_refused(client: Client) -> None:
    for to in (ONE, MANY):
        assert_refused(post(client, b"", to=to), 400, "invalid_request")


def faulty() -> Iterator[tuple[str, Any]]:
    event = run_event("copy", inputs=["raw"])
    yield "", [event]
    yield "", "text"
    for path, value in (
        ("/eventTime", "yesterday"),
        ("/eventTime", "2026-03-01T12:00:00"),
        ("/eventTime", "2999-01-01T00:00:00Z"),
        ("/eventType", "BEGIN"),
        ("/run/runId", "7"),
        ("/job/name", 7),
        ("/job/name", "a\0b"),
        ("/job/namespace", "x" * 5000),
        ("/inputs/0/name", None),
        ("/schemaURL", "https://other.example/schema.json"),
    ):
        changed = deepcopy(event)
        *parents, last = path.split("/")[1:]
        place: Any = changed
        for step in parents:
            place = place[int(step) if step.isdigit() else step]
        place[last] = value
        yield path, changed


@pytest.mark.parametrize(("path", "event"), list(faulty()), ids=range(12))
def test_an_event_that_is_none_is_refused_with_the_place(client: Client, path: str, event: Any) -> None:
    told = assert_refused(post(client, event), 400, "invalid_request")

    assert path in {fault["path"] for fault in told["errors"]}


def claiming() -> Iterator[Event]:
    ours = builders.complete(make_run(), at=NOON)
    yield ours
    yield {**ours, "job": {**ours["job"], "namespace": "airflow"}}
    yield run_event("gate", namespace="accordant")
    yield run_event("gate", namespace=" Accordant ")
    decision = {DECISION_KEY: ours["run"]["facets"][DECISION_KEY]}
    yield run_event("gate", run_facets=decision)
    yield run_event("gate", run_facets={"accordant_other": facet()})
    yield run_event("gate", job_facets={"Accordant_other": facet()})
    yield run_event("gate", outputs=[dataset("x", accordant_x=facet())])
    yield run_event("gate", outputs=[dataset("x", mine={**facet(), "_producer": ours["producer"]})])
    yield {**run_event("gate"), "producer": ours["producer"]}


@pytest.mark.parametrize("event", list(claiming()), ids=range(10))
def test_an_event_that_claims_to_be_ours_is_refused(client: Client, event: Event) -> None:
    assert_refused(post(client, event), 403, "reserved_namespace")


def test_a_batch_is_answered_event_by_event(client: Client) -> None:
    bad = run_event("bad")
    bad["run"]["runId"] = "none"
    events = [run_event("one"), bad, "text", run_event("gate", namespace="accordant"), run_event("two")]

    answer = post(client, events, to=MANY)

    told = answer.json()
    assert (answer.status_code, told["taken"]) == (200, 2)
    assert [one["status"] for one in told["results"]] == [201, 400, 400, 403, 201]
    assert told["results"][1]["errors"][0]["path"] == "/run/runId"
    assert told["results"][3]["code"] == "reserved_namespace"
    services.load(limit=10)
    assert {node.name for node in queries.find_nodes("", 10)} == {"one", "two"}


def test_a_batch_has_its_limits(client: Client) -> None:
    event = run_event("one")

    assert_refused(post(client, event, to=MANY), 400, "invalid_request")
    assert_refused(post(client, [event] * 1001, to=MANY), 400, "invalid_request")
    assert post(client, [event] * 1000, to=MANY).json()["taken"] == 1000
    assert WaitingEvent.objects.count() == 1


def test_only_a_key_with_the_scope_may_send() -> None:
    event = run_event("copy")
    other = caller(Scope.RUNS_READ, name="other")

    for to in (ONE, MANY):
        assert_refused(post(Client(), event, to=to), 401, "not_authenticated")
        assert_refused(post(other, event, to=to), 403, "permission_denied")


def test_nothing_is_kept_that_may_speak_of_people(client: Client) -> None:
    secret = "alice@example.com"
    event = run_event(
        "copy",
        state="FAIL",
        inputs=[dataset("raw", dataSource=facet(name=secret, uri="https://x.example/" + secret))],
        run_facets={
            "errorMessage": facet(message=secret, programmingLanguage="SQL", stackTrace=secret),
            "environmentVariables": facet(environmentVariables=[{"name": "A", "value": secret}]),
            "unknown": facet(anything=secret),
        },
        job_facets={
            "sql": facet(query=f"select '{secret}'"),
            "sourceCode": facet(language="x", sourceCode=secret),
        },
    )

    assert post(client, event).status_code == 201

    assert secret not in WaitingEvent.objects.get().facts
    services.load(limit=10)
    assert secret not in json.dumps(list(Run.objects.values()), default=str)


def test_hostile_names_are_kept_as_they_are(client: Client) -> None:
    name = "<script>alert(1)</script>'\"\u202e%s{{7*7}}"

    assert post(client, run_event(name, outputs=[name])).status_code == 201
    services.load(limit=10)

    assert {node.name for node in queries.find_nodes("<script>", 10)} == {name}


def test_an_event_that_cannot_enter_is_parked_and_the_others_go_on(client: Client) -> None:
    for name in ("one", "two", "three"):
        post(client, run_event(name, run_id=uuid4()))
    poisoned = WaitingEvent.objects.order_by("pk")[1]
    WaitingEvent.objects.filter(pk=poisoned.pk).update(facts="{}")

    services.load(limit=10)

    assert (queries.count_waiting(), queries.count_parked()) == (0, 1)
    assert WaitingEvent.objects.get().error == "ValidationError"
    assert len(queries.find_nodes("", 10)) == 2
    assert services.retry_parked() == 1
    assert queries.count_waiting() == 1
