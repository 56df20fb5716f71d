"""Requests over the API: made, proven, followed and taken back, and nothing told of whom they are about."""

import json
from typing import Any

import pytest
import schemathesis
from rest_framework.test import APIClient
from schemathesis import GenerationMode

from activation.checks.types import Scope
from config.launch.checks import OPENAPI
from consent.requests.models import Request
from consent.requests.types import RequestState
from tests.api_fuzzing import fuzz
from tests.checks_world import caller
from tests.requests_world import customer_of, email_of, read_code_mails, read_mails
from tests.subjects_world import attach

pytestmark = pytest.mark.django_db
URL = "/api/v1/requests"
SECRET = "ann@people.example"
NOBODYS = "00000000-0000-4000-8000-000000000000"


def body(**changes: Any) -> dict[str, Any]:
    return {
        "type": "access",
        "controller": "acme",
        "identifiers": [{"kind": "email", "value": SECRET}],
        "jurisdiction": "DE",
        **changes,
    }


def maker() -> APIClient:
    return caller(Scope.REQUESTS, Scope.REQUESTS_READ, name="shop")


def make(client: APIClient, **changes: Any) -> dict[str, Any]:
    answer = client.post(URL, body(**changes))
    assert answer.status_code == 201, answer.content
    made: dict[str, Any] = answer.json()
    return made


def test_a_request_is_made_proven_by_its_code_and_followed() -> None:
    client = maker()
    made = make(client)
    assert made["state"] == "verifying"
    [code] = read_code_mails(made["id"])

    proven = client.post(f"{URL}/{made['id']}/verification", {"action": "check", "code": code})

    assert proven.json() == {"verified": True, "sent": False, "expires_at": None, "state": "in_progress"}
    followed = client.get(f"{URL}/{made['id']}").json()
    assert (followed["state"], followed["is_verified"]) == ("in_progress", True)
    assert followed["due"]["on"] == followed["due_on"]


def test_an_answer_is_the_same_to_the_byte_whether_the_person_is_known_or_not() -> None:
    attach([email_of("ann", verified=True), customer_of("4711")])
    client, answers = maker(), []
    for name in ("ann", "nobody"):
        answer = client.post(URL, body(identifiers=[{"kind": "email", "value": f"{name}@people.example"}]))
        made = answer.json()
        told = [answer.content.decode(), client.get(f"{URL}/{made['id']}").content.decode()]
        asked = client.post(f"{URL}/{made['id']}/verification", {"action": "check", "code": "2222-2222"})
        told.append(asked.content.decode())
        mails = [(mail["template"], sorted(mail["context"])) for mail in read_mails(made["id"])]
        answers.append((_without_own(told, made), mails))

    assert answers[0] == answers[1]


def _without_own(told: list[str], made: dict[str, Any]) -> str:
    """Return what was told, without what is random and the times of each request."""
    text = " ".join(told)
    for name in ("id", "reference", "received_at", "acknowledged_at"):
        text = text.replace(made[name], f"<{name}>")
    return text


def test_opting_out_is_answered_alike_too_and_at_once() -> None:
    attach([email_of("ann", verified=True)])
    client = maker()
    known, unknown = (
        make(client, type="opt_out", identifiers=[{"kind": "email", "value": f"{name}@people.example"}])
        for name in ("ann", "nobody")
    )

    assert known.keys() == unknown.keys()
    own = {"id", "reference", "received_at", "acknowledged_at"}
    assert {name: value for name, value in known.items() if name not in own} == {
        name: value for name, value in unknown.items() if name not in own
    }
    assert known["state"] == "in_progress"


