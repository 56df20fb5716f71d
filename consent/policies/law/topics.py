"""What a purpose does, in the law table's words. Pure: no Django, no clock.

A policy document does not say which topic of the law a purpose falls under. It is told from the fideslang
data use, the marks for opt-out signals and direct marketing, and the fideslang data categories.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from consent.policies.law.words import Topic

SPECIAL = (
    "user.authorization.biometric",
    "user.biometric",
    "user.demographic.political_opinion",
    "user.demographic.race_ethnicity",
    "user.demographic.religious_belief",
    "user.demographic.sexual_orientation",
    "user.health_and_medical",
)
"""The fideslang data categories that GDPR Art. 9(1) names, whether a document marks them or not."""
_ON_DEVICE = ("user.behavior.browsing_history", "user.device")
"""What is read from a person's device; ePrivacy Directive Art. 5(3) speaks of storage there."""
_ADVERTISING = "marketing.advertising"
THIRD_PARTY_ADVERTISING = "marketing.advertising.third_party"
_MESSAGES = {
    "marketing.communications.email": Topic.EMAIL_MARKETING,
    "marketing.communications.sms": Topic.SMS_MARKETING,
}
_CONTACTS = {
    "user.contact.email": Topic.EMAIL_MARKETING,
    "user.contact.phone_number": Topic.SMS_MARKETING,
}
_NEEDED = ("essential", "functional")
"""Data uses without which a service does not work, so that other uses may require them."""


def is_under(term: str, *roots: str) -> bool:
    """Return whether a dotted term is one of `roots`, or below one."""
    return any(term == root or term.startswith(f"{root}.") for root in roots)


def is_needed(data_use: str) -> bool:
    """Return whether the data use is part of what makes a service work."""
    return is_under(data_use, *_NEEDED)


def special_categories(document: Mapping[str, Any], slugs: Iterable[str]) -> tuple[str, ...]:
    """Return those of the data categories `slugs` that are special, by their mark or by what they are."""
    declared = document["data_categories"]
    return tuple(
        slug
        for slug in slugs
        if declared[slug].get("special") or is_under(declared[slug]["data_category"], *SPECIAL)
    )


def topics_of(document: Mapping[str, Any], slug: str, rule: Mapping[str, Any]) -> frozenset[Topic]:
    """Return what the purpose `slug` does under `rule`."""
    purpose = document["purposes"][slug]
    kinds = [document["data_categories"][one]["data_category"] for one in purpose["data_categories"]]
    found = set(_uses(purpose, kinds, direct=rule.get("direct_marketing", False)))
    if special_categories(document, rule["data_categories"]):
        found.add(Topic.SENSITIVE_DATA)
    return frozenset(found)


def _uses(purpose: Mapping[str, Any], kinds: list[str], *, direct: bool) -> Iterator[Topic]:
    use = purpose["data_use"]
    if is_under(use, _ADVERTISING) or purpose.get("opt_out_signals"):
        yield Topic.ADVERTISING
    if is_under(use, "analytics") and any(is_under(kind, *_ON_DEVICE) for kind in kinds):
        yield Topic.ANALYTICS_STORAGE
    named = [topic for root, topic in _MESSAGES.items() if is_under(use, root)]
    yield from named
    if direct and not named and use in ("marketing", "marketing.communications"):
        yield from (topic for root, topic in _CONTACTS.items() if any(is_under(k, root) for k in kinds))
