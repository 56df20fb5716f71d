"""A shop's policy and its customers, put on record as an import does it, for the checks to be about."""

import hashlib
import json
import secrets
from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone

from activation.checks.services import create_key
from activation.checks.types import NO_LIMITS, Scope
from consent.policies.document.writing import write_yaml
from consent.records.services import import_rows
from tests.bench.check.people import CONTROLLER, DESTINATION, PURPOSES, RESIDENCES, make_rows
from tests.enforcement_world import publish_policy, register_ads

KEY_VALID_FOR = timedelta(hours=4)
VALIDITY = "P10Y"


def seed(people: int) -> None:
    """Publish the policy, register its destination, and record what `people` people chose."""
    publish_policy(write_yaml(make_policy()))
    register_ads()
    report = import_rows(
        lines=_list_lines(people),
        digest=hashlib.sha256(f"{people} people".encode()).hexdigest(),
        source="bench",
        at=timezone.now(),
    )
    if report.rejected:
        raise RuntimeError(f"{report.rejected} people were rejected, such as {report.faults[0]}")


def make_key() -> str:
    """Return a new key that may check, and no more."""
    return create_key(
        name=f"bench-{secrets.token_hex(8)}",
        scopes=(Scope.CHECK,),
        valid_for=KEY_VALID_FOR,
        at=timezone.now(),
        limits=NO_LIMITS,
    )


def _list_lines(people: int) -> Iterator[bytes]:
    for row in make_rows(people):
        yield json.dumps(row).encode()


def make_policy() -> dict[str, object]:
    """Return a policy with one consent rule for each purpose, whose consents end after some years."""
    shown = {"title": "E-mail address", "data_category": "user.contact.email"}
    return {
        "schema": "accordant/policy/1",
        "policy": "shop",
        "title": "Shop policy",
        "controllers": {CONTROLLER: {"title": "The shop", "establishment": ["DE"]}},
        "jurisdictions": {place: {"title": place} for place in RESIDENCES},
        "data_categories": {"contact.email": shown},
        "purposes": {purpose: _purpose(purpose) for purpose in PURPOSES},
        "notices": {"privacy": {"title": "Privacy notice", "versions": {"1": _notice()}}},
        "rules": [_rule(number, purpose) for number, purpose in enumerate(PURPOSES)],
        "destinations": {DESTINATION: _destination()},
    }


def _purpose(purpose: str) -> dict[str, object]:
    return {
        "title": purpose,
        "description": f"What customers are asked about {purpose}.",
        "data_categories": ["contact.email"],
        "data_use": "marketing.advertising",
    }


def _notice() -> dict[str, object]:
    return {
        "published_at": "2024-01-15T00:00:00Z",
        "purposes": list(PURPOSES),
        "recipients": [DESTINATION],
        "texts": {"en": "We do."},
    }


def _rule(number: int, purpose: str) -> dict[str, object]:
    return {
        "id": f"consent-{number}",
        "purposes": [purpose],
        "jurisdictions": list(RESIDENCES),
        "basis": "consent",
        "validity": VALIDITY,
        "data_categories": ["contact.email"],
        "transfer_countries": ["US"],
    }


def _destination() -> dict[str, object]:
    return {
        "title": "Ads",
        "kind": "ad_platform",
        "role": "third_party",
        "country": "US",
        "contract": "DPA-1",
        "purposes": list(PURPOSES),
        "data_categories": ["contact.email"],
    }
