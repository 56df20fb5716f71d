"""The AuthZEN Authorization API 1.0 certification scenario over HTTP, test by test, by its section numbers.

The fixture is what `seed_authzen_fixture` loads. What is left to the implementer is not looked at.
"""

import json
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.utils import timezone
from rest_framework.test import APIClient

from activation.checks import services
from activation.checks.types import Scope
from tests.check_client import CheckServerClient
from tests.store_world import store_world

pytestmark = pytest.mark.django_db

Body = dict[str, Any]
EVALUATION, EVALUATIONS = "/access/v1/evaluation", "/access/v1/evaluations"
SEARCH = {kind: f"/access/v1/search/{kind}" for kind in ("subject", "resource", "action")}
METADATA = "/.well-known/authzen-configuration"

ALICE: Body = {"type": "user", "id": "alice"}
BOB: Body = {"type": "user", "id": "bob"}
ADMIN: Body = {**BOB, "properties": {"role": "admin"}}
READ, WRITE = {"name": "read"}, {"name": "write"}
RECORD_1: Body = {"type": "record", "id": "record-1"}
RECORD_2: Body = {"type": "record", "id": "record-2"}
ACTIVE: Body = {**RECORD_1, "properties": {"status": "active"}}
ARCHIVED: Body = {**RECORD_2, "properties": {"status": "archived"}}
CONTEXT: Body = {"time": "2025-06-27T18:03-07:00", "ip": "192.168.1.1"}
ALICE_READS: Body = {"subject": ALICE, "action": READ, "resource": RECORD_1}
BOB_WRITES: Body = {"subject": BOB, "action": WRITE, "resource": RECORD_1}


@pytest.fixture
def key(db: None) -> str:
    """Load the fixture, and return its key."""
    out = StringIO()
    call_command("seed_authzen_fixture", stdout=out, stderr=StringIO())
    return out.getvalue().strip()


@pytest.fixture
def views(key: str) -> APIClient:
    """Return a client of the web process's addresses: searches are its own."""
    return APIClient(headers={"Authorization": f"Bearer {key}"})


@pytest.fixture(params=["views", "check server"])
def pdp(request: pytest.FixtureRequest, key: str, tmp_path: Path) -> Iterator[APIClient]:
    """Return a client of the fixture: of the views, and of the check server's application."""
    if request.param == "views":
        yield APIClient(headers={"Authorization": f"Bearer {key}"})
    else:
        with store_world(tmp_path, monotonic=count(10**12, 10_000).__next__) as world:
            yield CheckServerClient(world, key)


@pytest.fixture
def caller(db: None) -> APIClient:
    """Return a client with a key alone: what is refused, is refused before anything is looked up."""
    scopes = (Scope.CHECK, Scope.SEARCH, Scope.IDENTIFIERS)
    key = services.create_key(name="tool", scopes=scopes, valid_for=timedelta(hours=1), at=timezone.now())
    return APIClient(headers={"Authorization": f"Bearer {key}"})


def delete(*, soft: bool) -> Body:
    return {"name": "delete", "properties": {"soft": soft}}


def ask(pdp: APIClient, address: str, body: Body, status: int = 200) -> Any:
    """Return the answer to `body`, which has the form that every answer of the scenario has (5)."""
    answer = pdp.post(address, json.dumps(body), content_type="application/json")
    assert answer.status_code == status, answer.content
    if status == 200:
        assert answer.headers["Content-Type"].split(";")[0] == "application/json"
        return json.loads(answer.content)
    return None


def decision(answer: Any) -> bool:
    """Return the decision of a well-formed answer (2.3.1, 2.3.2, 3.3.3)."""
    assert isinstance(answer["decision"], bool)
    assert isinstance(answer.get("context", {}), dict)
    return bool(answer["decision"])


def decisions(answer: Any) -> list[bool]:
    return [decision(one) for one in answer["evaluations"]]


