"""Canada's section: its sets of vendors are found in three forms, and all are read."""

from datetime import UTC, datetime
from time import process_time
from tracemalloc import get_traced_memory, start, stop
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.signals import gpp
from consent.signals.base64url import from_bits
from consent.signals.errors import MalformedSignal
from consent.signals.gpp import GppString, Restriction, fibonacci
from consent.signals.gpp.cursor import Cursor
from consent.signals.gpp.declarations import DECLARATIONS
from consent.signals.gpp.declared import VERSION
from consent.signals.gpp.header import write_header
from consent.signals.gpp.segments import write_fields
from consent.signals.intervals import IdSet
from consent.signals.reading import Strict
from tests.gpp_hostile import HOSTILE, NONE, canada

IDS = st.frozensets(st.integers(1, 40) | st.integers(1, 65_535), max_size=9).map(IdSet.of)


def plain_range(ids: IdSet) -> str:
    """Return a "Range (Int)", as the reference's earlier versions wrote it."""
    items = [
        f"1{first:016b}{last:016b}" if last > first else f"0{first:016b}" for first, last in ids.intervals
    ]
    return f"{len(items):012b}" + "".join(items)


def specified(ids: IdSet) -> str:
    """Return an OptimizedRange as it is specified."""
    if fibonacci.is_shorter_as_range(ids):
        return "1" + fibonacci.write_range(ids)
    return f"0{ids.highest:016b}{ids.to_bits(ids.highest)}"


def older(ids: IdSet) -> str:
    """Return an OptimizedRange as the reference's earlier versions wrote it."""
    text = plain_range(ids)
    is_range = len(text) <= ids.highest
    return f"{ids.highest:016b}1{text}" if is_range else f"{ids.highest:016b}0{ids.to_bits(ids.highest)}"


def core_text(string: GppString, vendors: str, none: str, restrictions: str) -> str:
    """Return the text of `string` with its vendors in bits of another form."""
    core = DECLARATIONS[5].versions[1][0]
    before = write_fields(core.fields[:-3], {VERSION: 1, **string.sections[5].fields})
    return f"{write_header((5,))}~{from_bits(before + vendors + none + restrictions)}"


@pytest.mark.parametrize("form", [specified, older])
@given(ids=IDS)
@settings(max_examples=40, deadline=None)
def test_other_forms_of_vendor_sets_are_read_as_the_same(form: Any, ids: IdSet) -> None:
    string = canada(ids, (Restriction(2, 1, ids),))
    text = core_text(string, form(ids), form(NONE), f"{1:012b}{2:06b}{1:02b}{form(ids)}")

    assert gpp.decode(text) == string
    assert gpp.decode_leniently(text) == (string, ())


@given(ids=IDS)
@settings(max_examples=40, deadline=None)
def test_a_fibonacci_range_is_read_as_it_was_written(ids: IdSet) -> None:
    cursor = Cursor(fibonacci.write_range(ids), 0, Strict())

    assert fibonacci.read_range(cursor) == ids
    assert cursor.at == len(cursor.bits)


def test_the_codewords_are_the_specifications() -> None:
    words = [fibonacci.to_codeword(number) for number in range(1, 8)]

    assert words == ["11", "011", "0011", "1011", "00011", "10011", "01011"]
    assert all(
        fibonacci.from_codeword(fibonacci.to_codeword(number)) == number for number in range(1, 65_536)
    )


def test_the_specifications_example_of_a_range_is_read() -> None:
    bits = "000000000010" + "0" + "0011" + "1" + "011" + "0011"

    assert fibonacci.read_range(Cursor(bits, 0, Strict())) == IdSet(((3, 3), (5, 8)))
    assert fibonacci.write_range(IdSet(((3, 3), (5, 8)))) == bits


BAD_RANGES = {
    "inverted": (f"{9:016b}1{1:012b}1{9:016b}{3:016b}", "inverted"),
    "overlapping": (f"{9:016b}1{2:012b}1{3:016b}{9:016b}0{5:016b}", "overlapping"),
    "of vendor 0": (f"{9:016b}1{1:012b}0{0:016b}", "inverted"),
    "beyond the maximum": (f"{9:016b}1{1:012b}0{10:016b}", "wrong_maximum"),
}


