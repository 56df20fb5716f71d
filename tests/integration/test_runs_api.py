"""Machines ask for runs, follow and stop them, and read how far standing audiences have drifted."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from activation.checks.types import Scope
from activation.enforcement.models import EnforcementRun
from activation.enforcement.standing import services
from activation.enforcement.standing.models import DriftReport, RunOrder
from activation.enforcement.standing.types import WorkStatus
from tests.checks_world import caller
from tests.enforcement_world import QUESTION, make_world, run
from tests.ledger_world import read_entries
from tests.standing_world import define, folders, order

pytestmark = pytest.mark.django_db
RUNS, AUDIENCES = "/api/v1/runs", "/api/v1/audiences"
FILE = {**QUESTION, "input": "audience.csv"}


@pytest.fixture
def audiences(tmp_path: Path) -> Iterator[Path]:
    make_world()
    with folders(tmp_path) as folder:
        yield folder


@pytest.fixture
def api(audiences: Path) -> APIClient:
    return caller(Scope.RUNS_READ, Scope.RUNS_WRITE)


def list_ids(api: APIClient, **asked: Any) -> list[str]:
    """Return the ids of the runs that the filters leave, page by page of two."""
    found: list[str] = []
    page = ""
    while True:
        answer = api.get(RUNS, {"limit": 2, **asked, **({"page": page} if page else {})})
        assert answer.status_code == 200, answer.json()
        found += [one["run_id"] or one["order"]["order_id"] for one in answer.json()["runs"]]
        page = answer.json()["next_page"]
        if not page:
            return found


def test_a_run_of_a_file_is_set_down_with_who_asked_and_found_under_its_id(api: APIClient) -> None:
    answer = api.post(RUNS, FILE)

    assert answer.status_code == 202
    body = answer.json()
    assert (body["status"], body["source"], body["run_id"]) == ("queued", "api", None)
    assert RunOrder.objects.get().asked_by == "api:tool"
    found = api.get(answer.headers["Location"]).json()
    assert (found["status"], found["run_id"], found["rows_in"]) == ("queued", None, 0)
    assert found["order"]["order_id"] == body["order_id"]
    [entry] = [json.loads(one.envelope)["body"] for one in read_entries() if one.kind == "run_ordered"]
    assert (entry["by"], entry["order"]) == ("api:tool", body["order_id"])


@pytest.mark.parametrize("body", [FILE, {"audience": "customers"}], ids=["file", "audience"])
def test_the_run_that_an_order_is_part_of_is_kept_with_it(api: APIClient, body: dict[str, Any]) -> None:
    define()
    parent = "airflow/nightly.audiences/0189a1b2-0000-7000-8000-000000000001"

    assert api.post(RUNS, {**body, "parent_run": parent}).status_code == 202

    assert RunOrder.objects.get().parent_run == parent


def test_the_controller_may_be_left_out_if_there_is_only_one(api: APIClient) -> None:
    asked = {name: value for name, value in FILE.items() if name != "controller"}

    assert api.post(RUNS, asked).json()["controller"] == "shop"


def test_a_standing_audience_is_run_by_its_slug_and_one_that_waits_is_not_set_down_twice(
    api: APIClient,
) -> None:
    define()

    first, second = (api.post(RUNS, {"audience": "customers"}) for _ in range(2))

    assert first.json()["order_id"] == second.json()["order_id"]
    assert first.json()["audience"] == "customers"


def test_a_request_sent_again_under_its_key_is_answered_as_before(api: APIClient) -> None:
    key = {"Idempotency-Key": "monday"}

    first = api.post(RUNS, FILE, headers=key)
    again = api.post(RUNS, FILE, headers=key)
    other = api.post(RUNS, {**FILE, "destination": "mail"}, headers=key)

    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert RunOrder.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "invalid_request"),
        ([], 400, "invalid_request"),
        ({"audience": "nobody"}, 404, "audience_not_found"),
        ({"audience": "Nobody"}, 400, "invalid_request"),
        ({"audience": "customers", "purpose": "x"}, 400, "invalid_request"),
        ({**FILE, "output": "out.csv"}, 400, "invalid_request"),
        ({**FILE, "input": "../audience.csv"}, 400, "malformed_audience"),
        ({**FILE, "input": "/etc/passwd"}, 400, "malformed_audience"),
        ({**FILE, "input": "missing.csv"}, 400, "audience_input_missing"),
        ({**FILE, "input": "out.csv"}, 400, "audience_input_refused"),
        ({**FILE, "input": "notes.txt"}, 400, "audience_format_unknown"),
        ({**FILE, "format": "xml"}, 400, "invalid_request"),
        ({**FILE, "identifiers": {"shoe": "x"}}, 400, "malformed_audience"),
        ({**FILE, "purpose": "No Purpose"}, 400, "malformed_audience"),
        ({**FILE, "parent_run": "passwd"}, 400, "malformed_parent_run"),
        ({**FILE, "parent_run": ["x"]}, 400, "invalid_request"),
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_set_down(
    api: APIClient, audiences: Path, body: Any, status: int, code: str
) -> None:
    (audiences / "out.csv").symlink_to("/etc/passwd")
    (audiences / "notes.txt").write_text("notes")

    answer = api.post(RUNS, body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "passwd" not in answer.content.decode()
    assert not RunOrder.objects.exists()


@pytest.mark.parametrize(
    ("body", "status"),
    [("{", 400), ('{"audience": "a", "audience": "b"}', 400), ('"' + "x" * 65_536 + '"', 413)],
)
def test_a_body_that_is_not_strict_json_is_refused(api: APIClient, body: str, status: int) -> None:
    answer = api.generic("POST", RUNS, body, content_type="application/json")

    assert answer.status_code == status
    assert not RunOrder.objects.exists()


def test_who_may_read_runs_may_not_ask_for_them(audiences: Path) -> None:
    define()
    reader, stranger = caller(Scope.RUNS_READ), caller(Scope.CHECK, name="stranger")
    waiting = order()

    assert reader.post(RUNS, FILE).status_code == 403
    assert reader.post(f"{RUNS}/{waiting}/cancel").status_code == 403
    assert reader.get(RUNS).status_code == 200
    for address in (RUNS, AUDIENCES, f"{AUDIENCES}/customers/drift"):
        assert stranger.get(address).status_code == 403
    assert RunOrder.objects.get().status == WorkStatus.QUEUED


def test_runs_are_listed_the_latest_first_page_by_page_and_filtered(
    api: APIClient, audiences: Path, tmp_path: Path
) -> None:
    define()
    moments = [timezone.now() + timedelta(minutes=minute) for minute in range(6)]
    by_hand = [str(run(audiences, output_path=tmp_path / f"{n}.csv").run_id) for n in range(3)]
    waiting, stopped = str(order()), api.post(RUNS, {**FILE, "destination": "mail"}).json()["order_id"]
    services.cancel_order(order_id=UUID(stopped), asked_by="x", at=timezone.now())
    for run_id, moment in zip(by_hand, moments[:3], strict=True):
        EnforcementRun.objects.filter(pk=run_id).update(started_at=moment, finished_at=moment)
    RunOrder.objects.filter(pk=waiting).update(asked_at=moments[1] + timedelta(seconds=1))
    RunOrder.objects.filter(pk=stopped).update(asked_at=moments[5])
    everything = [stopped, by_hand[2], waiting, by_hand[1], by_hand[0]]

    assert list_ids(api) == everything
    assert list_ids(api, limit=1) == everything
    assert list_ids(api, status="queued") == [waiting]
    assert list_ids(api, status="cancelled", destination="mail") == [stopped]
    assert list_ids(api, status="completed") == by_hand[::-1]
    assert list_ids(api, audience="customers") == [waiting]
    assert list_ids(api, destination="ads", purpose="advertising.audience") == everything[1:]
    assert list_ids(api, purpose="other") == []
    between = {"started_after": moments[0].isoformat(), "started_before": moments[2].isoformat()}
    assert list_ids(api, **between) == [waiting, by_hand[1]]


@pytest.mark.parametrize(
    "query",
    [
        {"page": "made-up"},
        {"page": "W10:x"},
        {"limit": 0},
        {"limit": "many"},
        {"status": "late"},
        {"started_after": "yesterday"},
        {"audience": "../x"},
        {"order": "asc"},
    ],
    ids=str,
)
def test_a_question_that_cannot_be_meant_is_refused(api: APIClient, query: dict[str, Any]) -> None:
    answer = api.get(RUNS, query)

    assert answer.status_code == 400
    assert answer.json()["code"] in {"invalid_request", "malformed_page_token"}


def test_a_run_that_waits_is_stopped_and_one_that_ended_is_not(api: APIClient, tmp_path: Path) -> None:
    waiting = api.post(RUNS, FILE).json()["order_id"]

    stopped = api.post(f"{RUNS}/{waiting}/cancel")

    assert (stopped.status_code, stopped.json()["status"]) == (202, "cancelled")
    again = api.post(f"{RUNS}/{waiting}/cancel")
    assert (again.status_code, again.json()["code"]) == (409, "run_ended")
    assert api.post(f"{RUNS}/{uuid4()}/cancel").json()["code"] == "run_not_found"
    assert api.get(f"{RUNS}/{waiting}").json()["status"] == "cancelled"


def test_a_run_from_the_command_line_is_not_stopped_from_here(
    api: APIClient, audiences: Path, tmp_path: Path
) -> None:
    by_hand = run(audiences, output_path=tmp_path / "out.csv").run_id

    answer = api.post(f"{RUNS}/{by_hand}/cancel")

    assert (answer.status_code, answer.json()["code"]) == (404, "run_not_found")
    assert api.get(f"{RUNS}/{by_hand}").json()["order"] is None


def test_standing_audiences_are_listed_by_slug_with_where_they_stand(api: APIClient) -> None:
    for slug in ("customers", "buyers", "visitors"):
        define(slug=slug, schedule="daily at 03:00")

    first = api.get(AUDIENCES, {"limit": 2}).json()["audiences"]
    rest = api.get(AUDIENCES, {"after": first[-1]["slug"]}).json()["audiences"]

    assert [one["slug"] for one in (*first, *rest)] == ["buyers", "customers", "visitors"]
    assert first[0]["last_run_id"] is None
    assert first[0]["next_run_at"].endswith("T03:00:00Z")
    assert api.get(AUDIENCES, {"after": "A"}).status_code == 400


def test_drift_that_was_not_measured_is_not_found(api: APIClient) -> None:
    define()

    answers = [api.get(f"{AUDIENCES}/{slug}/drift").json() for slug in ("customers", "nobody")]

    assert [one["code"] for one in answers] == ["drift_not_measured", "audience_not_found"]


def test_drift_is_told_as_it_was_last_measured(api: APIClient) -> None:
    audience, run_id, at = define(), uuid4(), timezone.now()
    figures = {
        "outlook": "now",
        "at": at.isoformat(),
        "policy_version": 1,
        "policy_digest": "sha256:x",
        "rows_allowed": 1,
        "rows_denied": 2,
        "wrong": 1,
        "wrong_by_reason": {"withdrawn": 1},
        "regained": 0,
        "new": 0,
    }
    DriftReport.objects.create(
        audience=audience,
        status=WorkStatus.COMPLETED,
        finished_at=at,
        measured_at=at,
        run_id=run_id,
        sent=2,
        wrong=1,
        outlooks=[figures],
    )
    DriftReport.objects.create(audience=audience)

    body = api.get(f"{AUDIENCES}/customers/drift").json()

    assert (body["run_id"], body["sent"], body["is_measuring"]) == (str(run_id), 2, True)
    assert body["outlooks"][0]["wrong_by_reason"] == {"withdrawn": 1}
    assert api.get(AUDIENCES).json()["audiences"][0]["wrong"] == 1
