"""Whom a visitor may ask, and about which uses: what the policy in force says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from consent.kernel import canonical
from consent.policies.queries import get_policy_in_force
from consent.requests.types import RequestType

_BASES = {
    RequestType.OBJECTION: frozenset({"legitimate_interest", "public_task"}),
    RequestType.WITHDRAWAL: frozenset({"consent"}),
}
"""What a no of each kind is said to (GDPR Art. 21(1) and 7(3))."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the form offers."""

    controllers: Mapping[str, str]
    """Slug -> title."""
    purposes: Mapping[str, str]
    """Slug -> title; of an objection or a withdrawal."""


def get_choices(type_: RequestType, *, at: datetime) -> Choices:
    """Return whom a visitor may ask and about which uses; nobody if no policy is in force."""
    policy = get_policy_in_force(at=at)
    document: Mapping[str, Any] = canonical.loads(policy.canonical) if policy else {}
    controllers = {slug: one.get("title") or slug for slug, one in document.get("controllers", {}).items()}
    return Choices(controllers=controllers, purposes=_list_purposes(document, type_))


def _list_purposes(document: Mapping[str, Any], type_: RequestType) -> dict[str, str]:
    """Return the purposes that some rule of the policy puts on a basis that the no is said to."""
    bases = _BASES.get(type_, frozenset())
    ruled = {
        purpose
        for rule in document.get("rules", ())
        if rule.get("basis") in bases or (rule.get("direct_marketing") and RequestType.OBJECTION is type_)
        for purpose in rule.get("purposes", ())
    }
    titles = document.get("purposes", {})
    return {slug: titles[slug].get("title") or slug for slug in titles if slug in ruled}
