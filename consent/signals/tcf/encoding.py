"""A TC string written: as it was read where nothing was changed, and else as IAB's own writer does."""

from collections.abc import Iterator
from datetime import datetime

from consent.signals.base64url import BITS_PER_CHARACTER, from_bits
from consent.signals.errors import Fault, MalformedSignal
from consent.signals.intervals import IdSet
from consent.signals.tcf.fields import (
    HIGHEST_COUNT,
    HIGHEST_CUSTOM_PURPOSES,
    HIGHEST_VENDOR,
    PADDING,
    PURPOSES,
    SPECIAL_FEATURES,
)
from consent.signals.tcf.rules import lacks_disclosed_vendors
from consent.signals.tcf.types import (
    VERSION,
    Entries,
    Form,
    PublisherTC,
    Restriction,
    RestrictionType,
    SectionForm,
    Segment,
    TCString,
)
from consent.signals.tenths import HIGHEST, from_time

_NO_FORM = Form((), ())


def encode(tc: TCString) -> str:
    """Return the string. Of each set of vendors the shorter writing is taken, a bitfield if both are as long.

    Times are rounded down to tenths of a second. What strict decoding would refuse is refused here, too.

    :raises MalformedSignal: if a value does not fit its field; the fault names the field and has no place.
    """
    form = tc.form or _NO_FORM
    if lacks_disclosed_vendors(tc.created, tc.disclosed_vendors):
        detail = "strings created after February 2026 have a segment DisclosedVendors"
        raise _refuse("disclosed_vendors_missing", detail, "DisclosedVendors")
    bits = {Segment.CORE: _write_core(tc, form.sections)}
    if tc.disclosed_vendors is not None:
        vendors = _write_vendors(tc.disclosed_vendors, form.sections, "DisclosedVendors")
        bits[Segment.DISCLOSED_VENDORS] = "001" + vendors
    if tc.allowed_vendors is not None:
        bits[Segment.ALLOWED_VENDORS] = "010" + _write_vendors(
            tc.allowed_vendors, form.sections, "AllowedVendors"
        )
    if tc.publisher_tc is not None:
        bits[Segment.PUBLISHER_TC] = "011" + _write_publisher(tc.publisher_tc)
    return ".".join(_arrange(bits, form))


def _arrange(bits: dict[Segment, str], form: Form) -> Iterator[str]:
    """Yield each segment's text, in the order that was read; those that are new come last."""
    lengths = dict(form.segments)
    for kind in dict.fromkeys((*lengths, *bits)):
        if kind in bits:
            yield _fill(bits[kind], lengths.get(kind))


def _fill(bits: str, length: int | None) -> str:
    """Return the bits as text of `length` characters, or of IAB's own if those cannot be."""
    filled = len(bits) + -len(bits) % PADDING
    if length is not None and len(bits) <= length * BITS_PER_CHARACTER <= filled:
        filled = length * BITS_PER_CHARACTER
    return from_bits(bits.ljust(filled, "0"))


def _write_core(tc: TCString, sections: tuple[SectionForm, ...]) -> str:
    if tc.version != VERSION:
        raise _refuse(
            "unknown_version", f"the version is {tc.version}, and only {VERSION} is written", "Version"
        )
    return (
        f"{VERSION:06b}{_time(tc.created, 'Created')}{_time(tc.last_updated, 'LastUpdated')}"
        f"{_number(tc.cmp_id, 12, 'CmpId')}{_number(tc.cmp_version, 12, 'CmpVersion')}"
        f"{_number(tc.consent_screen, 6, 'ConsentScreen')}{_letters(tc.consent_language, 'ConsentLanguage')}"
        f"{_number(tc.vendor_list_version, 12, 'VendorListVersion')}"
        f"{_number(tc.policy_version, 6, 'TcfPolicyVersion')}"
        f"{tc.is_service_specific:b}{tc.use_non_standard_texts:b}"
        f"{_bitfield(tc.special_feature_opt_ins, SPECIAL_FEATURES, 'SpecialFeatureOptIns')}"
        f"{_bitfield(tc.purposes_consent, PURPOSES, 'PurposesConsent')}"
        f"{_bitfield(tc.purposes_legitimate_interest, PURPOSES, 'PurposesLITransparency')}"
        f"{tc.purpose_one_treatment:b}{_letters(tc.publisher_country_code, 'PublisherCC')}"
        f"{_write_vendors(tc.vendor_consents, sections, 'VendorConsent')}"
        f"{_write_vendors(tc.vendor_legitimate_interests, sections, 'VendorLegitimateInterest')}"
        f"{_write_restrictions(tc.publisher_restrictions)}"
    )


