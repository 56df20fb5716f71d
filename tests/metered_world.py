"""Clients with limits of their own, and a meter that no other test has used."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from activation.checks import metering, services
from activation.checks.limits import Meter
from activation.checks.types import Limits, NewKey, Scope

EVALUATION = "/access/v1/evaluation"


def make_key(name: str = "tool", *scopes: str, limits: Limits | None = None, is_test: bool = False) -> NewKey:
    """Return the key of a new client; it may check unless scopes are given."""
    return services.make_client(
        name=name,
        scopes=scopes or (Scope.CHECK,),
        valid_for=timedelta(days=1),
        at=timezone.now(),
        limits=limits,
        is_test=is_test,
    )


def client_of(key: NewKey) -> APIClient:
    """Return what calls with the key."""
    return APIClient(headers={"Authorization": f"Bearer {key.key}"}, raise_request_exception=False)


def question(user: str = "ada-granted", **others: Any) -> dict[str, Any]:
    """Return the body of a question about a person of the example data."""
    return {
        "subject": {"type": "user_id", "id": user},
        "action": {"name": "marketing.email"},
        "resource": {"type": "destination", "id": "example_mailer"},
        **others,
    }


def use_fresh_meter(patch: pytest.MonkeyPatch) -> Meter:
    """Have this process count on a new meter, as one does that has just been started."""
    fresh = Meter()
    patch.setattr(metering, "METER", fresh)
    return fresh
