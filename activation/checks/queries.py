"""Reads of the consent-check API: who calls, and what the answer is."""

from datetime import datetime

from activation.checks.deciding import Found, ask_each, check, check_many
from activation.checks.models import ApiKey
from activation.checks.replaying import DecisionNotFound, DecisionNotReproducible, replay
from activation.checks.rules import hash_key
from activation.checks.scanning import search_subjects
from activation.checks.searching import search_actions, search_resources
from activation.checks.types import Caller
from consent.kernel.errors import AccordantError
from consent.policies.queries import get_policy_in_force
from consent.policies.types import PublishedPolicy

__all__ = [
    "DecisionNotFound",
    "DecisionNotReproducible",
    "Found",
    "PolicyUnavailable",
    "ask_each",
    "authenticate",
    "check",
    "check_many",
    "get_current_policy",
    "replay",
    "search_actions",
    "search_resources",
    "search_subjects",
]


class PolicyUnavailable(AccordantError):
    """No policy is in force."""

    code = "policy_unavailable"
    status = 404


def authenticate(*, key: str, at: datetime) -> Caller | None:
    """Return the caller whose key this is; None if there is none, or it has expired or was revoked."""
    rows = ApiKey.objects.filter(key_hash=hash_key(key), expires_at__gt=at, revoked_at__isnull=True)
    row = rows.order_by("pk").first()
    return Caller(row.name, frozenset(row.scopes)) if row else None


def get_current_policy(*, at: datetime) -> PublishedPolicy:
    """Return the policy that questions are decided by at `at`.

    :raises PolicyUnavailable: if none is in force.
    """
    published = get_policy_in_force(at=at)
    if published is None:
        raise PolicyUnavailable("no published policy is in force: everything is denied")
    return published
