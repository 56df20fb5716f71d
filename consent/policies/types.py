"""Values that describe policies. Pure: no Django, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class LegalBasis(StrEnum):
    """The closed list of grounds a rule can rest on."""

    CONSENT = "consent"
    OPT_OUT = "opt_out"
    SOFT_OPT_IN = "soft_opt_in"
    CONTRACT = "contract"
    LEGAL_OBLIGATION = "legal_obligation"
    VITAL_INTEREST = "vital_interest"
    PUBLIC_TASK = "public_task"
    LEGITIMATE_INTEREST = "legitimate_interest"
    STRICTLY_NECESSARY = "strictly_necessary"


class PolicyStatus(StrEnum):
    """Where a version stands on its way; it only moves forward."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    PUBLISHED = "published"


class VersionStage(StrEnum):
    """Where a version stands at some time, as officers say it: a published one comes, holds, or has held."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    IN_FORCE = "in_force"
    SUPERSEDED = "superseded"


class StepKind(StrEnum):
    """What can happen to a version on its way."""

    IMPORTED = "imported"
    COPIED = "copied"
    EDITED = "edited"
    ACKNOWLEDGED = "acknowledged"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    SIMULATED = "simulated"
    APPROVED = "approved"
    PUBLISHED = "published"


AUTHORING = frozenset({StepKind.IMPORTED, StepKind.COPIED, StepKind.EDITED})
"""The steps that make whoever takes them an author of the text, who cannot approve it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedPolicy:
    """One published version: the frozen text, its digest, and when it holds."""

    key: str
    version: int
    digest: str
    """`sha256:` and 64 hex digits, over `canonical`."""
    canonical: bytes
    """The document as RFC 8785 canonical JSON. Never edited."""
    in_force_from: datetime
    in_force_until: datetime | None
    """When the next published version takes over; None while none is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedPolicy:
    """The draft that an import made."""

    version_id: int
    key: str
    version: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionSummary:
    """One version without its text, wherever it stands on its way."""

    version_id: int
    key: str
    version: int
    status: PolicyStatus
    digest: str
    author_id: int
    approver_id: int | None
    created_at: datetime
    approved_at: datetime | None
    published_at: datetime | None
    effective_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionText:
    """The text of one version, wherever it stands on its way. A draft's changes as it is edited."""

    version_id: int
    key: str
    version: int
    status: PolicyStatus
    digest: str
    canonical: bytes

    def as_published(self, at: datetime) -> PublishedPolicy:
        """Return the text as if it took effect at `at`, for good: to try it out."""
        return PublishedPolicy(
            key=self.key,
            version=self.version,
            digest=self.digest,
            canonical=self.canonical,
            in_force_from=at,
            in_force_until=None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedSimulation:
    """What a text would have changed, as it was attached to the version."""

    digest: str
    """Of the text that was simulated."""
    figures: Mapping[str, Any]
    figures_digest: str
    simulated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyWarning:
    """A place where a policy is laxer than the law table. It does not refuse; an officer must answer it."""

    key: str
    """Stays the same while the place and what is wrong with it do: acknowledgements name it."""
    code: str
    """Which check speaks: `laxer_basis`, `age_below_law`, …"""
    path: str
    """Where, from the document's root: `rules[3].basis`."""
    message: str
    """What was found and what the law table says, in plain words."""
    citation: str
    check_before_use: bool = False
    """True if the row of the law table that it rests on is marked so."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a policy document."""

    path: str
    """Where, from the document's root: `rules[3].purposes[0]`."""
    message: str
    """What was found and what was expected, in plain words."""