def results(answer: Any, kind: str = "") -> list[str]:
    """Return what a search found, by id, or by name for actions."""
    assert isinstance(answer["results"], list)
    if not kind:
        return [one["name"] for one in answer["results"]]
    assert {one["type"] for one in answer["results"]} <= {kind}
    return [one["id"] for one in answer["results"]]


DECIDED: dict[str, tuple[Body, bool]] = {
    "2.2.1 permit": (ALICE_READS, True),
    "2.2.2 deny": (BOB_WRITES, False),
    "2.2.3 context": ({**ALICE_READS, "context": CONTEXT}, True),
    "2.2.4 deny by properties": ({"subject": ALICE, "action": WRITE, "resource": ARCHIVED}, False),
    "2.2.5 permit by subject properties": ({"subject": ADMIN, "action": WRITE, "resource": ARCHIVED}, True),
    "2.2.6 permit by action properties": (
        {"subject": ALICE, "action": delete(soft=True), "resource": RECORD_1},
        True,
    ),
    "2.2.7 deny by action properties": (
        {"subject": ALICE, "action": delete(soft=False), "resource": RECORD_1},
        False,
    ),
    "2.2.8 additional properties": (
        {
            "subject": {**ALICE, "properties": {"department": "Sales", "role": "manager"}},
            "action": {**READ, "properties": {"method": "GET"}},
            "resource": {**RECORD_1, "properties": {"status": "active", "owner": "bob"}},
        },
        True,
    ),
    "2.2.9 unknown fields": ({**ALICE_READS, "foo": "bar", "futureField": {"nested": True}}, True),
    "1.4 rule 2": ({"subject": ALICE, "action": WRITE, "resource": RECORD_1}, True),
    "1.4 rule 3": ({"subject": BOB, "action": READ, "resource": RECORD_1}, True),
}


def test_2_each_request_is_decided(pdp: APIClient) -> None:
    wanted = {name: expected for name, (_, expected) in DECIDED.items()}
    bodies = {name: body for name, (body, _) in DECIDED.items()}
    in_context = {name: {**body, "context": CONTEXT} for name, body in bodies.items()}  # 1.6

    assert {name: decision(ask(pdp, EVALUATION, body)) for name, body in bodies.items()} == wanted
    assert {name: decision(ask(pdp, EVALUATION, body)) for name, body in in_context.items()} == wanted


@pytest.mark.parametrize("missing", ["subject", "action", "resource"])
def test_2_4_1_a_missing_field_is_a_400(caller: APIClient, missing: str) -> None:
    ask(caller, EVALUATION, {name: value for name, value in ALICE_READS.items() if name != missing}, 400)


@pytest.mark.parametrize(
    ("part", "without"),
    [
        ("subject", {"id": "alice"}),
        ("subject", {"type": "user"}),
        ("action", {}),
        ("resource", {"id": "record-1"}),
        ("resource", {"type": "record"}),
    ],
)
def test_2_4_2_a_missing_sub_field_is_a_400(caller: APIClient, part: str, without: Body) -> None:
    ask(caller, EVALUATION, {**ALICE_READS, part: without}, 400)


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/xml", "application/x-www-form-urlencoded"]
)
@pytest.mark.parametrize("address", [EVALUATION, EVALUATIONS, *SEARCH.values()])
def test_2_4_3_another_content_type_is_a_400(caller: APIClient, content_type: str, address: str) -> None:
    answer = caller.generic("POST", address, json.dumps(ALICE_READS), content_type=content_type)

    assert answer.status_code == 400


@pytest.mark.parametrize("text", ['{"subject": ', "{'subject': 1}", "nonsense", '{"subject": }', ""])
@pytest.mark.parametrize("address", [EVALUATION, EVALUATIONS, *SEARCH.values()])
def test_2_4_4_and_2_4_5_what_is_no_json_is_a_400(caller: APIClient, text: str, address: str) -> None:
    assert caller.generic("POST", address, text, content_type="application/json").status_code == 400


