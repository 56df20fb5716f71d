"""Callers of the check API, and what they ask about the shop of `tests.enforcement_world`."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from rest_framework.test import APIClient

from activation.checks import services
from activation.checks.types import Scope
from tests.decisions.world import patched
from tests.enforcement_world import GERMAN, QUESTION

EVALUATION = "/access/v1/evaluation"
EVALUATIONS = "/access/v1/evaluations"
CHECKS = "/api/v1/checks"


def caller(*scopes: Scope, name: str = "tool") -> APIClient:
    """Return a client whose key has `scopes`."""
    key = services.create_key(name=name, scopes=scopes, valid_for=timedelta(hours=1), at=timezone.now())
    return APIClient(headers={"Authorization": f"Bearer {key}"})


def question(customer: str = GERMAN, **changes: Any) -> dict[str, Any]:
    """Return the body of an evaluation about `customer`, changed by a merge patch."""
    body = {
        "subject": {"type": "customer_id", "id": customer},
        "action": {"name": QUESTION["purpose"]},
        "resource": {"type": "destination", "id": QUESTION["destination"]},
    }
    changed: dict[str, Any] = patched(body, changes)
    return changed


def batch(*customers: str, **changes: Any) -> dict[str, Any]:
    """Return the body of a batch about `customers`, changed by a merge patch."""
    body = {
        "purpose": QUESTION["purpose"],
        "destination": QUESTION["destination"],
        "subjects": [{"type": "customer_id", "id": customer} for customer in customers],
    }
    changed: dict[str, Any] = patched(body, changes)
    return changed


def consent(customer: str, choice: str, **changes: Any) -> dict[str, Any]:
    """Return the body of a write: what `customer` chose just now."""
    return {
        "identifiers": [{"kind": "customer_id", "value": customer}],
        "choices": [{"purpose": QUESTION["purpose"], "choice": choice, **changes}],
    }