@pytest.mark.parametrize("name", BAD_RANGES)
def test_a_bad_plain_range_is_refused_in_every_form(name: str) -> None:
    vendors, reason = BAD_RANGES[name]
    text = core_text(canada(NONE), vendors, "0" * 17, "0" * 12)
    form = DECLARATIONS[5].versions[1][0].older[1][-3].kind

    with pytest.raises(MalformedSignal):
        gpp.decode(text)
    with pytest.raises(MalformedSignal) as refused:
        form.read(Cursor(vendors, 0, Strict()))
    assert refused.value.fault.reason == reason
    assert gpp.decode_leniently(text)[1]


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("PubRestrictions", (Restriction(1, 3, NONE),), "not_allowed"),
        ("PubRestrictions", (Restriction(0, 1, NONE),), "not_allowed"),
        ("PubRestrictions", (Restriction(25, 1, NONE),), "not_allowed"),
        ("PubRestrictions", (Restriction(1, 1, NONE), Restriction(1, 1, NONE)), "duplicate"),
        ("PubRestrictions", ("x",), "wrong_type"),
        ("VendorExpressConsent", IdSet(((0, 1),)), "out_of_range"),
        ("VendorExpressConsent", IdSet(((1, 65_536),)), "out_of_range"),
        ("VendorExpressConsent", (1, 2), "wrong_type"),
        ("PurposesExpressConsent", IdSet(((25, 25),)), "out_of_range"),
        ("CmpId", 4096, "out_of_range"),
        ("CmpId", -1, "out_of_range"),
        ("CmpId", True, "wrong_type"),
        ("ConsentLanguage", "E1", "not_allowed"),
        ("ConsentLanguage", "E", "wrong_type"),
        ("ConsentLanguage", "éé", "not_allowed"),
        ("Created", datetime(2026, 1, 1), "wrong_type"),  # noqa: DTZ001
        ("Created", datetime(2188, 1, 1, tzinfo=UTC), "out_of_range"),
        ("Created", datetime(1969, 1, 1, tzinfo=UTC), "out_of_range"),
        ("UseNonStandardStacks", 1, "wrong_type"),
        ("DisclosedVendorsSegmentType", 3, "not_allowed"),
        ("Gpc", True, "unknown_field"),
        ("Created", None, "missing"),
    ],
)
def test_a_value_that_is_not_allowed_is_not_written(field: str, value: object, reason: str) -> None:
    more: dict[str, Any] = {field: value}

    with pytest.raises(MalformedSignal) as refused:
        gpp.encode(canada(NONE, **more))

    if field == "DisclosedVendorsSegmentType":
        assert refused.value.fault.reason in {reason, "missing"}
        return
    assert (refused.value.fault.reason, refused.value.fault.field) == (reason, field)
    assert refused.value.fault.position is None


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_string_is_read_in_milliseconds_and_a_megabyte(name: str) -> None:
    text = HOSTILE[name]
    took = []
    for _ in range(5):
        started = process_time()
        gpp.decode_leniently(text)
        took.append(process_time() - started)
    start()
    gpp.decode_leniently(text)
    _, most = get_traced_memory()
    stop()

    assert min(took) < 0.02  # on a busy machine; `./dev bench signals` has the figures
    assert most < 1_000_000


def test_a_header_of_every_number_is_refused_at_once() -> None:
    header = write_header(tuple(range(1, 65_536)))

    with pytest.raises(MalformedSignal) as refused:
        gpp.decode(header + "~1YNN")

    assert refused.value.fault.reason == "section_count"
    assert gpp.decode_leniently(header + "~1YNN")[0] == GppString()


def test_a_set_of_too_many_items_for_a_range_is_written_as_a_bitfield() -> None:
    ids = IdSet(tuple((16 * at + 1, 16 * at + 2) for at in range(fibonacci.MOST_ITEMS + 1)))

    assert gpp.decode(gpp.encode(canada(ids))) == canada(ids)


def test_ranges_of_too_many_items_in_one_segment_are_refused_before_they_are_read() -> None:
    with pytest.raises(MalformedSignal) as refused:
        gpp.decode(HOSTILE["groups in every restriction"])

    assert (refused.value.fault.reason, refused.value.fault.field) == ("beyond_maximum", "PubRestrictions")
