"""What callers may know before they ask: the addresses, and the policy in force."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone
from rest_framework.test import APIClient

from activation.checks.types import Scope
from consent.policies import services as policies
from tests.checks_world import caller
from tests.enforcement_world import POLICY, publish_policy
from tests.policy_officers import approve, make_officer, submit

pytestmark = pytest.mark.django_db
METADATA, POLICY_IN_FORCE = "/.well-known/authzen-configuration", "/api/v1/policies/current"


def test_anybody_may_know_where_the_addresses_are() -> None:
    answer = APIClient().get(METADATA, headers={"X-Request-ID": "abc-1"})

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.headers["X-Request-ID"] == "abc-1"
    assert answer.json() == {
        "policy_decision_point": "http://testserver",
        "access_evaluation_endpoint": "http://testserver/access/v1/evaluation",
        "access_evaluations_endpoint": "http://testserver/access/v1/evaluations",
        "search_subject_endpoint": "http://testserver/access/v1/search/subject",
        "search_resource_endpoint": "http://testserver/access/v1/search/resource",
        "search_action_endpoint": "http://testserver/access/v1/search/action",
    }


@override_settings(PUBLIC_URL="https://consent.example.com/")
def test_behind_a_proxy_the_addresses_are_those_that_callers_reach() -> None:
    told = APIClient().get(METADATA).json()

    assert told["policy_decision_point"] == "https://consent.example.com"
    assert told["access_evaluation_endpoint"] == "https://consent.example.com/access/v1/evaluation"


def test_each_address_is_there() -> None:
    told: dict[str, Any] = APIClient().get(METADATA).json()

    addresses = [value for name, value in told.items() if name.endswith("_endpoint")]
    assert [APIClient().post(one).status_code for one in addresses] == [401] * 5


def test_the_policy_in_force_is_told_with_the_text_that_its_digest_is_over() -> None:
    publish_policy()
    at = timezone.now()
    revised = POLICY.replace("title: Shop policy", "title: Shop policy, revised")
    draft = policies.import_policy(text=revised, author_id=make_officer("author").pk, at=at)
    submit(draft)
    approve(draft, by="approver")
    policies.publish(version_id=draft.version_id, effective_at=at + timedelta(days=1), at=at)

    told = caller(Scope.CHECK).get(POLICY_IN_FORCE).json()

    assert (told["key"], told["version"], told["in_force_from"]) == ("shop", 1, "2026-01-01T00:00:00Z")
    assert told["digest"] == f"sha256:{hashlib.sha256(told['canonical'].encode()).hexdigest()}"
    assert told["in_force_until"] is not None


def test_without_a_policy_there_is_nothing_to_tell() -> None:
    answer = caller(Scope.CHECK).get(POLICY_IN_FORCE)

    assert (answer.status_code, answer.json()["code"]) == (404, "policy_unavailable")


def test_the_policy_takes_the_scope_of_those_who_ask() -> None:
    assert APIClient().get(POLICY_IN_FORCE).status_code == 401
    assert caller(Scope.SEARCH).get(POLICY_IN_FORCE).status_code == 403
