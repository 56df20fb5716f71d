"""Values that describe data subjects. Pure: no Django, no clock."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

SubjectRef = NewType("SubjectRef", str)
"""A random pseudonym; never an identifier, nor derived from one."""


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


@dataclass(frozen=True, slots=True)
class Identifier:
    """One identifier as a caller sent it. Never logged, stored or put into a URL in this form."""

    kind: IdentifierKind
    value: str


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
