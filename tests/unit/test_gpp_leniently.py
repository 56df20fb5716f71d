"""Leniently, everything is read that can be, and what was ignored is told."""

import pytest

from consent.signals import gpp
from consent.signals.errors import MalformedSignal
from consent.signals.gpp import GppString
from consent.signals.gpp.header import write_header
from tests.gpp_strings import DECLARED, EVERY, make_section, seeded
from tests.unit.test_gpp_refusals import SHORT, TEXTS, changes_of

NATIONAL = "BVVqAAAAAgA"
BOTH = write_header((6, 7))


def ignored_in(text: str) -> list[tuple[str, int | None]]:
    """Return the reason and the place of each fault."""
    return [(fault.reason, fault.position) for fault in gpp.decode_leniently(text)[1]]


def test_an_unknown_section_is_left_out_and_the_others_are_read() -> None:
    read, ignored = gpp.decode_leniently(f"{write_header((7, 28))}~{NATIONAL}~xyz")

    assert list(read.sections) == [7]
    assert [(fault.reason, fault.position) for fault in ignored] == [("unknown_section", 20)]


def test_an_unknown_version_of_a_section_is_left_out_and_the_others_are_read() -> None:
    read, ignored = gpp.decode_leniently(f"{BOTH}~1YNN~D{NATIONAL[1:]}")

    assert list(read.sections) == [6]
    assert [fault.reason for fault in ignored] == ["unknown_version"]


def test_a_value_that_is_not_allowed_is_left_out_of_the_fields() -> None:
    read, ignored = gpp.decode_leniently("DBABLA~BdVqAAAAAgA")

    assert "SharingNotice" in read.sections[7].fields
    assert "SaleOptOutNotice" not in read.sections[7].fields
    assert [(fault.field, fault.bit) for fault in ignored] == [("SaleOptOutNotice", 8)]
    assert read.sections[7].fields["SaleOptOut"] == 2


def test_a_three_in_a_list_counts_as_not_applicable() -> None:
    read, ignored = gpp.decode_leniently("DBABLA~BVVqwAAAAgA")

    assert read.sections[7].fields["SensitiveDataProcessing"] == (0,) * 12
    assert [(fault.field, fault.bit) for fault in ignored] == [("SensitiveDataProcessing", 24)]


def test_a_section_that_breaks_off_has_the_fields_before() -> None:
    read, ignored = gpp.decode_leniently("DBABLA~BVV")

    assert list(read.sections[7].fields) == [
        *("SharingNotice", "SaleOptOutNotice", "SharingOptOutNotice", "TargetedAdvertisingOptOutNotice"),
        *("SensitiveDataProcessingOptOutNotice", "SensitiveDataLimitUseNotice"),
    ]
    assert [fault.reason for fault in ignored] == ["truncated"]


def test_a_segment_that_is_there_twice_counts_once() -> None:
    read, ignored = gpp.decode_leniently(f"DBABLA~{NATIONAL}.YA.QA")

    assert read.sections[7].fields["Gpc"] is True
    assert [fault.reason for fault in ignored] == ["duplicate_segment"]


def test_wrong_counts_of_sections_are_told_and_those_that_pair_are_read() -> None:
    assert list(gpp.decode_leniently(f"DBABLA~{NATIONAL}~1YNN")[0].sections) == [7]
    assert list(gpp.decode_leniently(f"{BOTH}~1YNN")[0].sections) == [6]
    assert ignored_in(f"{BOTH}~1YNN") == [("section_count", 11)]


def _refusal(text: str) -> str | None:
    """Return why `text` is refused, or None."""
    try:
        gpp.decode(text)
    except MalformedSignal as error:
        return error.fault.reason
    return None


@pytest.mark.parametrize("name", SHORT)
def test_what_strict_reading_refuses_lenient_reading_tells_of(name: str) -> None:
    for text in list(changes_of(SHORT[name]))[:: max(1, len(SHORT[name]) // 9)]:
        read, ignored = gpp.decode_leniently(text)
        refused = _refusal(text)
        assert refused in {None, *(fault.reason for fault in ignored)}
        assert refused or (read, ignored) == (gpp.decode(text), ())


@pytest.mark.parametrize(("id_", "version"), DECLARED)
def test_a_section_cut_anywhere_is_read_as_far_as_it_goes(id_: int, version: int) -> None:
    section = make_section(id_, version, seeded(9))
    text = gpp.encode(GppString({id_: section}))

    for place in range(text.index("~") + 2, len(text)):
        read, _ = gpp.decode_leniently(text[:place])
        found = read.sections[id_].fields
        for name, value in found.items():
            if isinstance(value, int):
                assert value == section.fields[name]


def test_every_section_has_a_text_of_its_own() -> None:
    assert len(TEXTS) == len([pair for pair in EVERY if pair[0] > 5])