@pytest.mark.parametrize(
    "changed", [{"subject": "alice"}, {"action": {"name": 123}}, {"resource": ["record-1"]}]
)
def test_2_4_6_a_field_of_another_type_is_a_400(caller: APIClient, changed: Body) -> None:
    ask(caller, EVALUATION, {**ALICE_READS, **changed}, 400)


@pytest.mark.parametrize(
    ("address", "body"),
    [
        (EVALUATION, ALICE_READS),
        (EVALUATION, {"subject": ALICE}),
        (EVALUATIONS, {**ALICE_READS, "evaluations": [{}]}),
        (SEARCH["subject"], ALICE_READS),
        (SEARCH["resource"], ALICE_READS),
        (SEARCH["action"], ALICE_READS),
    ],
)
def test_2_5_1_a_request_id_is_echoed(pdp: APIClient, address: str, body: Body) -> None:
    identifier = "bfe9eb29-ab87-4ca3-be83-a1d5d8305716"
    answer = pdp.post(
        address, json.dumps(body), content_type="application/json", headers={"X-Request-ID": identifier}
    )

    assert answer.headers["X-Request-ID"] == identifier


def test_2_5_2_a_request_needs_no_request_id(pdp: APIClient) -> None:
    assert decision(ask(pdp, EVALUATION, ALICE_READS))


@pytest.mark.parametrize(("body", "expected"), [(ALICE_READS, True), (BOB_WRITES, False)])
def test_2_6_the_same_request_has_the_same_decision(pdp: APIClient, body: Body, expected: bool) -> None:
    assert [decision(ask(pdp, EVALUATION, body)) for _ in range(5)] == [expected] * 5


BATCHES: dict[str, tuple[Body, list[bool | None]]] = {
    "3.2.1 an array": (
        {"subject": ALICE, "action": READ, "evaluations": [{"resource": RECORD_1}, {"resource": RECORD_2}]},
        [True, None],
    ),
    "3.2.2 decided in order": (
        {"subject": BOB, "resource": RECORD_1, "evaluations": [{"action": READ}, {"action": WRITE}]},
        [True, False],
    ),
    "3.2.3 properties": (
        {"subject": ALICE, "action": WRITE, "evaluations": [{"resource": ACTIVE}, {"resource": ARCHIVED}]},
        [True, False],
    ),
    "3.2.4 subject properties": (
        {"action": WRITE, "resource": ARCHIVED, "evaluations": [{"subject": ALICE}, {"subject": ADMIN}]},
        [False, True],
    ),
    "3.2.5 no defaults": ({"evaluations": [ALICE_READS, BOB_WRITES]}, [True, False]),
    "3.2.6 context": (
        {
            "subject": ALICE,
            "action": READ,
            "context": {"time": "2025-06-27T18:03-07:00"},
            "evaluations": [
                {"resource": RECORD_1},
                {
                    "resource": RECORD_2,
                    "context": {"time": "2025-06-27T19:00-07:00", "source": "batch-override"},
                },
            ],
        },
        [True, None],
    ),
    "3.2.7 defaults whole": (
        {"subject": ALICE, "action": WRITE, "resource": ACTIVE, "evaluations": [{}, {"resource": ARCHIVED}]},
        [True, False],
    ),
    "3.4.1 an item that fails": (
        {
            "subject": ALICE,
            "action": READ,
            "options": {"evaluations_semantic": "execute_all"},
            "evaluations": [{"resource": RECORD_1}, {}],
        },
        [True, False],
    ),
}
"""None: the scenario does not say."""


def test_3_each_batch_is_decided_in_its_order(pdp: APIClient) -> None:
    for name, (body, expected) in BATCHES.items():
        found = decisions(ask(pdp, EVALUATIONS, body))

        assert len(found) == len(expected), name
        pairs = zip(found, expected, strict=True)
        assert all(wanted is None or one is wanted for one, wanted in pairs), name


