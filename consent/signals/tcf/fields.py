"""The fields of a TC string in their order, with their bits: what is read, written and told in the reference.

Source: IAB Tech Lab, "Transparency and Consent String with Global Vendor & CMP List Formats", section
"TC String Format".
"""

from dataclasses import dataclass
from itertools import accumulate


@dataclass(frozen=True, slots=True)
class Field:
    """One field: the specification's name, its bits, and what it holds. No bits: its length varies."""

    name: str
    bits: int | None
    holds: str


PURPOSES = 24
SPECIAL_FEATURES = 12
HIGHEST_VENDOR = 2**16 - 1
HIGHEST_COUNT = 2**12 - 1
"""The most range entries, or restrictions, that a 12-bit count can tell."""
HIGHEST_CUSTOM_PURPOSES = 2**6 - 1
PADDING = 24
"""Bits to which IAB's own writer fills up a segment with zeros: whole characters and whole bytes."""

CORE = (
    Field("Version", 6, "2"),
    Field("Created", 36, "time, in tenths of a second since 1970, UTC"),
    Field("LastUpdated", 36, "time, in tenths of a second since 1970, UTC"),
    Field("CmpId", 12, "number"),
    Field("CmpVersion", 12, "number"),
    Field("ConsentScreen", 6, "number"),
    Field("ConsentLanguage", 12, "two letters, six bits each, A is 0"),
    Field("VendorListVersion", 12, "number"),
    Field("TcfPolicyVersion", 6, "number"),
    Field("IsServiceSpecific", 1, "yes or no"),
    Field("UseNonStandardTexts", 1, "yes or no"),
    Field("SpecialFeatureOptIns", SPECIAL_FEATURES, "bitfield, number 1 first"),
    Field("PurposesConsent", PURPOSES, "bitfield, number 1 first"),
    Field("PurposesLITransparency", PURPOSES, "bitfield, number 1 first"),
    Field("PurposeOneTreatment", 1, "yes or no"),
    Field("PublisherCC", 12, "two letters, six bits each, A is 0"),
    Field("VendorConsent", None, "vendors"),
    Field("VendorLegitimateInterest", None, "vendors"),
    Field("PublisherRestrictions", None, "restrictions"),
)
DISCLOSED_VENDORS = (Field("SegmentType", 3, "1"), Field("DisclosedVendors", None, "vendors"))
ALLOWED_VENDORS = (Field("SegmentType", 3, "2"), Field("AllowedVendors", None, "vendors"))
PUBLISHER_TC = (
    Field("SegmentType", 3, "3"),
    Field("PubPurposesConsent", PURPOSES, "bitfield, number 1 first"),
    Field("PubPurposesLITransparency", PURPOSES, "bitfield, number 1 first"),
    Field("NumCustomPurposes", 6, "number"),
    Field("CustomPurposesConsent", None, "NumCustomPurposes bits"),
    Field("CustomPurposesLITransparency", None, "NumCustomPurposes bits"),
)
VENDORS = (
    Field("MaxVendorId", 16, "number: the last vendor that is told of"),
    Field(
        "IsRangeEncoding", 1, "yes: NumEntries and range entries follow; no: a bitfield of MaxVendorId bits"
    ),
    Field("NumEntries", 12, "number"),
)
RANGE_ENTRY = (
    Field("IsARange", 1, "yes or no"),
    Field("StartOrOnlyVendorId", 16, "number"),
    Field("EndVendorId", 16, "number; only if IsARange"),
)
RESTRICTIONS = (
    Field("NumPubRestrictions", 12, "number; of each restriction follows:"),
    Field("PurposeId", 6, "number, 1 to 24"),
    Field("RestrictionType", 2, "0 not allowed, 1 require consent, 2 require legitimate interest"),
    Field("NumEntries", 12, "number; range entries follow"),
)


def place(fields: tuple[Field, ...]) -> dict[str, tuple[int, int]]:
    """Return the first bit of each field of a fixed length, and the bit after it, by its name."""
    widths = [(one.name, one.bits) for one in fields if one.bits is not None]
    ends = accumulate(bits for _, bits in widths)
    return {name: (end - bits, end) for (name, bits), end in zip(widths, ends, strict=True)}


CORE_PLACES = place(CORE)
CORE_BITS = max(end for _, end in CORE_PLACES.values())
"""The bits of the core's fields of a fixed length: what follows starts there."""
PUBLISHER_PLACES = place(PUBLISHER_TC)
