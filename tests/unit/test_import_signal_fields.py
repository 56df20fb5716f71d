"""Where a platform's strings stand: what a mapping may say of it, and how a row is read by it."""

from typing import Any

import pytest

from consent.records.adapters.cmp import SignalTable, read_message
from consent.records.adapters.mapping import read_mapping
from consent.records.adapters.types import ImportMapping, MalformedHeader, MalformedMapping, Translated
from consent.records.types import FaultCode

WHOLE = """
schema: accordant/import-mapping/1
identifiers: {id: customer_id, ad: advertising_id}
controller: acme
notice: privacy
notice_version: 1
time_zone: Europe/Berlin
signals:
  tcf: tc
  gpp: gpp
  usp: usp
  gpc: gpc
  effective_at: at
  time_format: iso
  jurisdictions: [country, region]
  controller: brand
"""


def make_mapping(time_format: str = "iso", text: str = WHOLE) -> ImportMapping:
    return read_mapping(text.replace("time_format: iso", f"time_format: '{time_format}'"))


def read(mapping: ImportMapping | None = None, **message: Any) -> Translated:
    return read_message({"id": "1", "usp": "1YYN", **message}, mapping or make_mapping())


def time_of(translated: Translated) -> object:
    [row] = translated.rows
    return row["signals"]["effective_at"]


def test_a_row_is_what_the_api_is_sent() -> None:
    read_at = "2026-01-05T10:00:00Z"

    told = read(tc="C1", gpp="D2", gpc=1, at=read_at, country="us", region="us-ca", brand="other", ad="000-0")

    assert told.rows == (
        {
            "identifiers": [{"kind": "customer_id", "value": "1"}],
            "signals": {
                "tcf": "C1",
                "gpp": "D2",
                "usp": "1YYN",
                "gpc": True,
                "controller": "other",
                "notice": "privacy",
                "notice_version": 1,
                "effective_at": read_at,
                "jurisdictions": ["US", "US-CA"],
            },
        },
    )


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "  tcf: tc\n  gpp: gpp\n  usp: usp\n  gpc: gpc\n",
            "",
            "signals: names none of tcf, gpp, usp and gpc",
        ),
        ("gpp: gpp", "gpp: tc", "signals.gpp: stands in the field of another signal"),
        ("gpp: gpp", "gdpr: gpp", "signals.gdpr: unknown field"),
        ("tcf: tc", "tcf: [tc]", "signals.tcf: expected a field"),
        ("controller: acme\n", "purposes: {a: b}\n", "purposes: says nothing beside signals"),
        ("controller: acme\n", "method: banner\n", "method: says nothing beside signals"),
        ("  effective_at: at\n", "", "signals.time_format: says how effective_at is written"),
        ("time_format: iso", "time_format: ISO", "signals.time_format: expected iso, seconds"),
        ("time_format: iso", "time_format: '%Y-%m'", "signals.time_format: expected iso, seconds"),
        ("time_format: iso", "time_format: '%Y-%m-%d %Y'", "signals.time_format: expected iso, seconds"),
        ("time_format: iso", "time_format: '%d %b %Y %m'", "signals.time_format: expected iso, seconds"),
        ("[country, region]", "[]", "signals.jurisdictions: expected a list of fields"),
        ("customer_id", "customer", "identifiers.id: expected one of"),
    ],
)
def test_a_mapping_that_cannot_be_used_is_told_by_its_place(old: str, new: str, fault: str) -> None:
    assert old in WHOLE

    with pytest.raises(MalformedMapping) as error:
        read_mapping(WHOLE.replace(old, new))

    assert any(one.startswith(fault) for one in error.value.faults), error.value.faults


def test_a_tc_string_needs_somebody_to_grant_to_and_a_pattern_without_an_offset_a_zone() -> None:
    text = WHOLE.replace("controller: acme\n", "").replace("  controller: brand\n", "")
    text = text.replace("time_zone: Europe/Berlin\n", "").replace("iso", "'%Y-%m-%d'")

    with pytest.raises(MalformedMapping) as error:
        read_mapping(text)

    assert [one.partition(":")[0] for one in error.value.faults] == ["controller", "time_zone"]
    assert read_mapping(text.replace("  tcf: tc\n", "").replace("%d", "%d %z")).signals


