"""What a TC string says. Fields are the specification's, section "TC String Format"."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from consent.signals.intervals import IdSet, Interval

NOBODY = IdSet()


class RestrictionType(IntEnum):
    """What a publisher restricts vendors to, for one purpose (section "PubRestrictionEntry")."""

    NOT_ALLOWED = 0
    REQUIRE_CONSENT = 1
    REQUIRE_LEGITIMATE_INTEREST = 2


class Segment(IntEnum):
    """The parts of a TC string, by their segment type. The core comes first and has no type of its own."""

    CORE = 0
    DISCLOSED_VENDORS = 1
    ALLOWED_VENDORS = 2
    PUBLISHER_TC = 3


@dataclass(frozen=True, slots=True)
class Restriction:
    """One purpose restricted in one way for some vendors.

    `entries` are the range entries as they were written, where that is not how they would be written anew.
    """

    purpose: int
    type: RestrictionType
    vendors: IdSet
    entries: tuple[Interval, ...] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class PublisherTC:
    """What the person chose for the publisher's own purposes (section "Publisher Purposes …")."""

    purposes_consent: IdSet = NOBODY
    purposes_legitimate_interest: IdSet = NOBODY
    number_of_custom_purposes: int = 0
    custom_purposes_consent: IdSet = NOBODY
    custom_purposes_legitimate_interest: IdSet = NOBODY


@dataclass(frozen=True, slots=True)
class SectionForm:
    """How a set of vendors was written: its MaxVendorId, and the range entries, or None for a bitfield."""

    maximum: int
    entries: tuple[Interval, ...] | None


@dataclass(frozen=True, slots=True)
class Form:
    """How a string was written, as far as another writer could have done it otherwise.

    `segments` are the segments in their order, each with its number of characters. A section is None that is
    written as it would be written anew.
    """

    segments: tuple[tuple[Segment, int], ...]
    vendor_consents: SectionForm | None = None
    vendor_legitimate_interests: SectionForm | None = None
    disclosed_vendors: SectionForm | None = None
    allowed_vendors: SectionForm | None = None


@dataclass(frozen=True, slots=True)
class TCString:
    """A decoded TC string of version 2.

    Times are aware and in UTC, with tenths of a second. The segments are None where the string has none.
    `form` does not count when two are compared: it only lets `encode` write the very text that was read, and
    is passed over where the fields have been changed.
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
    version: int = 2
    form: Form | None = field(default=None, compare=False, repr=False)
