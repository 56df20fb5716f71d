"""What the search finds."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Found:
    """One page or thing, and where it is."""

    title: str
    kind: str
    address: str


@dataclass(frozen=True)
class Findable:
    """A list whose rows are found, and by which fields: `=` in front means the whole value."""

    label: str
    fields: Sequence[str]


FINDABLE = (
    Findable("consent_requests.request", ("^reference",)),
    Findable("activation_destinations.destination", ("slug", "title")),
    Findable("activation_enforcement.standingaudience", ("slug", "title")),
    Findable("activation_enforcement.enforcementrun", ("=id",)),
    Findable("activation_enforcement.runorder", ("=id", "^audience_slug")),
    Findable("activation_enforcement.streamrun", ("=id",)),
    Findable("activation_desk.simulationrun", ("=id",)),
    Findable("consent_policies.policyversion", ("key", "title", "=digest")),
    Findable("consent_policies.purpose", ("slug", "title")),
    Findable("consent_policies.notice", ("slug", "title")),
    Findable("consent_policies.rule", ("slug",)),
    Findable("consent_policies.controller", ("slug", "title")),
    Findable("consent_policies.jurisdiction", ("=code", "title")),
    Findable("consent_policies.taxonomyterm", ("key", "name")),
    Findable("consent_requests.system", ("slug", "title")),
    Findable("consent_requests.dataset", ("name", "title")),
    Findable("consent_requests.agent", ("slug",)),
    Findable("activation_checks.apiclient", ("name",)),
    Findable("activation_changes.subscription", ("slug", "title")),
    Findable("consent_portal.site", ("slug", "title")),
)
"""None of these fields holds anything about a person: people are found on a page of their own."""
