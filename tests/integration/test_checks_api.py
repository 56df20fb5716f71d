"""`POST /api/v1/checks`: one question about many people, and nobody is ever left out of the answer."""

import hashlib
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from activation.checks.types import Scope
from consent.keys import services as keys
from consent.subjects.queries import find_subjects
from tests.checks_world import CHECKS, batch, caller, consent
from tests.enforcement_world import (
    BRITON,
    GERMAN,
    POLICY,
    REFUSED,
    STRANGER,
    WITHDRAWN,
    make_world,
    publish_policy,
)
from tests.subjects_world import customer

pytestmark = pytest.mark.django_db
EVERYBODY = (GERMAN, WITHDRAWN, BRITON, REFUSED, STRANGER)


@pytest.fixture(autouse=True)
def _world() -> None:
    make_world()


def test_each_subject_has_its_answer_in_its_place() -> None:
    answer = caller(Scope.CHECK, Scope.EXPLAIN).post(CHECKS, batch(*EVERYBODY))

    body = answer.json()
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert [(one["effect"], one["reason"]) for one in body["results"]] == [
        ("allow", "granted"),
        ("deny", "withdrawn"),
        ("allow", "granted"),
        ("deny", "refused"),
        ("deny", "subject_unknown"),
    ]
    assert body["summary"] == {"granted": 2, "withdrawn": 1, "refused": 1, "subject_unknown": 1}
    assert (body["policy_version"], body["historic"]) == (1, False)
    assert body["policy_digest"].startswith("sha256:")
    assert body["results"][2]["obligations"][0] == {"kind": "drop", "field": "phone", "value": ""}
    assert body["results"][2]["rule_id"] == "britain"


def test_without_the_scope_denied_people_look_alike() -> None:
    body = caller(Scope.CHECK).post(CHECKS, batch(*EVERYBODY)).json()

    denied = [one for one in body["results"] if one["effect"] == "deny"]
    assert (
        denied == [{"effect": "deny", "reason": "not_permitted", "valid_until": None, "obligations": []}] * 3
    )
    assert body["summary"] == {"allowed": 2, "not_permitted": 3}


def test_a_subject_that_cannot_be_read_is_denied_in_its_place_and_fails_no_other() -> None:
    asked = batch(GERMAN, BRITON)
    asked["subjects"][1:1] = [
        {"type": "email", "id": "zebra"},
        {"type": "phone", "id": "0170 zebra"},
        {"type": "email_sha256", "id": "zebra"},
        {"type": "spaceship", "id": "zebra"},
        {"type": "customer_id"},
        {"type": "customer_id", "id": 7},
        {"type": "customer_id", "id": ""},
        {"type": "customer_id", "id": "1", "name": "zebra"},
        "zebra",
        None,
    ]

    answer = caller(Scope.CHECK, Scope.EXPLAIN).post(CHECKS, asked)

    results = answer.json()["results"]
    assert len(results) == len(asked["subjects"])
    assert [one["effect"] for one in results] == ["allow", *["deny"] * 10, "allow"]
    assert [one.get("error", {}).get("code") for one in results[1:-1]] == [
        *["malformed_identifier"] * 3,
        "unknown_subject_type",
        *["malformed_subject"] * 6,
    ]
    assert "zebra" not in answer.content.decode()


def test_a_subject_whose_sealed_facts_do_not_open_is_denied_alone() -> None:
    [refs] = find_subjects([[customer(GERMAN)]])
    keys.destroy_keys(refs)

    results = caller(Scope.CHECK, Scope.EXPLAIN).post(CHECKS, batch(*EVERYBODY)).json()["results"]

    assert [one["reason"] for one in results] == [
        "state_unavailable",
        "withdrawn",
        "granted",
        "refused",
        "subject_unknown",
    ]


def test_an_address_leads_to_the_person_raw_and_as_its_sha256() -> None:
    digest = hashlib.sha256(b"c1@customers.example").hexdigest()
    asked = batch() | {
        "subjects": [
            {"type": "email", "id": " C1@Customers.example "},
            {"type": "email_sha256", "id": digest.upper()},
            {"type": "email_sha256", "id": "a" * 64},
            {"type": "email_sha256", "id": digest[:32]},
        ]
    }

    results = caller(Scope.CHECK, Scope.EXPLAIN).post(CHECKS, asked).json()["results"]

    assert [one["reason"] for one in results] == ["granted", "granted", "subject_unknown", "subject_unknown"]
    assert ["error" in one for one in results] == [False, False, False, True]


