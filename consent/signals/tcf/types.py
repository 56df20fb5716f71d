"""What a TC string says. Fields are the specification's, section "TC String Format"."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from consent.signals.intervals import IdSet, Interval

NOBODY = IdSet()
VERSION = 2
"""The only version of the format that is read and written; version 1 ended in September 2020."""


class RestrictionType(IntEnum):
    """What a publisher restricts vendors to, for one purpose (field RestrictionType)."""

    NOT_ALLOWED = 0
    REQUIRE_CONSENT = 1
    REQUIRE_LEGITIMATE_INTEREST = 2


class Segment(IntEnum):
    """The parts of a TC string, by their SegmentType. The core comes first and does not write its own."""

    CORE = 0
    DISCLOSED_VENDORS = 1
    ALLOWED_VENDORS = 2
    PUBLISHER_TC = 3


Entries = tuple[Interval, ...]
"""Range entries in the order in which they are written; they may touch, which a set's intervals do not."""

SectionForm = tuple[IdSet, int, Entries | None]
"""How a set of vendors was written: the set, its MaxVendorId, and range entries or None for a bitfield."""


@dataclass(frozen=True, slots=True)
class Restriction:
    """One purpose restricted in one way for some vendors (PubRestrictionEntry).

    `entries` are those that were read. Where they are not what `vendors` says, they are passed over.
    """

    purpose: int
    type: RestrictionType
    vendors: IdSet
    entries: Entries | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class PublisherTC:
    """What the person chose for the publisher's own purposes (segment PublisherTC)."""

    purposes_consent: IdSet = NOBODY
    purposes_legitimate_interest: IdSet = NOBODY
    number_of_custom_purposes: int = 0
    custom_purposes_consent: IdSet = NOBODY
    custom_purposes_legitimate_interest: IdSet = NOBODY


@dataclass(frozen=True, slots=True)
class Form:
    """How a string was written, as far as another writer could have done it otherwise.

    `segments` are the segments in their order, each with its number of characters; `sections` are the sets of
    vendors in their order.
    """

    segments: tuple[tuple[Segment, int], ...]
    sections: tuple[SectionForm, ...]


@dataclass(frozen=True, slots=True)
class TCString:
    """A TC string of version 2.

    Times are aware and in UTC, with tenths of a second; codes are two capital letters. The sets of a segment
    that the string has not are None. `form` does not count when two are compared: it only lets `encode` write
    the text that was read, and of what was changed since it is passed over.
    """

    created: datetime
    last_updated: datetime
    cmp_id: int
    cmp_version: int
    consent_screen: int
    consent_language: str
    vendor_list_version: int
    policy_version: int
    is_service_specific: bool
    use_non_standard_texts: bool
    special_feature_opt_ins: IdSet
    purposes_consent: IdSet
    purposes_legitimate_interest: IdSet
    purpose_one_treatment: bool
    publisher_country_code: str
    vendor_consents: IdSet
    vendor_legitimate_interests: IdSet
    publisher_restrictions: tuple[Restriction, ...] = ()
    disclosed_vendors: IdSet | None = None
    allowed_vendors: IdSet | None = None
    publisher_tc: PublisherTC | None = None
    version: int = VERSION
    form: Form | None = field(default=None, compare=False, repr=False)
