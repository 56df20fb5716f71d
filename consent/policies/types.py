"""Values that describe policies. Pure: no Django, no clock."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


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
