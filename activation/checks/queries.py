"""Reads of the consent-check API: who calls, and what the answer is."""

from datetime import datetime

from activation.checks.deciding import Found, ask_each, check, check_many
from activation.checks.models import ApiKey
from activation.checks.replaying import DecisionNotFound, DecisionNotReproducible, replay
from activation.checks.rules import hash_key
from activation.checks.scanning import search_subjects
from activation.checks.searching import search_actions, search_resources
from activation.checks.types import Caller, LiveKey
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
    "find_live_key",
    "get_current_policy",
    "list_live_keys",
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
    rows = ApiKey.objects.working_at(at).filter(key_hash=hash_key(key)).select_related("client")
    row = rows.order_by("pk").first()
    return _caller_of(row) if row else None


def find_live_key(*, key_hash: bytes, at: datetime) -> LiveKey | None:
    """Return the key of this hash, if it works at `at`."""
    row = (
        ApiKey.objects.working_at(at)
        .filter(key_hash=key_hash)
        .select_related("client")
        .order_by("pk")
        .first()
    )
    if row is None:
        return None
    return LiveKey(key_hash=bytes(row.key_hash), expires_at=row.expires_at, caller=_caller_of(row))


def list_live_keys(*, at: datetime) -> list[LiveKey]:
    """Return every key that works at `at`: what a process needs to know all callers by itself."""
    rows = ApiKey.objects.working_at(at).select_related("client").order_by("pk")
    return [
        LiveKey(key_hash=bytes(row.key_hash), expires_at=row.expires_at, caller=_caller_of(row))
        for row in rows
    ]


def _caller_of(key: ApiKey) -> Caller:
    client = key.client
    return Caller(
        name=client.name,
        scopes=frozenset(client.scopes),
        client_id=client.pk,
        key_id=key.pk,
        is_test=client.is_test,
        limits=client.limits,
    )


def get_current_policy(*, at: datetime) -> PublishedPolicy:
    """Return the policy that questions are decided by at `at`.

    :raises PolicyUnavailable: if none is in force.
    """
    published = get_policy_in_force(at=at)
    if published is None:
        raise PolicyUnavailable("no published policy is in force: everything is denied")
    return published
