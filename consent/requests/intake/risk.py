"""How much could go wrong with a request, as far as that is known when it comes in."""

from consent.kernel import canonical
from consent.ledger.queries import get_time
from consent.policies.queries import get_policy_in_force
from consent.requests.models import Field, Request
from consent.requests.rules.levels import level_of
from consent.requests.types import RequestType


def find_level(request: Request) -> str:
    """Return the level of proof that the request needs."""
    return level_of(
        RequestType(request.type),
        jurisdictions={request.jurisdiction},
        has_special_categories=_holds_special_categories(),
    ).value


def _holds_special_categories() -> bool:
    """Return whether a system of the data map holds data of a special category, as the policy calls it.

    Of anybody, not of this person: what is asked of somebody must not tell what is known of them.
    """
    policy = get_policy_in_force(at=get_time())
    if policy is None:
        return False
    categories = canonical.loads(policy.canonical).get("data_categories", {})
    special = [slug for slug, category in categories.items() if category.get("special")]
    return Field.objects.filter(category__in=special, dataset__system__is_enabled=True).exists()
