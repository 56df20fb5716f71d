"""A TC string read: strictly, or leniently with a report of what was ignored."""

from typing import Any, cast

from consent.signals.base64url import BITS_PER_CHARACTER, to_bits
from consent.signals.errors import Fault
from consent.signals.intervals import IdSet
from consent.signals.reading import Lenient, Reader, Strict
from consent.signals.tcf.fields import CORE_BITS, CORE_PLACES, PADDING
from consent.signals.tcf.rules import lacks_disclosed_vendors
from consent.signals.tcf.sections import SegmentBits, read_restrictions, read_vendors
from consent.signals.tcf.types import VERSION, Form, PublisherTC, SectionForm, Segment, TCString
from consent.signals.tenths import to_time

LONGEST = 24_576
"""Characters, six times what a cookie holds: whatever they say is read in milliseconds and a megabyte."""
MOST_SEGMENTS = 8
"""There are four kinds, each once; what follows is not even looked at."""
Found = dict[str, Any]


def decode(text: str, *, longest: int = LONGEST, demand_segments: bool = True) -> TCString:
    """Return what the string says.

    Refused is what the format forbids; since March 2026 that includes a string without the DisclosedVendors
    segment (`demand_segments=False` lets it pass, for who tells it otherwise). What the rules say of a
    string's values, such as its scope, is told by `rules.check_rules`.

    :raises MalformedSignal: with the reason, the character, the segment's bit and the field.
    """
    return cast("TCString", _read(text, longest, Strict(), demand_segments=demand_segments))


def decode_leniently(text: str, *, longest: int = LONGEST) -> tuple[TCString | None, tuple[Fault, ...]]:
    """Return what can be read of the string, None if its core cannot, and what was ignored.

    What was ignored may have been a restriction: no yes should rest on a string with a fault.
    """
    reader = Lenient()
    read = _read(text, longest, reader, demand_segments=True)
    return read, tuple(reader.ignored)


def _read(text: str, longest: int, reader: Reader, *, demand_segments: bool) -> TCString | None:
    if len(text) > longest:
        reader.ignore(Fault("too_long", f"the string has {len(text)} characters", longest))
        text = text[:longest]
    core, *others = text.split(".", MOST_SEGMENTS)
    rest = others.pop() if len(others) == MOST_SEGMENTS else ""
    sections: list[SectionForm] = []
    found = _read_core(core, sections, reader)
    if found is None:
        return None
    segments = [(Segment.CORE, len(core))]
    start = len(core) + 1
    for one in others:
        segment = SegmentBits(to_bits(one, reader, start), start, reader)
        if kind := _read_segment(segment, found, sections):
            segments.append((kind, len(one)))
        start += len(one) + 1
    if rest:
        reader.ignore(Fault("too_many_segments", f"after {MOST_SEGMENTS} there are none", start))
    if demand_segments and lacks_disclosed_vendors(found["created"], found.get("disclosed_vendors")):
        detail = "strings created after February 2026 have a segment DisclosedVendors"
        reader.ignore(Fault("disclosed_vendors_missing", detail, len(text), field="DisclosedVendors"))
    return TCString(**found, form=Form(tuple(segments), tuple(sections)))


def _read_core(text: str, sections: list[SectionForm], reader: Reader) -> Found | None:
    """Return the core's fields by their names here, or None where a lenient reader cannot make them out."""
    segment = SegmentBits(to_bits(text, reader), 0, reader)
    if not _is_known(segment):
        return None
    found = _read_fixed(segment)
    consents, end = read_vendors(segment, CORE_BITS, "VendorConsent")
    interests, end = read_vendors(segment, end, "VendorLegitimateInterest")
    found["vendor_consents"], found["vendor_legitimate_interests"] = consents[0], interests[0]
    found["publisher_restrictions"], end = read_restrictions(segment, end)
    _finish(segment, end, "PublisherRestrictions")
    sections += consents, interests
    return found


def _is_known(segment: SegmentBits) -> bool:
    """Return whether it is of the version that is read, and has all fields of a fixed length."""
    length = segment.length
    if length >= CORE_BITS and segment.bits.startswith(_VERSION_BITS):
        return True
    if length >= 6 and not segment.bits.startswith(_VERSION_BITS):
        detail = f"the version is {segment.number(0, 6)}, and only {VERSION} is read"
        segment.ignore("unknown_version", detail, 0, "Version")
    else:
        segment.cut(CORE_BITS, next(name for name, (_, end) in CORE_PLACES.items() if end > length))
    return False