@pytest.mark.parametrize("more", [{}, {"evaluations": []}])
def test_3_4_2_and_3_4_3_without_evaluations_it_is_one_request(pdp: APIClient, more: Body) -> None:
    answer = ask(pdp, EVALUATIONS, {**ALICE_READS, **more})

    assert decision(answer) is True
    assert "evaluations" not in answer


def test_3_4_a_batch_that_is_wrong_as_a_whole_is_a_400(caller: APIClient) -> None:
    ask(caller, EVALUATIONS, {"subject": ALICE}, 400)
    ask(caller, EVALUATIONS, {"subject": "alice", "evaluations": [ALICE_READS]}, 400)


WHO_READS: Body = {"subject": {"type": "user"}, "action": READ, "resource": RECORD_1}
WHAT_ALICE_READS: Body = {"subject": ALICE, "action": READ, "resource": {"type": "record"}}
WHAT_ALICE_DOES: Body = {"subject": ALICE, "resource": RECORD_1}
FOUND: dict[str, tuple[str, str, Body, set[str]]] = {
    "4.2.1 subjects": ("subject", "user", WHO_READS, {"alice", "bob"}),
    "4.2.4 subjects by resource properties": (
        "subject",
        "user",
        {"subject": {"type": "user"}, "action": WRITE, "resource": ARCHIVED},
        {"bob"},
    ),
    "4.3.1 resources": ("resource", "record", WHAT_ALICE_READS, {"record-1"}),
    "4.3.4 resources by subject properties": (
        "resource",
        "record",
        {"subject": ADMIN, "action": WRITE, "resource": {"type": "record"}},
        {"record-2"},
    ),
    "4.4.1 actions": ("action", "", WHAT_ALICE_DOES, {"read", "write"}),
    "4.4.3 actions by properties": ("action", "", {"subject": ADMIN, "resource": ARCHIVED}, {"write"}),
}


@pytest.mark.parametrize("name", FOUND)
def test_4_a_search_finds_what_the_fixture_says(views: APIClient, name: str) -> None:
    searched, kind, body, expected = FOUND[name]

    assert expected <= set(results(ask(views, SEARCH[searched], body), kind))


@pytest.mark.parametrize("name", FOUND)
def test_4_what_a_search_finds_is_what_a_request_is_allowed(views: APIClient, name: str) -> None:
    """Not asked by the scenario: a search finds nothing that an evaluation with the same words denies."""
    searched, kind, body, _ = FOUND[name]
    asked = {"action": {}, **body}

    for found in results(ask(views, SEARCH[searched], body), kind):
        own = {"name": found} if searched == "action" else {"id": found}
        assert decision(ask(views, EVALUATION, {**asked, searched: {**asked[searched], **own}}))


@pytest.mark.parametrize("name", FOUND)
def test_4_2_2_4_3_2_and_4_4_2_a_search_does_not_hang_on_the_context(views: APIClient, name: str) -> None:
    searched, kind, body, _ = FOUND[name]

    with_context = ask(views, SEARCH[searched], {**body, "context": CONTEXT})

    assert results(with_context, kind) == results(ask(views, SEARCH[searched], body), kind)


def test_4_2_3_and_4_3_3_an_id_of_what_is_searched_for_is_ignored(views: APIClient) -> None:
    who = results(ask(views, SEARCH["subject"], {**WHO_READS, "subject": ALICE}), "user")
    what = results(ask(views, SEARCH["resource"], {**WHAT_ALICE_READS, "resource": RECORD_1}), "record")

    assert who == results(ask(views, SEARCH["subject"], WHO_READS), "user")
    assert what == results(ask(views, SEARCH["resource"], WHAT_ALICE_READS), "record")


def test_4_5_pages_follow_one_another_until_an_empty_token(views: APIClient) -> None:
    found: list[str] = []
    page: Body = {"limit": 1}
    for _ in range(20):
        answer = ask(views, SEARCH["subject"], {**WHO_READS, "page": page})
        found += results(answer, "user")
        told = answer.get("page", {"next_token": ""})
        assert isinstance(told["next_token"], str)
        if not told["next_token"]:
            break
        page = {"token": told["next_token"]}

    assert sorted(found) == ["alice", "bob"]