@pytest.mark.parametrize(
    ("time_format", "value", "moment"),
    [
        ("iso", "2026-01-05T10:00:00Z", "2026-01-05T10:00:00Z"),
        ("iso", "2026-07-05 10:00:00", "2026-07-05T08:00:00+00:00"),
        ("seconds", "1767607200", "2026-01-05T10:00:00+00:00"),
        ("seconds", 1767607200, "2026-01-05T10:00:00+00:00"),
        ("milliseconds", "1767607200123", "2026-01-05T10:00:00.123000+00:00"),
        ("%d/%m/%Y %H:%M", "05/01/2026 11:00", "2026-01-05T10:00:00+00:00"),
        ("%m/%d/%Y %H:%M:%S %z", "01/05/2026 05:00:00 -0500", "2026-01-05T10:00:00+00:00"),
    ],
)
def test_a_time_is_read_as_the_mapping_says(time_format: str, value: object, moment: str) -> None:
    assert time_of(read(make_mapping(time_format), at=value)) == moment


@pytest.mark.parametrize(
    ("time_format", "value"),
    [
        ("iso", 1767607200),
        ("iso", "05/01/2026"),
        ("seconds", "2026-01-05T10:00:00Z"),
        ("seconds", "1767607200123"),
        ("seconds", -1),
        ("seconds", 1.5),
        ("seconds", True),
        ("seconds", "٣"),
        ("milliseconds", "9" * 16),
        ("%d/%m/%Y", "01/13/2026"),
        ("%d/%m/%Y", "05/01/2026 10:00"),
        ("%d/%m/%Y", "01/01/0001"),
        ("%d/%m/%Y", 5),
    ],
)
def test_what_is_no_time_by_the_mapping_is_a_fault_and_never_now(time_format: str, value: object) -> None:
    [fault] = read(make_mapping(time_format), at=value).faults

    assert (fault.path, fault.code) == ("at", FaultCode.MALFORMED_TIME)


@pytest.mark.parametrize("value", [True, 1, "1", "true", "TRUE"])
def test_the_signal_was_sent(value: object) -> None:
    assert read(gpc=value, at="2026-01-05T10:00:00Z").rows[0]["signals"]["gpc"] is True


@pytest.mark.parametrize("value", [False, 0, "0", "false", "", None])
def test_that_no_signal_was_sent_says_nothing(value: object) -> None:
    assert "gpc" not in read(gpc=value, at="2026-01-05T10:00:00Z").rows[0]["signals"]


@pytest.mark.parametrize("value", ["yes", "Y", 2, "opt-out", 1.0, {}])
def test_any_other_word_for_the_signal_is_a_fault(value: object) -> None:
    [fault] = read(gpc=value, at="2026-01-05T10:00:00Z").faults

    assert (fault.path, fault.code) == ("gpc", FaultCode.MALFORMED_VALUE)


def test_a_row_that_tells_only_that_no_signal_was_sent_is_passed_over_and_one_that_tells_nothing_is_not() -> (
    None
):
    assert read(usp="", gpc=0) == Translated()
    assert [fault.code for fault in read(usp="").faults] == [FaultCode.EMPTY_ROW]
    assert [fault.code for fault in read_message([], make_mapping()).faults] == [FaultCode.WRONG_TYPE]


def test_a_field_holds_one_string() -> None:
    [fault] = read(tc=["C1", "C2"], at="2026-01-05T10:00:00Z").faults

    assert (fault.path, fault.code) == ("tc", FaultCode.TOO_MANY)


def test_a_table_has_all_the_columns_that_the_mapping_names_and_may_have_others() -> None:
    names = ["id", "ad", "tc", "gpp", "usp", "gpc", "at", "country", "region", "brand", "note"]
    table = SignalTable(names, make_mapping())

    told = table.read_cells(["1", "", "", "", " 1YNN ", "", "2026-01-05T10:00:00Z", "", "", "", "hello"])

    assert told.rows[0]["signals"]["usp"] == "1YNN"
    assert "controller" not in told.rows[0]["signals"]
    for missing in names[:-1]:
        with pytest.raises(MalformedHeader, match=missing):
            SignalTable([name for name in names if name != missing], make_mapping())