def _read_fixed(segment: SegmentBits) -> Found:
    """Return the core's fields of a fixed length. Their places are `CORE_PLACES`, written out for speed."""
    bits = segment.bits
    created = to_time(int(bits[6:42], 2))
    return {
        "created": created,
        "last_updated": created if bits[6:42] == bits[42:78] else to_time(int(bits[42:78], 2)),
        "cmp_id": int(bits[78:90], 2),
        "cmp_version": int(bits[90:102], 2),
        "consent_screen": int(bits[102:108], 2),
        "consent_language": _CODES.get(bits[108:120]) or _no_code(segment, 108, "ConsentLanguage"),
        "vendor_list_version": int(bits[120:132], 2),
        "policy_version": int(bits[132:138], 2),
        "is_service_specific": bits[138] == "1",
        "use_non_standard_texts": bits[139] == "1",
        "special_feature_opt_ins": IdSet.of_bits(bits[140:152]),
        "purposes_consent": IdSet.of_bits(bits[152:176]),
        "purposes_legitimate_interest": IdSet.of_bits(bits[176:200]),
        "purpose_one_treatment": bits[200] == "1",
        "publisher_country_code": _CODES.get(bits[201:213]) or _no_code(segment, 201, "PublisherCC"),
    }


def _no_code(segment: SegmentBits, at: int, field: str) -> str:
    numbers = segment.number(at, at + 6), segment.number(at + 6, at + 12)
    segment.ignore("not_letters", f"{numbers} are not two of the letters 0 to 25", at, field)
    return ""


def _read_segment(segment: SegmentBits, found: Found, sections: list[SectionForm]) -> Segment | None:
    """Add what the segment says to what was found, and return its kind, or None where it is ignored."""
    if not segment.reaches(3, "SegmentType"):
        return None
    number = segment.number(0, 3)
    if number not in _NAMES:
        segment.ignore(*_UNKNOWN[number == 0], 0, "SegmentType")
        return None
    kind, (name, field) = Segment(number), _NAMES[number]
    if name in found:
        segment.ignore("duplicate_segment", f"there is a segment {field} already", 0, "SegmentType")
        return None
    if kind is Segment.PUBLISHER_TC:
        return _read_publisher(segment, found)
    form, end = read_vendors(segment, 3, field)
    _finish(segment, end, field)
    found[name] = form[0]
    sections.append(form)
    return kind


def _read_publisher(segment: SegmentBits, found: Found) -> Segment | None:
    if not segment.reaches(57, "NumCustomPurposes"):
        return None
    bits, count = segment.bits, segment.number(51, 57)
    half, end = 57 + count, 57 + 2 * count
    if not segment.reaches(
        end, "CustomPurposesConsent" if half > segment.length else "CustomPurposesLITransparency"
    ):
        end = segment.length
    sets = (bits[3:27], bits[27:51], bits[57:half], bits[half:end])
    consent, interest, custom, custom_interest = map(IdSet.of_bits, sets)
    found["publisher_tc"] = PublisherTC(consent, interest, count, custom, custom_interest)
    _finish(segment, end, "PublisherTC")
    return Segment.PUBLISHER_TC


def _finish(segment: SegmentBits, end: int, field: str) -> None:
    """Refuse, or note, whatever follows a segment's last field but zeros up to a whole character and byte."""
    extra = segment.bits.find("1", end)
    if extra >= 0:
        segment.ignore("trailing_bits", "after the last field there are only zeros", extra, field)
    filled = end + -end % PADDING
    if segment.length > filled:
        surplus = (segment.length - filled) // BITS_PER_CHARACTER
        segment.ignore("overlong", f"{surplus} characters follow the last field", filled, field)


_VERSION_BITS = format(VERSION, "06b")
_NAMES = {
    1: ("disclosed_vendors", "DisclosedVendors"),
    2: ("allowed_vendors", "AllowedVendors"),
    3: ("publisher_tc", "PublisherTC"),
}
_UNKNOWN = {
    True: ("duplicate_segment", "the core comes first, and once"),
    False: ("unknown_segment", "the segment's type is none of 1, 2 and 3"),
}
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CODES = {
    f"{first:06b}{second:06b}": _LETTERS[first] + _LETTERS[second]
    for first in range(26)
    for second in range(26)
}