def test_4_5_2_an_answer_to_a_token_has_a_page(views: APIClient) -> None:
    token = ask(views, SEARCH["subject"], {**WHO_READS, "page": {"limit": 1}})["page"]["next_token"]

    answer = ask(views, SEARCH["subject"], {**WHO_READS, "page": {"token": token}})

    assert token
    assert isinstance(answer["page"]["next_token"], str)


def test_4_6_what_nobody_knows_is_an_empty_result(views: APIClient) -> None:
    asked: list[tuple[str, Body]] = [
        ("action", {"subject": {"type": "user", "id": "nonexistent-user"}, "resource": RECORD_1}),
        ("action", {"subject": ALICE, "resource": {"type": "record", "id": "record-9"}}),
        ("resource", {**WHAT_ALICE_READS, "subject": {"type": "user", "id": "nonexistent-user"}}),
        ("subject", {**WHO_READS, "resource": {"type": "record", "id": "record-9"}}),
        ("subject", {**WHO_READS, "subject": {"type": "spaceship"}}),
        ("subject", {**WHO_READS, "resource": {"type": "spaceship", "id": "record-1"}}),
        ("resource", {**WHAT_ALICE_READS, "resource": {"type": "spaceship"}}),
        ("resource", {**WHAT_ALICE_READS, "subject": {"type": "spaceship", "id": "alice"}}),
        ("action", {**WHAT_ALICE_DOES, "subject": {"type": "spaceship", "id": "alice"}}),
        ("action", {**WHAT_ALICE_DOES, "resource": {"type": "spaceship", "id": "record-1"}}),
    ]

    assert [ask(views, SEARCH[searched], body)["results"] for searched, body in asked] == [[]] * len(asked)


@pytest.mark.parametrize(
    ("searched", "body"),
    [
        ("subject", {"subject": {"type": "user"}, "resource": RECORD_1}),
        ("resource", {"action": READ, "resource": {"type": "record"}}),
        ("action", {"subject": ALICE}),
        ("subject", {"subject": {"type": "user"}, "action": READ, "resource": {"type": "record"}}),
        ("resource", {"subject": {"type": "user"}, "action": READ, "resource": {"type": "record"}}),
        ("action", {"subject": {"type": "user"}, "resource": RECORD_1}),
    ],
)
def test_4_7_a_search_without_what_it_needs_is_a_400(caller: APIClient, searched: str, body: Body) -> None:
    ask(caller, SEARCH[searched], body, 400)


@pytest.mark.parametrize("searched", SEARCH)
def test_5_a_search_ignores_unknown_fields(views: APIClient, searched: str) -> None:
    body = {"subject": WHO_READS, "resource": WHAT_ALICE_READS, "action": WHAT_ALICE_DOES}[searched]

    more = ask(views, SEARCH[searched], {**body, "foo": "bar", "futureField": {"nested": True}})

    assert more["results"] == ask(views, SEARCH[searched], body)["results"]


def test_6_the_metadata_name_every_address(client: Any) -> None:
    answer = client.get(METADATA, secure=True)

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].split(";")[0] == "application/json"
    told = json.loads(answer.content)
    assert told["policy_decision_point"] == "https://testserver"
    paths = {name: urlsplit(url) for name, url in told.items() if name.endswith("_endpoint")}
    assert {url.scheme for url in paths.values()} == {"https"}
    assert {name: url.path for name, url in paths.items()} == {
        "access_evaluation_endpoint": EVALUATION,
        "access_evaluations_endpoint": EVALUATIONS,
        **{f"search_{kind}_endpoint": address for kind, address in SEARCH.items()},
    }
    assert all(isinstance(urn, str) for urn in told.get("capabilities", []))
