"""TC strings come back as they were, and whatever is no TC string is refused with its place."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.signals.base64url import ALPHABET, from_bits, to_bits
from consent.signals.errors import Fault, MalformedSignal
from consent.signals.intervals import IdSet
from consent.signals.reading import Strict
from consent.signals.tcf import decode, decode_leniently, encode, from_json, to_json
from consent.signals.tcf.fields import CORE_PLACES, PUBLISHER_PLACES
from consent.signals.tcf.types import PublisherTC, Restriction, RestrictionType, TCString
from tests.tcf_bad_input import (
    BAD,
    DISCLOSED_TEXT,
    FIXED,
    NO_RESTRICTIONS,
    NO_VENDORS,
    Bad,
    entry_list,
    ranges,
    with_consents,
    with_restrictions,
    write,
)
from tests.tcf_strings import LATEST, make_string, make_typical

OF_THE_SPECIFICATION = (
    "CQSbk4AQSbk4ANwAAAENAwCgAAAAAAAAAAYgACPAAAAA.IDKQA4AAgAKAGQAygAAA.YAAAAAAAAAAA",
    "CQSbk4AQSbk4ANwAAAENAwCgAAAAAAAAAAYgACPAAAAA.IDKQA4AAgAKAGQAygAAA",
)
SHORT = [encode(make_string(seed, most=30)) for seed in range(20)]
CHARACTERS = f"{ALPHABET}.+= é"


@given(st.integers(0, 2**32))
def test_a_string_comes_back_from_its_text_and_its_json(seed: int) -> None:
    tc = make_string(seed)
    text = encode(tc)
    read = decode(text)

    assert read == tc
    assert encode(read) == text
    assert from_json(to_json(read)) == tc
    assert encode(from_json(to_json(tc))) == text
    assert decode_leniently(text) == (tc, ())


@pytest.mark.parametrize("text", OF_THE_SPECIFICATION)
def test_the_specifications_examples_are_read_and_written_again(text: str) -> None:
    tc = decode(text)

    assert encode(tc) == text
    assert (tc.cmp_id, tc.publisher_country_code, tc.vendor_list_version) == (880, "DE", 48)
    assert tc.created == tc.last_updated == datetime(2025, 6, 3, tzinfo=UTC)
    assert tc.disclosed_vendors == IdSet(((1, 5), (100, 100), (404, 404)))


@pytest.mark.parametrize("seed", range(12))
def test_a_text_cut_at_any_character_is_refused_or_is_the_same_string_less_padded(seed: int) -> None:
    text = SHORT[seed]
    for length in range(len(text)):
        _refused_or_the_same(text[:length])
        decode_leniently(text[:length])


def test_each_segment_cut_at_every_bit_of_it_is_refused_or_written_again() -> None:
    for text in SHORT:
        core, *others = text.split(".")
        for number, segment in enumerate([core, *others]):
            bits = to_bits(segment, Strict())
            for length in range(len(bits)):
                parts = [core, *others]
                parts[number] = from_bits(bits[:length])
                _refused_or_the_same(".".join(parts))
                decode_leniently(".".join(parts))


@pytest.mark.parametrize("seed", range(20))
def test_whichever_character_is_changed_it_is_refused_or_says_exactly_what_is_written(seed: int) -> None:
    text = SHORT[seed]
    for place in range(len(text)):
        for character in CHARACTERS:
            changed = text[:place] + character + text[place + 1 :]
            _refused_or_the_same(changed)
            decode_leniently(changed)


def _refused_or_the_same(text: str) -> None:
    fault = _fault_of(text)
    if fault is None:
        assert encode(decode(text)) == text
    else:
        assert fault.position is not None
        assert 0 <= fault.position <= len(text)


def _fault_of(text: str) -> Fault | None:
    try:
        decode(text)
    except MalformedSignal as refused:
        return refused.fault
    return None


@pytest.mark.parametrize("bad", [pytest.param(one, id=one.name) for one in BAD])
def test_what_is_no_tc_string_is_refused_with_its_reason_and_place(bad: Bad) -> None:
    with pytest.raises(MalformedSignal) as refused:
        decode(bad.text)

    fault = refused.value.fault
    assert (fault.reason, fault.position, fault.bit, fault.field) == (
        bad.reason,
        bad.position,
        bad.bit,
        bad.field,
    )


@pytest.mark.parametrize("bad", [pytest.param(one, id=one.name) for one in BAD])
def test_a_lenient_reader_tells_the_same_first_fault_and_goes_on(bad: Bad) -> None:
    read, faults = decode_leniently(bad.text)

    first = faults[0]
    assert (first.reason, first.position, first.bit, first.field) == (
        bad.reason,
        bad.position,
        bad.bit,
        bad.field,
    )
    assert read is None or read.cmp_id in {300, *range(4096)}


def test_a_lenient_reader_ignores_the_entry_and_keeps_the_others() -> None:
    read, faults = decode_leniently(with_consents(ranges(9, (1, 3), (7, 5), (8,), (12,))))

    assert read is not None
    assert read.vendor_consents == IdSet(((1, 3), (8, 8)))
    assert [fault.reason for fault in faults] == ["inverted_range", "beyond_maximum"]


def test_a_lenient_reader_keeps_both_parts_of_a_restriction_that_is_written_twice() -> None:
    twice = f"{2:012b}{2:06b}00{entry_list((4,))}{2:06b}00{entry_list((9,))}"
    read, faults = decode_leniently(with_restrictions(twice))

    assert read is not None
    assert read.publisher_restrictions == (Restriction(2, RestrictionType.NOT_ALLOWED, IdSet.of([4, 9])),)
    assert [fault.reason for fault in faults] == ["duplicate_restriction"]


@pytest.mark.parametrize(
    "section",
    [
        ranges(9, (1, 3), (4, 5)),
        ranges(9, (1,), (2,)),
        ranges(9, (1, 9)),
        ranges(20),
        f"{9:016b}0110000000",
        f"{2000:016b}0{'1' + '0' * 1999}",
        ranges(65535, (1, 65535)),
        ranges(3, (1,), (3,)),
    ],
    ids=["touching", "singles", "a range", "none", "spare zeros", "long", "all", "short"],
)
def test_what_another_writer_writes_differently_is_read_and_written_as_it_was(section: str) -> None:
    text = with_consents(section)

    assert encode(decode(text)) == text
    assert decode(encode(from_json(to_json(decode(text))))) == decode(text)


@pytest.mark.parametrize("filled", [6, 8, 24])
def test_each_way_to_fill_up_a_segment_is_read_and_written_as_it_was(filled: int) -> None:
    bits = FIXED + NO_VENDORS + ranges(9, (2,)) + NO_RESTRICTIONS
    text = f"{from_bits(bits + '0' * (-len(bits) % filled))}.{DISCLOSED_TEXT}"

    assert encode(decode(text)) == text


def test_what_was_changed_is_written_anew_and_the_rest_as_it_was() -> None:
    touching = with_consents(ranges(9, (1, 3), (4, 5)))
    changed = replace(decode(touching), vendor_consents=IdSet.of([4]), cmp_id=9)

    assert decode(encode(changed)) == changed
    assert encode(changed) != touching
    assert encode(replace(decode(touching), cmp_id=decode(touching).cmp_id)) == touching


def test_segments_come_back_in_their_order() -> None:
    core, disclosed, publisher = encode(make_typical(2)).split(".")
    text = f"{core}.{publisher}.{disclosed}"

    assert decode(text) == make_typical(2)
    assert encode(decode(text)) == text


@pytest.mark.parametrize("name", sorted(CORE_PLACES))
def test_each_field_is_read_at_the_place_that_the_table_of_fields_tells(name: str) -> None:
    start, end = CORE_PLACES[name]
    zero = "0" * len(FIXED)
    changed = zero[:start] + f"{1:0{end - start}b}" + zero[end:]
    before, after = (
        decode_leniently(write("000010" + bits[6:] + 2 * NO_VENDORS + NO_RESTRICTIONS) + f".{DISCLOSED_TEXT}")
        for bits in (zero, changed)
    )
    different = _different(before[0], after[0])

    if name == "Version":
        assert not different
    else:
        assert different == [_NAMES[name]]


def _different(before: TCString | None, after: TCString | None) -> list[str]:
    return [one.name for one in fields(TCString) if getattr(before, one.name) != getattr(after, one.name)][:1]


_NAMES = {
    "Created": "created",
    "LastUpdated": "last_updated",
    "CmpId": "cmp_id",
    "CmpVersion": "cmp_version",
    "ConsentScreen": "consent_screen",
    "ConsentLanguage": "consent_language",
    "VendorListVersion": "vendor_list_version",
    "TcfPolicyVersion": "policy_version",
    "IsServiceSpecific": "is_service_specific",
    "UseNonStandardTexts": "use_non_standard_texts",
    "SpecialFeatureOptIns": "special_feature_opt_ins",
    "PurposesConsent": "purposes_consent",
    "PurposesLITransparency": "purposes_legitimate_interest",
    "PurposeOneTreatment": "purpose_one_treatment",
    "PublisherCC": "publisher_country_code",
}


def test_the_publishers_fields_are_where_the_table_tells() -> None:
    assert PUBLISHER_PLACES == {
        "SegmentType": (0, 3),
        "PubPurposesConsent": (3, 27),
        "PubPurposesLITransparency": (27, 51),
        "NumCustomPurposes": (51, 57),
    }


TYPICAL = make_typical(3)
VENDOR_0 = IdSet(((0, 4),))


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"created": datetime(2188, 1, 1, tzinfo=UTC)}, "out_of_range", "Created"),
        ({"last_updated": datetime(1969, 12, 31, tzinfo=UTC)}, "out_of_range", "LastUpdated"),
        ({"last_updated": datetime(2026, 5, 1)}, "not_a_time", "LastUpdated"),  # noqa: DTZ001 - this is the point
        ({"cmp_id": 4096}, "out_of_range", "CmpId"),
        ({"cmp_version": -1}, "out_of_range", "CmpVersion"),
        ({"consent_screen": 64}, "out_of_range", "ConsentScreen"),
        ({"vendor_list_version": 4096}, "out_of_range", "VendorListVersion"),
        ({"policy_version": 64}, "out_of_range", "TcfPolicyVersion"),
        ({"version": 3}, "unknown_version", "Version"),
        ({"consent_language": "E"}, "not_letters", "ConsentLanguage"),
        ({"consent_language": "E1"}, "not_letters", "ConsentLanguage"),
        ({"publisher_country_code": "ÄÖ"}, "not_letters", "PublisherCC"),
        ({"special_feature_opt_ins": IdSet.of([13])}, "out_of_range", "SpecialFeatureOptIns"),
        ({"purposes_consent": IdSet.of([25])}, "out_of_range", "PurposesConsent"),
        ({"purposes_legitimate_interest": IdSet.of([25])}, "out_of_range", "PurposesLITransparency"),
        ({"vendor_consents": IdSet.of([65536])}, "out_of_range", "VendorConsent"),
        ({"vendor_consents": VENDOR_0}, "vendor_zero", "VendorConsent"),
        ({"vendor_legitimate_interests": IdSet.of([65536])}, "out_of_range", "VendorLegitimateInterest"),
        ({"disclosed_vendors": IdSet.of([65536])}, "out_of_range", "DisclosedVendors"),
        ({"allowed_vendors": IdSet.of([65536])}, "out_of_range", "AllowedVendors"),
        ({"disclosed_vendors": None}, "disclosed_vendors_missing", "DisclosedVendors"),
        ({"publisher_tc": PublisherTC(number_of_custom_purposes=64)}, "out_of_range", "NumCustomPurposes"),
        (
            {"publisher_tc": PublisherTC(number_of_custom_purposes=2, custom_purposes_consent=IdSet.of([3]))},
            *("out_of_range", "CustomPurposesConsent"),
        ),
    ],
)
def test_what_does_not_fit_its_field_is_not_written(changes: dict[str, Any], reason: str, field: str) -> None:
    with pytest.raises(MalformedSignal) as refused:
        encode(replace(TYPICAL, **changes))

    assert (refused.value.fault.reason, refused.value.fault.field) == (reason, field)
    assert refused.value.fault.position is None


@pytest.mark.parametrize(
    ("restrictions", "reason"),
    [
        ([(0, IdSet.of([1]))], "unknown_purpose"),
        ([(25, IdSet.of([1]))], "unknown_purpose"),
        ([(2, IdSet.of([65536]))], "out_of_range"),
        ([(2, VENDOR_0)], "vendor_zero"),
        ([(2, IdSet.of(range(1, 9000, 2)))], "too_many_entries"),
        ([(2, IdSet.of([1])), (2, IdSet.of([2]))], "duplicate_restriction"),
    ],
)
def test_a_restriction_that_does_not_fit_is_not_written(
    restrictions: list[tuple[int, IdSet]], reason: str
) -> None:
    made = tuple(Restriction(purpose, RestrictionType.NOT_ALLOWED, ids) for purpose, ids in restrictions)

    with pytest.raises(MalformedSignal) as refused:
        encode(replace(TYPICAL, publisher_restrictions=made))

    assert refused.value.fault.reason == reason


def test_the_first_and_the_last_time_that_36_bits_hold_are_written() -> None:
    for tenths in (0, LATEST):
        time = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=100 * tenths)
        tc = replace(TYPICAL, created=time, last_updated=time)

        assert decode(encode(tc)).created == time


@pytest.mark.parametrize(
    ("ids", "ranged"),
    [
        (IdSet(((1, 45),)), False),
        (IdSet(((1, 46),)), True),
        (IdSet(((29, 29),)), False),
        (IdSet(((30, 30),)), True),
        (IdSet.of(range(1, 200, 2)), False),
        (IdSet(), False),
        (IdSet(((1, 65535),)), True),
    ],
)
def test_the_shorter_writing_is_taken_and_the_bitfield_if_they_are_as_long(ids: IdSet, ranged: bool) -> None:
    disclosed = encode(replace(TYPICAL, disclosed_vendors=ids)).split(".")[1]

    assert to_bits(disclosed, Strict())[19] == str(int(ranged))


def _check_random_texts(count: int) -> None:
    chance = Random(20260301)  # noqa: S311 - it shall be the same each time
    for _ in range(count):
        text = "".join(chance.choices(CHARACTERS, k=chance.randrange(90)))
        if chance.random() < 0.7:
            text = "C" + text
        _refused_or_the_same(text)
        decode_leniently(text)


def test_twenty_thousand_random_texts_raise_the_typed_error_or_nothing() -> None:
    _check_random_texts(20_000)


@pytest.mark.long
def test_a_million_random_texts_raise_the_typed_error_or_nothing() -> None:
    _check_random_texts(1_000_000)