def test_ten_thousand_people_take_as_many_statements_as_one() -> None:
    client = caller(Scope.CHECK)

    def count(asked: dict[str, Any]) -> int:
        with CaptureQueriesContext(connection) as statements:
            answer = client.post(CHECKS, asked)
        assert len(answer.json()["results"]) == len(asked["subjects"])
        return len(statements)

    assert count(batch(GERMAN)) == count(batch(*EVERYBODY * 2_000)) < 30


def test_more_people_than_that_are_too_many() -> None:
    answer = caller(Scope.CHECK).post(CHECKS, batch(*[GERMAN] * 10_001))

    assert (answer.status_code, answer.json()["code"]) == (413, "too_many_items")


def test_request_properties_and_terms_are_heard() -> None:
    client = caller(Scope.CHECK, Scope.EXPLAIN)
    asked = batch(GERMAN, properties={"subject.role": "admin"}, data_categories=["contact.phone"])

    assert client.post(CHECKS, asked).json()["summary"] == {"data_category_not_permitted": 1}
    assert client.post(CHECKS, batch(GERMAN, as_of="2026-02-10T00:00:00Z")).json()["historic"] is True
    assert client.post(CHECKS, batch(GERMAN, destination="nobody")).json()["summary"] == {
        "destination_unknown": 1
    }


def test_a_withdrawal_is_read_back_by_its_token() -> None:
    client = caller(Scope.CHECK, Scope.EXPLAIN, Scope.CONSENTS_WRITE)
    token = client.post("/api/v1/consents", consent(GERMAN, "withdrawn")).json()["token"]

    body = client.post(CHECKS, batch(GERMAN, at_least=token)).json()

    assert body["summary"] == {"withdrawn": 1}


def test_an_advisory_answer_allows_everybody_and_says_what_it_would_have_said() -> None:
    asked = batch(GERMAN, WITHDRAWN, shadow=True)

    refused = caller(Scope.CHECK, Scope.EXPLAIN).post(CHECKS, asked)
    body = caller(Scope.CHECK, Scope.EXPLAIN, Scope.SHADOW, name="shadow").post(CHECKS, asked).json()

    assert (refused.status_code, refused.json()["code"]) == (403, "shadow_not_permitted")
    assert body["advisory"] is True
    assert [(one["effect"], one["advisory"]) for one in body["results"]] == [("allow", True)] * 2
    assert [one["would"] for one in body["results"]] == [
        {"effect": "allow", "reason": "granted"},
        {"effect": "deny", "reason": "withdrawn"},
    ]


def test_a_question_that_several_brands_could_ask_must_name_one() -> None:
    two = POLICY.replace("policy: shop", "policy: brands").replace(
        "jurisdictions:", "  other: {title: Other, establishment: [DE]}\njurisdictions:", 1
    )
    publish_policy(two)
    client = caller(Scope.CHECK)

    unnamed = client.post(CHECKS, batch("zebra", GERMAN))

    assert (unnamed.status_code, unnamed.json()["code"]) == (400, "controller_missing")
    assert client.post(CHECKS, batch(GERMAN, controller="shop")).json()["summary"] == {"allowed": 1}


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"purpose": None}, 400, "invalid_request"),
        ({"destination": 7}, 400, "invalid_request"),
        ({"subjects": []}, 400, "invalid_request"),
        ({"subjects": None}, 400, "invalid_request"),
        ({"mood": "zebra"}, 400, "invalid_request"),
        ({"zebra@example.com": 1}, 400, "invalid_request"),
        ({"properties": {"zebra": 1}}, 400, "invalid_request"),
        ({"at_least": "zebra"}, 400, "malformed_token"),
        ({"as_of": "0001-01-01T00:00:00Z"}, 400, "invalid_request"),
        ({"explain": True}, 403, "explain_not_permitted"),
    ],
    ids=str,
)
def test_a_malformed_batch_is_a_problem_that_echoes_nothing(
    changes: dict[str, Any], status: int, code: str
) -> None:
    answer = caller(Scope.CHECK).post(CHECKS, batch(GERMAN, **changes))

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "zebra" not in answer.content.decode()


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"", "application/json", 400, "malformed_json"),
        (b'{"purpose":', "application/json", 400, "malformed_json"),
        (b"{}", "text/zebra", 415, "unsupported_media_type"),
        (b" " * (4 * 1024 * 1024 + 1), "application/json", 413, "body_too_large"),
    ],
)
def test_a_body_that_is_no_batch_is_refused(body: bytes, content_type: str, status: int, code: str) -> None:
    answer = caller(Scope.CHECK).post(CHECKS, body, content_type=content_type)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "zebra" not in answer.content.decode()


def test_nobody_is_answered_without_the_scope() -> None:
    assert APIClient().post(CHECKS, batch(GERMAN)).status_code == 401
    assert caller(Scope.SEARCH).post(CHECKS, batch(GERMAN)).status_code == 403
