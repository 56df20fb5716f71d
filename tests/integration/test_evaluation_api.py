"""`POST /access/v1/evaluation`: who may ask, what is answered, and what is not told."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from activation.checks import services
from activation.checks.types import Scope
from activation.destinations.services import suspend_destination
from tests.checks_world import EVALUATION, EVALUATIONS, caller, consent, question
from tests.enforcement_world import (
    GERMAN,
    POLICY,
    REFUSED,
    STRANGER,
    WITHDRAWN,
    make_world,
    publish_policy,
)
from tests.ledger_world import sequence_all

pytestmark = pytest.mark.django_db
ADDRESS = EVALUATION


@pytest.fixture(autouse=True)
def _world() -> None:
    make_world()


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

    token = client.post("/api/v1/consents", consent(GERMAN, "withdrawn")).json()["token"]
    body = client.post(ADDRESS, question(context={"at_least": token})).json()

    assert (body["decision"], body["context"]["reason"]) == (False, "withdrawn")


def test_a_token_of_somebody_else_s_write_is_not_an_allow() -> None:
    client = caller(Scope.CHECK, Scope.EXPLAIN, Scope.CONSENTS_WRITE)

    token = client.post("/api/v1/consents", consent("99999", "refused")).json()["token"]
    body = client.post(ADDRESS, question(context={"at_least": token})).json()

    assert (body["decision"], body["context"]["reason"]) == (False, "state_stale")


def test_an_answer_about_the_past_is_marked() -> None:
    body = caller(Scope.CHECK).post(ADDRESS, question(context={"as_of": "2026-02-10T00:00:00Z"})).json()

    assert body["context"]["historic"] is True


def test_fields_that_the_standard_does_not_know_are_ignored() -> None:
    body = {**question(context={"time": "2025-06-27T18:03-07:00", "ip": "192.168.1.1"}), "mood": {"good": 1}}
    answer = caller(Scope.CHECK).post(ADDRESS, body)

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.json()["decision"] is True


def test_the_request_id_comes_back_with_every_answer() -> None:
    client, sent = caller(Scope.CHECK), {"X-Request-ID": "abc-1"}
    answers = [
        client.post(ADDRESS, question(), headers=sent),
        client.post(ADDRESS, {}, headers=sent),
        client.get(ADDRESS, headers=sent),
        APIClient().post(ADDRESS, question(), headers=sent),
        client.post(ADDRESS, "x" * 70_000, content_type="application/json", headers=sent),
        client.post(ADDRESS, "{}", content_type="text/plain", headers=sent),
        client.get("/nowhere", headers=sent),
    ]

    assert [answer.status_code for answer in answers] == [200, 400, 405, 401, 413, 400, 404]
    assert [answer.headers["X-Request-ID"] for answer in answers] == ["abc-1"] * 7
    assert "X-Request-ID" not in client.post(ADDRESS, question()).headers
    assert "X-Request-ID" not in client.post(ADDRESS, {}, headers={"X-Request-ID": "x" * 201}).headers


@pytest.mark.parametrize(
    ("changes", "reason", "code"),
    [
        ({"subject": {"type": "spaceship"}}, "subject_unknown", "unknown_subject_type"),
        ({"subject": {"type": "email", "id": "zebra"}}, "subject_unknown", "malformed_identifier"),
        ({"resource": {"type": "file"}}, "destination_unknown", None),
        ({"resource": {"type": "spaceship", "id": "nobody"}}, "destination_unknown", None),
        ({"subject": {"type": "spaceship"}, "action": {"name": "undeclared"}}, "purpose_unknown", ...),
    ],
    ids=str,
)
def test_what_nobody_knows_is_denied_and_is_no_error(changes: dict[str, Any], reason: str, code: Any) -> None:
    answer = caller(Scope.CHECK, Scope.EXPLAIN).post(ADDRESS, question(**changes))

    context = answer.json()["context"]
    assert (answer.status_code, answer.json()["decision"], context["reason"]) == (200, False, reason)
    assert code is ... or context.get("error", {}).get("code") == code
    assert "zebra" not in answer.content.decode()


def test_one_who_cannot_be_looked_for_is_denied_even_where_strangers_are_allowed() -> None:
    publish_policy(
        POLICY.replace("policy: shop", "policy: open").replace(
            "basis: consent\n",
            "basis: strictly_necessary\n    assessment: NEC-1\n    unknown_subject: allow\n",
        )
    )
    client = caller(Scope.CHECK, Scope.EXPLAIN)

    stranger = client.post(ADDRESS, question(STRANGER, context={"jurisdiction": "DE"})).json()
    malformed = question(subject={"type": "email", "id": "zebra"}, context={"jurisdiction": "DE"})
    nobody = client.post(ADDRESS, malformed).json()

    assert (stranger["decision"], stranger["context"]["reason"]) == (True, "basis_not_consent")
    assert (nobody["decision"], nobody["context"]["reason"]) == (False, "subject_unknown")


def test_the_standards_own_word_for_a_person_leads_to_a_user_number() -> None:
    client = caller(Scope.CHECK, Scope.EXPLAIN, Scope.CONSENTS_WRITE)
    row = consent("", "refused") | {"identifiers": [{"kind": "user_id", "value": "u-7"}]}
    assert client.post("/api/v1/consents", row).status_code == 201

    asked = question(subject={"type": "user", "id": "u-7"}, context={"jurisdiction": "DE"})
    body = client.post(ADDRESS, asked).json()

    assert body["context"]["reason"] == "refused"


def test_an_advisory_answer_takes_a_key_with_the_scope() -> None:
    asked = question(WITHDRAWN, context={"shadow": True})

    refused = caller(Scope.CHECK).post(ADDRESS, asked)
    body = caller(Scope.CHECK, Scope.SHADOW, name="shadow").post(ADDRESS, asked).json()

    assert (refused.status_code, refused.json()["code"]) == (403, "shadow_not_permitted")
    assert body["decision"] is True
    assert body["context"]["advisory"] is True
    assert body["context"]["would"] == {"effect": "deny", "reason": "not_permitted"}


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": None},
        {"action": None},
        {"resource": None},
        {"subject": "alice"},
        {"subject": {"type": None}},
        {"subject": {"id": None}},
        {"subject": {"id": 7.5, "type": "email"}},
        {"subject": {"type": ""}},
        {"action": {"name": None}},
        {"action": {"name": 123}},
        {"resource": {"type": None}},
        {"resource": {"id": None}},
        {"context": {"at_least": "forged"}},
        {"context": {"jurisdiction": "Bavaria"}},
        {"context": {"max_staleness_s": -1}},
        {"context": {"as_of": "yesterday"}},
        {"context": []},
    ],
    ids=str,
)
def test_a_malformed_question_is_a_problem_that_echoes_nothing(changes: dict[str, Any]) -> None:
    client = caller(Scope.CHECK)
    for address in (EVALUATION, EVALUATIONS):
        answer = client.post(address, question(**changes))

        assert answer.status_code == 400
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["code"]
        assert GERMAN not in answer.content.decode()


def test_each_fault_is_told_with_its_place() -> None:
    answer = caller(Scope.CHECK).post(ADDRESS, question(subject={"id": None}, context={"as_of": "then"}))

    assert answer.json()["code"] == "invalid_request"
    assert [(one["path"], one["code"]) for one in answer.json()["errors"]] == [
        ("/subject/id", "missing_field"),
        ("/context/as_of", "malformed_time"),
    ]


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"", "application/json", 400, "malformed_json"),
        (b'{"subject":', "application/json", 400, "malformed_json"),
        (b"[" * 3000, "application/json", 400, "malformed_json"),
        (b"[]", "application/json", 400, "invalid_request"),
        (b'{"a": 1, "a": 1}', "application/json", 400, "malformed_json"),
        (b'{"a": NaN}', "application/json", 400, "malformed_json"),
        (b'{"a": "\xff"}', "application/json", 400, "malformed_json"),
        (b"{}", "text/plain", 400, "unsupported_media_type"),
        (b"a=1", "application/x-www-form-urlencoded", 400, "unsupported_media_type"),
        (b"{" * 65_537, "application/json", 413, "body_too_large"),
    ],
)
def test_a_body_that_is_no_request_is_refused(body: bytes, content_type: str, status: int, code: str) -> None:
    answer = caller(Scope.CHECK).post(ADDRESS, body, content_type=content_type)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_body_that_does_not_say_what_it_is_is_refused() -> None:
    client = caller(Scope.CHECK)

    assert client.generic("POST", ADDRESS, "{}", content_type="").json()["code"] == "unsupported_media_type"
    assert client.generic("POST", ADDRESS, "", content_type="").status_code == 400


def test_a_content_type_with_its_encoding_is_taken() -> None:
    answer = caller(Scope.CHECK).generic(
        "POST", ADDRESS, json.dumps(question()), content_type="application/json; charset=utf-8"
    )

    assert answer.status_code == 200


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