def test_sent_again_under_its_key_a_request_is_made_once() -> None:
    client = maker()
    first, again = (client.post(URL, body(), headers={"Idempotency-Key": "one"}) for _ in range(2))

    assert first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert Request.objects.count() == 1
    other = client.post(URL, body(type="erasure"), headers={"Idempotency-Key": "one"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize(
    "changes",
    [
        {"vouched": True},
        {"identifiers": [{"kind": "email", "value": SECRET, "verified": True}]},
    ],
)
def test_only_who_may_vouch_says_who_people_are(changes: dict[str, Any]) -> None:
    answer = maker().post(URL, body(**changes))

    assert (answer.status_code, answer.json()["code"]) == (403, "vouching_not_permitted")
    assert not Request.objects.exists()


def test_who_may_vouch_begins_with_a_request_at_once_or_later() -> None:
    attach([customer_of("4711")])
    client = caller(Scope.REQUESTS, Scope.REQUESTS_VOUCH)
    number = [{"kind": "customer_id", "value": "4711"}]

    assert make(client, identifiers=number, vouched=True)["state"] == "in_progress"
    later = make(client, identifiers=number, type="portability")
    assert later["state"] == "verifying"
    vouched = client.post(f"{URL}/{later['id']}/verification", {"action": "vouch"})
    assert vouched.json()["state"] == "in_progress"
    refused = maker().post(f"{URL}/{later['id']}/verification", {"action": "vouch"})
    assert refused.status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("post", URL, Scope.REQUESTS_READ),
        ("get", URL, Scope.REQUESTS),
        ("get", f"{URL}/{NOBODYS}", Scope.REQUESTS),
        ("post", f"{URL}/{NOBODYS}/verification", Scope.REQUESTS_READ),
        ("post", f"{URL}/{NOBODYS}/cancel", Scope.REQUESTS_READ),
    ],
)
def test_each_address_asks_for_its_own_scope(method: str, path: str, scope: Scope) -> None:
    assert getattr(caller(scope), method)(path, {}).status_code == 403


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"nickname": "Ann"}, 400),
        ({SECRET: "x"}, 400),
        ({"identifiers": [{"kind": "email", "value": SECRET, "name": "Ann"}]}, 400),
        ({"identifiers": [{"kind": "email", "value": "ann people example"}]}, 400),
        ({"identifiers": []}, 400),
        ({"type": "everything"}, 400),
        ({"jurisdiction": "XX"}, 400),
        ({"details": "x" * 10_001}, 400),
        ({"appeal_of": "R-2222-2222"}, 400),
        ({"type": "appeal", "appeal_of": "R-2222-2222"}, 409),
        ({"agent": "nobody"}, 400),
    ],
)
def test_what_cannot_be_a_request_gets_a_problem_that_repeats_nothing(
    changes: dict[str, Any], status: int
) -> None:
    answer = maker().post(URL, body(**changes))

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "people.example" not in answer.content.decode()
    assert "ann people" not in answer.content.decode()
    assert not Request.objects.exists()


def test_wrong_codes_and_too_many_of_them_have_codes_of_their_own() -> None:
    client = maker()
    made = make(client)
    answers = [
        client.post(f"{URL}/{made['id']}/verification", {"action": "check", "code": "2222 2222"})
        for _ in range(16)
    ]

    assert [one.json()["code"] for one in answers[:2]] == ["code_not_accepted"] * 2
    assert answers[-1].json()["code"] == "code_locked"
    assert {one.status_code for one in answers} == {422}


def test_a_person_takes_their_request_back() -> None:
    client = maker()
    made = make(client)

    assert client.post(f"{URL}/{made['id']}/cancel").json()["state"] == "cancelled"
    again = client.post(f"{URL}/{made['id']}/cancel")
    assert (again.status_code, again.json()["code"]) == (409, "not_possible")


def test_what_is_not_there_is_not_found() -> None:
    answer = maker().get(f"{URL}/{NOBODYS}")

    assert (answer.status_code, answer.json()["code"]) == (404, "request_not_found")


def test_requests_are_listed_page_by_page_each_once_by_filters() -> None:
    client = maker()
    made = {make(client)["id"] for _ in range(5)} | {make(client, type="erasure")["id"] for _ in range(2)}
    seen: list[str] = []
    page = ""
    while True:
        asked = {"limit": "3", **({"page": page} if page else {})}
        answer = client.get(URL, asked).json()
        seen += [one["id"] for one in answer["requests"]]
        if not (page := answer["next_page"]):
            break

    assert len(seen) == 7
    assert set(seen) == made
    assert len(client.get(URL, {"type": "erasure"}).json()["requests"]) == 2
    assert client.get(URL, {"state": RequestState.FULFILLED.value}).json()["requests"] == []
    assert "people.example" not in json.dumps(client.get(URL).json())


@pytest.mark.parametrize("page", ["x", "====", "MjAyNg==", "9" * 200])
def test_a_page_mark_that_nobody_gave_out_is_refused(page: str) -> None:
    answer = maker().get(URL, {"page": page})

    assert (answer.status_code, answer.json()["code"]) == (400, "page_unknown")


@pytest.mark.parametrize("mode", list(GenerationMode), ids=str)
@pytest.mark.parametrize(
    ("path", "method"),
    [
        (URL, "post"),
        (URL, "get"),
        (f"{URL}/{{request_id}}", "get"),
        (f"{URL}/{{request_id}}/verification", "post"),
        (f"{URL}/{{request_id}}/cancel", "post"),
    ],
)
def test_nothing_that_is_sent_is_answered_with_an_error_of_ours(
    path: str, method: str, mode: GenerationMode
) -> None:
    operation = schemathesis.openapi.from_path(OPENAPI)[path][method]
    client = caller(Scope.REQUESTS, Scope.REQUESTS_READ, Scope.REQUESTS_VOUCH)

    fuzz(client, operation, mode, examples=25, described={200, 201})
