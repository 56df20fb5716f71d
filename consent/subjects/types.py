"""Values that describe data subjects. Pure: no Django, no clock."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

SubjectRef = NewType("SubjectRef", str)
"""A random pseudonym; never an identifier, nor derived from one."""


SUBJECT_REF = "subject_ref"
"""What a column, or a claim, is called that names people by their reference instead of an identifier."""


class IdentifierKind(StrEnum):
    """The kinds of identifier a person is found by."""

    CUSTOMER_ID = "customer_id"  # of a shop or a CRM
    USER_ID = "user_id"  # of a login
    EMAIL = "email"
    PHONE = "phone"
    DEVICE_ID = "device_id"
    ADVERTISING_ID = "advertising_id"  # of a phone's system: IDFA, GAID
    COOKIE_ID = "cookie_id"
    EMAIL_SHA256 = "email_sha256"  # of the normalised address, in hex
    PHONE_SHA256 = "phone_sha256"  # of the number in E.164, in hex


HASHED_KINDS = {
    IdentifierKind.EMAIL_SHA256: IdentifierKind.EMAIL,
    IdentifierKind.PHONE_SHA256: IdentifierKind.PHONE,
}
"""Kinds whose value is the SHA-256 of another kind's: both forms lead to the same person."""

ALWAYS_VERIFIED = frozenset({IdentifierKind.CUSTOMER_ID, IdentifierKind.USER_ID})
"""Kinds that a system of the controller's gives out: whoever sends one knows whose it is."""
VERIFIABLE = frozenset(
    {
        IdentifierKind.EMAIL,
        IdentifierKind.PHONE,
        IdentifierKind.EMAIL_SHA256,
        IdentifierKind.PHONE_SHA256,
    }
)
"""Kinds that a source may call verified: the person proved that it reaches them."""


@dataclass(frozen=True, slots=True)
class Identifier:
    """One identifier as a caller sent it. Never logged, stored or put into a URL in this form."""

    kind: IdentifierKind
    value: str
    verified: bool = field(default=False, compare=False)
    """The source vouches that it is this person's; it is the same identifier either way."""
    is_normalised: bool = field(default=False, compare=False, repr=False)
    """Set by `normalise` alone, which need not do it again."""

    @property
    def is_verified(self) -> bool:
        """Whether it tells persons apart, by its kind or because the source says so."""
        return self.verified or self.kind in ALWAYS_VERIFIED


@dataclass(frozen=True, slots=True)
class KnownIdentifier:
    """One identifier on record, read back from its sealed form."""

    kind: IdentifierKind
    """The kind that it was sent as."""
    value: str
    """As it was looked up: normalised."""
    verified: bool
    event_id: str
    """Names the event that recorded it."""


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """Whom what stands for an identifier leads to: one living subject, or the erased ones it led to once."""

    kind: IdentifierKind
    blind_index: bytes
    refs: frozenset[SubjectRef]


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one row says of whom it is about."""

    identifiers: tuple[Identifier, ...]
    is_only_no: bool = False
    """The row holds nothing but a no, or several: it can be recorded for whomever it may be about."""
    is_new_start: bool = False
    """A new act of the person's own, by a verified identifier: an erasure does not stand against it."""


class Refusal(StrEnum):
    """Why a sighting leads to nobody who may be written about."""

    IDENTITY_CONFLICT = "identity_conflict"
    SUBJECT_ERASED = "subject_erased"


@dataclass(frozen=True, slots=True)
class Sighted:
    """Whom one sighting leads to."""

    actor: SubjectRef
    """Who acts: a yes, and what is said besides, is theirs alone."""
    reached: tuple[SubjectRef, ...]
    """Everybody whom the identifiers lead to, the actor first: a no counts for each of them."""


class FactName(StrEnum):
    """What is on record about a person besides their choices."""

    RESIDENCE = "residence"  # a jurisdiction code, such as DE or US-CA
    LOCATION = "location"
    BORN_ON = "born_on"  # YYYY-MM-DD
    CONTRACT_ACTIVE = "contract_active"  # yes | no
    SOFT_OPT_IN = "soft_opt_in"  # yes | no: bought alike goods, was told, never said no
    VITAL_INTEREST = "vital_interest"  # yes | no
    RESTRICTED = "restricted"  # yes | no (GDPR Art. 18)
    SHARED_DEVICE = "shared_device"  # yes | no: this subject is a device that several people use


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One dated fact about a subject. The latest of a name is the one in force."""

    subject_ref: str
    name: FactName
    value: str
    effective_at: datetime
    recorded_at: datetime
    version: int
    controller: str | None = None
    """Set when the fact holds towards one controller only, as a contract does."""
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Two subjects found to be one person, from `linked_at` until `unlinked_at` (open if None)."""

    left: str
    right: str
    linked_at: datetime
    recorded_at: datetime
    unlinked_at: datetime | None = None


class HoldReason(StrEnum):
    """Why two subjects that a row shows together are not linked without an officer."""

    VERIFIED_DIFFER = "verified_differ"  # each has a verified identifier of one kind, and not the same
    UNDONE_BEFORE = "undone_before"  # an officer undid this link


class HeldDecision(StrEnum):
    """What became of a held link."""

    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    ERASED = "erased"  # one of the two was erased: there is nothing left to decide


@dataclass(frozen=True, slots=True)
class Hold:
    """Two subjects that a row shows together and that are not to be linked without an officer."""

    left: SubjectRef
    right: SubjectRef
    reason: HoldReason


@dataclass(frozen=True, slots=True)
class HeldPair:
    """A hold that waits for an officer."""

    id: int
    hold: Hold
    held_at: datetime


@dataclass(frozen=True, slots=True)
class WriteToken:
    """A write that the caller wants to read back: the subject's version it produced."""

    subject_ref: str
    version: int


@dataclass(frozen=True, slots=True)
class KnownSubject:
    """A subject's own row: how often it was written about, and whether it was erased."""

    ref: SubjectRef
    version: int
    erased_at: datetime | None


@dataclass(frozen=True, slots=True)
class SubjectGroup:
    """All the subjects that one set of identifiers leads to, directly or over links."""

    asked: frozenset[SubjectRef]
    """Those the identifiers lead to directly; empty if they lead to none."""
    members: tuple[KnownSubject, ...]
    links: tuple[Link, ...]
    """Every link between members, those undone included."""
