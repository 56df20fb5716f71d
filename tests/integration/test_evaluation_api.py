"""`POST /access/v1/evaluation`: who may ask, what is answered, and what is not told."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from activation.checks import services
from activation.checks.types import Scope
from activation.destinations.services import suspend_destination
from tests.decisions.world import patched
from tests.enforcement_world import GERMAN, QUESTION, REFUSED, STRANGER, WITHDRAWN, make_world
from tests.ledger_world import sequence_all

pytestmark = pytest.mark.django_db
ADDRESS = "/access/v1/evaluation"


@pytest.fixture(autouse=True)
def _world() -> None:
    make_world()


def caller(*scopes: Scope) -> APIClient:
    """Return a client whose key has `scopes`."""
    key = services.create_key(name="tool", scopes=scopes, valid_for=timedelta(hours=1), at=timezone.now())
    return APIClient(headers={"Authorization": f"Bearer {key}"})


def question(customer: str = GERMAN, **changes: Any) -> dict[str, Any]:
    """Return the body of a question about `customer`, changed by a merge patch."""
    body = {
        "subject": {"type": "customer_id", "id": customer},
        "action": {"name": QUESTION["purpose"]},
        "resource": {"type": "destination", "id": QUESTION["destination"]},
    }
    changed: dict[str, Any] = patched(body, changes)
    return changed


def test_a_grant_is_an_allow_with_what_it_rests_on() -> None:
    sequence_all()
    answer = caller(Scope.CHECK, Scope.EXPLAIN).post(ADDRESS, question())

    assert answer.status_code == 200
    body = answer.json()
    assert body["decision"] is True
    assert body["context"]["reason"] == "granted"
    assert body["context"]["legal_basis"] == "consent"
    assert body["context"]["rule_id"] == "germany"
    assert body["context"]["watermark"] > 0
    assert {"kind": "mask", "field": "email", "value": "sha256"} in body["context"]["obligations"]


@pytest.mark.parametrize(
    ("customer", "reason"), [(WITHDRAWN, "withdrawn"), (REFUSED, "refused"), (STRANGER, "subject_unknown")]
)
def test_a_deny_is_explained_to_those_with_the_scope(customer: str, reason: str) -> None:
    body = caller(Scope.CHECK, Scope.EXPLAIN).post(ADDRESS, question(customer)).json()

    assert (body["decision"], body["context"]["reason"]) == (False, reason)


def test_unknown_withdrawn_and_refused_people_look_alike_to_the_others() -> None:
    client = caller(Scope.CHECK)
    answers = [client.post(ADDRESS, question(who)).json() for who in (WITHDRAWN, REFUSED, STRANGER)]

    assert answers[0] == answers[1] == answers[2]
    assert answers[0]["context"]["reason"] == "not_permitted"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"action": {"name": "undeclared"}}, "purpose_unknown"),
        ({"resource": {"id": "nobody"}}, "destination_unknown"),
        ({"context": {"controller": "stranger"}}, "no_rule"),
        ({"context": {"jurisdiction": "BR"}}, "no_rule"),
        ({"context": {"data_categories": ["contact.phone"]}}, "data_category_not_permitted"),
    ],
)
def test_what_the_policy_does_not_know_is_denied(changes: dict[str, Any], reason: str) -> None:
    body = caller(Scope.CHECK, Scope.EXPLAIN).post(ADDRESS, question(**changes)).json()

    assert (body["decision"], body["context"]["reason"]) == (False, reason)


def test_a_suspended_destination_gets_nothing_at_once() -> None:
    suspend_destination(slug="ads", reason="breach", changed_by="officer", at=timezone.now())

    body = caller(Scope.CHECK, Scope.EXPLAIN).post(ADDRESS, question()).json()

    assert body["context"]["reason"] == "destination_suspended"


def test_a_withdrawal_is_read_back_by_its_token() -> None:
    client = caller(Scope.CHECK, Scope.EXPLAIN, Scope.CONSENTS_WRITE)
    row = {
        "identifiers": [{"kind": "customer_id", "value": GERMAN}],
        "choices": [{"purpose": "advertising.audience", "choice": "withdrawn"}],
    }

    token = client.post("/api/v1/consents", row).json()["token"]
    body = client.post(ADDRESS, question(context={"at_least": token})).json()

    assert (body["decision"], body["context"]["reason"]) == (False, "withdrawn")


def test_a_token_of_somebody_else_s_write_is_not_an_allow() -> None:
    client = caller(Scope.CHECK, Scope.EXPLAIN, Scope.CONSENTS_WRITE)
    row = {
        "identifiers": [{"kind": "customer_id", "value": "99999"}],
        "choices": [{"purpose": "advertising.audience", "choice": "refused"}],
    }

    token = client.post("/api/v1/consents", row).json()["token"]
    body = client.post(ADDRESS, question(context={"at_least": token})).json()

    assert (body["decision"], body["context"]["reason"]) == (False, "state_stale")


def test_an_answer_about_the_past_is_marked() -> None:
    body = caller(Scope.CHECK).post(ADDRESS, question(context={"as_of": "2026-02-10T00:00:00Z"})).json()

    assert body["context"]["historic"] is True


def test_fields_that_the_standard_does_not_know_are_ignored_and_the_request_id_comes_back() -> None:
    body = {**question(), "mood": "good"}
    answer = caller(Scope.CHECK).post(ADDRESS, body, headers={"X-Request-ID": "abc-1"})

    assert answer.status_code == 200
    assert answer.headers["X-Request-ID"] == "abc-1"


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": None},
        {"action": {"name": None}},
        {"resource": {"type": "file"}},
        {"subject": {"type": "shoe_size"}},
        {"subject": {"id": 7.5, "type": "email"}},
        {"context": {"at_least": "forged"}},
        {"context": {"jurisdiction": "Bavaria"}},
        {"context": {"max_staleness_s": -1}},
        {"context": {"as_of": "yesterday"}},
        {"context": []},
    ],
    ids=str,
)
def test_a_malformed_question_is_a_problem_that_echoes_nothing(changes: dict[str, Any]) -> None:
    answer = caller(Scope.CHECK).post(ADDRESS, question(**changes))

    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"]
    assert GERMAN not in answer.content.decode()


def test_nobody_is_answered_without_a_key() -> None:
    answer = APIClient().post(ADDRESS, question())

    assert answer.status_code == 401
    assert "decision" not in answer.json()


def test_a_key_without_the_scope_is_not_answered() -> None:
    assert caller(Scope.CONSENTS_WRITE).post(ADDRESS, question()).status_code == 403


def test_a_revoked_key_is_not_answered() -> None:
    client = caller(Scope.CHECK)
    assert client.post(ADDRESS, question()).status_code == 200

    services.revoke_key(name="tool", at=timezone.now())

    assert client.post(ADDRESS, question()).status_code == 401


def test_an_expired_key_is_not_answered() -> None:
    at = timezone.now() - timedelta(hours=2)
    key = services.create_key(name="old", scopes=[Scope.CHECK], valid_for=timedelta(hours=1), at=at)

    assert APIClient(headers={"Authorization": f"Bearer {key}"}).post(ADDRESS, question()).status_code == 401


def test_a_key_is_kept_only_as_a_hash() -> None:
    from activation.checks.models import ApiKey  # noqa: PLC0415 - to look at the row itself

    key = services.create_key(
        name="secret", scopes=[Scope.CHECK], valid_for=timedelta(hours=1), at=timezone.now()
    )

    [row] = ApiKey.objects.filter(client__name="secret").values()
    assert key not in str(row)
    assert key.encode() not in bytes(row["key_hash"])