def _write_vendors(ids: IdSet, sections: tuple[SectionForm, ...], field: str) -> str:
    read = next((form for form in sections if form[0] is ids), None)
    _, maximum, entries = read or _choose_form(ids, field)
    if entries is None:
        return f"{maximum:016b}0{ids.to_bits(maximum)}"
    return f"{maximum:016b}1{_write_entries(entries, field)}"


def _choose_form(ids: IdSet, field: str) -> SectionForm:
    """Return range entries if they take fewer bits than the bitfield does."""
    _check_vendors(ids, field)
    highest = ids.highest
    if 12 + 17 * ids.count_runs() >= highest:
        return ids, highest, None
    intervals = ids.intervals
    ranges = sum(first != last for first, last in intervals)
    shorter = 12 + 17 * len(intervals) + 16 * ranges < highest
    return ids, highest, intervals if shorter else None


def _write_entries(entries: Entries, field: str) -> str:
    if len(entries) > HIGHEST_COUNT:
        raise _refuse(
            "too_many_entries", f"{len(entries)} range entries are more than {HIGHEST_COUNT}", field
        )
    written = [f"0{first:016b}" if first == last else f"1{first:016b}{last:016b}" for first, last in entries]
    return f"{len(entries):012b}{''.join(written)}"


def _write_restrictions(restrictions: tuple[Restriction, ...]) -> str:
    field = "PublisherRestrictions"
    if len({(one.purpose, one.type) for one in restrictions}) < len(restrictions):
        raise _refuse("duplicate_restriction", "a purpose is restricted in the same way twice", field)
    return f"{len(restrictions):012b}{''.join(map(_write_restriction, restrictions))}"


def _write_restriction(restriction: Restriction) -> str:
    field = "PublisherRestrictions"
    if not 0 < restriction.purpose <= PURPOSES:
        raise _refuse("unknown_purpose", f"there is no purpose {restriction.purpose}", field)
    _check_vendors(restriction.vendors, field)
    entries = restriction.entries
    if entries is None or IdSet.of_intervals(entries) != restriction.vendors:
        entries = restriction.vendors.intervals
    kind = RestrictionType(restriction.type)
    return f"{restriction.purpose:06b}{kind:02b}{_write_entries(entries, field)}"


def _write_publisher(publisher: PublisherTC) -> str:
    count = publisher.number_of_custom_purposes
    if not 0 <= count <= HIGHEST_CUSTOM_PURPOSES:
        raise _refuse("out_of_range", f"{count} does not fit 6 bits", "NumCustomPurposes")
    interest = publisher.custom_purposes_legitimate_interest
    return (
        f"{_bitfield(publisher.purposes_consent, PURPOSES, 'PubPurposesConsent')}"
        f"{_bitfield(publisher.purposes_legitimate_interest, PURPOSES, 'PubPurposesLITransparency')}"
        f"{count:06b}"
        f"{_bitfield(publisher.custom_purposes_consent, count, 'CustomPurposesConsent')}"
        f"{_bitfield(interest, count, 'CustomPurposesLITransparency')}"
    )


def _time(value: datetime, field: str) -> str:
    if value.utcoffset() is None:
        raise _refuse("not_a_time", "the time says no time zone", field)
    tenths = from_time(value)
    if not 0 <= tenths <= HIGHEST:
        raise _refuse("out_of_range", f"{value.isoformat()} does not fit 36 bits", field)
    return f"{tenths:036b}"


def _number(value: int, bits: int, field: str) -> str:
    if not 0 <= value < 1 << bits:
        raise _refuse("out_of_range", f"{value} does not fit {bits} bits", field)
    return f"{value:0{bits}b}"


def _letters(value: str, field: str) -> str:
    if len(value) != 2 or not (value.isascii() and value.isalpha()):
        raise _refuse("not_letters", f"{value!r} is not two letters from A to Z", field)
    code = value.upper()
    return f"{ord(code[0]) - 65:06b}{ord(code[1]) - 65:06b}"


def _bitfield(ids: IdSet, length: int, field: str) -> str:
    if ids.highest > length:
        raise _refuse("out_of_range", f"{ids.highest} is beyond {length}", field)
    return ids.to_bits(length)


def _check_vendors(ids: IdSet, field: str) -> None:
    if ids.highest > HIGHEST_VENDOR:
        raise _refuse("out_of_range", f"vendor {ids.highest} does not fit 16 bits", field)
    if ids and ids.lowest < 1:
        raise _refuse("vendor_zero", "vendors are numbered from 1", field)


def _refuse(reason: str, detail: str, field: str) -> MalformedSignal:
    return MalformedSignal(Fault(reason, detail, field=field))
