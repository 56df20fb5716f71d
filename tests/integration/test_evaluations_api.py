"""`POST /access/v1/evaluations`: many questions at once, each answered in its place."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from activation.checks.types import Scope
from tests.checks_world import EVALUATION, EVALUATIONS, caller, consent, question
from tests.decisions.world import patched
from tests.enforcement_world import BRITON, GERMAN, REFUSED, STRANGER, WITHDRAWN, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _world() -> None:
    make_world()


def people(*customers: str, **changes: Any) -> dict[str, Any]:
    """Return the body of a question about several customers."""
    items = [{"subject": {"type": "customer_id", "id": customer}} for customer in customers]
    body: dict[str, Any] = patched(question(subject=None, evaluations=items), changes)
    return body


def decisions(answer: Any) -> list[bool]:
    assert answer.status_code == 200, answer.content
    return [one["decision"] for one in answer.json()["evaluations"]]


def test_each_question_is_answered_in_its_place_as_it_would_be_alone() -> None:
    client = caller(Scope.CHECK, Scope.EXPLAIN)
    everybody = (GERMAN, WITHDRAWN, BRITON, REFUSED, STRANGER, GERMAN)

    answer = client.post(EVALUATIONS, people(*everybody))

    alone = [client.post(EVALUATION, question(customer)).json() for customer in everybody]
    assert decisions(answer) == [True, False, True, False, False, True]
    assert answer.json() == {"evaluations": alone}


@pytest.mark.parametrize("evaluations", [None, []])
def test_without_items_it_is_a_single_evaluation(evaluations: Any) -> None:
    client = caller(Scope.CHECK)

    answer = client.post(EVALUATIONS, question(evaluations=evaluations))

    assert answer.json() == client.post(EVALUATION, question()).json()
    assert client.post(EVALUATIONS, question(evaluations=evaluations, subject=None)).status_code == 400


@pytest.mark.parametrize(
    ("semantic", "customers", "expected"),
    [
        ("execute_all", (GERMAN, REFUSED, BRITON), [True, False, True]),
        ("deny_on_first_deny", (GERMAN, REFUSED, BRITON), [True, False]),
        ("deny_on_first_deny", (GERMAN, BRITON), [True, True]),
        ("permit_on_first_permit", (REFUSED, GERMAN, BRITON), [False, True]),
        ("permit_on_first_permit", (REFUSED, WITHDRAWN), [False, False]),
    ],
)
def test_a_request_may_end_with_the_first_answer_of_a_kind(
    semantic: str, customers: tuple[str, ...], expected: list[bool]
) -> None:
    asked = people(*customers, options={"evaluations_semantic": semantic, "another_option": "value"})

    assert decisions(caller(Scope.CHECK).post(EVALUATIONS, asked)) == expected


def test_what_is_wrong_with_one_item_denies_that_one_and_is_told_in_its_place() -> None:
    asked = people(GERMAN, BRITON)
    token = "forged"
    asked["evaluations"][1:1] = [
        {},
        {"subject": {"type": "customer_id"}},
        "zebra",
        {"subject": {"type": "email", "id": "zebra"}},
        {"subject": {"type": "spaceship", "id": "zebra"}},
        {"subject": {"type": "customer_id", "id": GERMAN}, "context": {"at_least": token}},
    ]

    answer = caller(Scope.CHECK).post(EVALUATIONS, asked)

    assert decisions(answer) == [True, *[False] * 6, True]
    told = [one["context"].get("error", {}).get("code") for one in answer.json()["evaluations"]]
    assert told == [
        None,
        "invalid_request",
        "invalid_request",
        "invalid_request",
        "malformed_identifier",
        "unknown_subject_type",
        "malformed_token",
        None,
    ]
    assert "zebra" not in answer.content.decode()


def test_an_error_ends_a_request_that_ends_with_the_first_deny() -> None:
    asked = people(GERMAN, BRITON, options={"evaluations_semantic": "deny_on_first_deny"})
    asked["evaluations"].insert(1, {})

    assert decisions(caller(Scope.CHECK).post(EVALUATIONS, asked)) == [True, False]


def test_a_default_holds_where_an_item_says_nothing_else() -> None:
    asked = people(GERMAN, GERMAN, context={"data_categories": ["contact.phone"]})
    asked["evaluations"][1]["context"] = {"source": "batch-override"}

    answer = caller(Scope.CHECK, Scope.EXPLAIN).post(EVALUATIONS, asked)

    reasons = [one["context"]["reason"] for one in answer.json()["evaluations"]]
    assert reasons == ["data_category_not_permitted", "granted"]


def test_a_thousand_questions_take_as_many_statements_as_two() -> None:
    client = caller(Scope.CHECK)

    def count(asked: dict[str, Any]) -> int:
        with CaptureQueriesContext(connection) as statements:
            assert client.post(EVALUATIONS, asked).status_code == 200
        return len(statements)

    few = count(people(GERMAN, REFUSED))
    many = count(people(*[GERMAN, REFUSED, BRITON, STRANGER] * 250))

    assert few == many < 30


def test_more_than_a_thousand_questions_are_too_many() -> None:
    answer = caller(Scope.CHECK).post(EVALUATIONS, people(*[GERMAN] * 1001))

    assert (answer.status_code, answer.json()["code"]) == (413, "too_many_items")


def test_questions_about_several_times_are_answered_by_the_policy_of_each() -> None:
    asked = people(GERMAN, GERMAN, GERMAN)
    for item, as_of in zip(asked["evaluations"], ("2025-06-01", "2026-02-10", None), strict=True):
        item["context"] = {"as_of": f"{as_of}T00:00:00Z"} if as_of else {}

    answer = caller(Scope.CHECK, Scope.EXPLAIN).post(EVALUATIONS, asked)

    told = [(one["context"]["reason"], one["context"]["historic"]) for one in answer.json()["evaluations"]]
    assert told == [("policy_unavailable", True), ("granted", True), ("granted", False)]


def test_a_withdrawal_is_read_back_by_its_token_in_one_of_many() -> None:
    client = caller(Scope.CHECK, Scope.EXPLAIN, Scope.CONSENTS_WRITE)
    token = client.post("/api/v1/consents", consent(GERMAN, "withdrawn")).json()["token"]
    asked = people(BRITON, GERMAN)
    asked["evaluations"][1]["context"] = {"at_least": token}

    answer = client.post(EVALUATIONS, asked)

    assert [one["context"]["reason"] for one in answer.json()["evaluations"]] == ["granted", "withdrawn"]


def test_one_question_that_asks_for_too_much_refuses_the_request() -> None:
    asked = people(GERMAN, BRITON)
    asked["evaluations"][1]["context"] = {"explain": True}

    answer = caller(Scope.CHECK).post(EVALUATIONS, asked)

    assert (answer.status_code, answer.json()["code"]) == (403, "explain_not_permitted")


@pytest.mark.parametrize(
    "changes",
    [
        {"evaluations": {}},
        {"subject": "alice"},
        {"options": {"evaluations_semantic": "most"}},
        {"options": 1},
    ],
    ids=str,
)
def test_what_is_wrong_with_the_whole_is_a_problem(changes: dict[str, Any]) -> None:
    answer = caller(Scope.CHECK).post(EVALUATIONS, people(GERMAN, **changes))

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
