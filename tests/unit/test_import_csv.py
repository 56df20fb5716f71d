"""CSV: records, cells, columns."""

# ruff: noqa: E501 - a table reads by the row

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.records.adapters.csv_text import MAX_RECORD_BYTES, read_cells, read_records
from consent.records.adapters.mapping import read_mapping
from consent.records.adapters.table import Table
from consent.records.adapters.types import MalformedHeader, Translated
from consent.records.types import Fault, FaultCode

AT = "2026-01-05T10:00:00Z"


def read(text: str | bytes) -> list[tuple[int, list[str] | FaultCode]]:
    """Return the cells, or the fault, of each record with its line."""
    file = io.BytesIO(text if isinstance(text, bytes) else text.encode())
    found = [(line, read_cells(record)) for line, record in read_records(file)]
    return [(line, cells.code if isinstance(cells, Fault) else cells) for line, cells in found]


@pytest.mark.parametrize(
    ("text", "records"),
    [
        ("a,b\n1,2\n", [(1, ["a", "b"]), (2, ["1", "2"])]),
        ("a,b\r\n1,2", [(1, ["a", "b"]), (2, ["1", "2"])]),
        ("\ufeffa\n1\n", [(1, ["a"]), (2, ["1"])]),
        ('\ufeff"a"\n1\n', [(1, ["a"]), (2, ["1"])]),
        ('a,"x\ny"\n1,2\n', [(1, ["a", "x\ny"]), (3, ["1", "2"])]),
        ('a,"x\r\n\r\n""y"""\n\n1,2\n', [(1, ["a", 'x\r\n\r\n"y"']), (4, []), (5, ["1", "2"])]),
        ('5" pipe,b\n1,2\n', [(1, ['5" pipe', "b"]), (2, ["1", "2"])]),
        ('"",b\n', [(1, ["", "b"])]),
        ('"a"x,b\n1,2\n', [(1, FaultCode.MALFORMED_CSV), (2, ["1", "2"])]),
        ('a,"b\n1,granted\n2,granted\n', [(1, FaultCode.MALFORMED_CSV)]),
        ("a\rb\n1\n", [(1, FaultCode.MALFORMED_CSV), (2, ["1"])]),
        ("a\x00\n1\n", [(1, FaultCode.MALFORMED_CSV), (2, ["1"])]),
        (b"M\xfcller,1\nb,2\n", [(1, FaultCode.MALFORMED_TEXT), (2, ["b", "2"])]),
        ("", []),
    ],
)
def test_records_have_their_cells_and_their_first_line(
    text: str | bytes, records: list[tuple[int, Any]]
) -> None:
    assert read(text) == records


@pytest.mark.parametrize("length", [MAX_RECORD_BYTES, 3 * MAX_RECORD_BYTES])
def test_what_stands_in_overlong_quotes_is_never_taken_for_a_row(length: int) -> None:
    line = b"forged@customers.example,granted\n"
    text = b'a,"' + line * (length // len(line) + 1) + b'"\nb,2\n'

    found = read(text)

    assert [cells for _, cells in found] == [FaultCode.LINE_TOO_LONG, ["b", "2"]]


@pytest.mark.parametrize("shift", range(4))
def test_a_pair_of_quotes_on_the_border_of_a_part_stays_a_pair(shift: int) -> None:
    value = b"x" * (MAX_RECORD_BYTES - 3 - shift) + b'""' * 3 + b"\nforged,granted\n"
    text = b'a,"' + value + b'"\nb,2\n'

    assert [cells for _, cells in read(text)] == [FaultCode.LINE_TOO_LONG, ["b", "2"]]


_CELL = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)


@given(st.lists(st.lists(_CELL, min_size=1, max_size=4), min_size=1, max_size=5))
def test_what_a_csv_writer_wrote_is_read_as_it_was(rows: list[list[str]]) -> None:
    written = io.StringIO(newline="")
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows(rows)

    assert [cells for _, cells in read("\ufeff" + written.getvalue())] == rows


def by_names(header: str, cells: str) -> Translated:
    return Table(header.split(","), None).read_cells(cells.split(","))


def test_columns_bear_the_names_of_fields() -> None:
    header = "identifier.email,identifier.customer_id,choice,purpose,effective_at,notice_version,explicit,fact.residence"

    found = by_names(header, f"ana@customers.example,,granted,marketing.email,{AT},3,TRUE,DE")

    assert found.rows == (
        {
            "identifiers": [{"kind": "email", "value": "ana@customers.example"}],
            "choices": [
                {
                    "purpose": "marketing.email",
                    "choice": "granted",
                    "effective_at": AT,
                    "notice_version": 3,
                    "explicit": True,
                }
            ],
            "facts": [{"name": "residence", "value": "DE", "effective_at": AT}],
        },
    )


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ("a@b.example,granted,marketing.email,", FaultCode.MISSING_FIELD),
        ("a@b.example,yes,marketing.email," + AT, FaultCode.UNKNOWN_CHOICE),
        ("a@b.example,,marketing.email," + AT, FaultCode.UNKNOWN_CHOICE),
        ("a@b.example,invalidated,marketing.email," + AT, FaultCode.UNKNOWN_CHOICE),
        ("a@b.example,,,", FaultCode.EMPTY_ROW),
        ("a@b.example,refused,marketing.email,yesterday", FaultCode.MALFORMED_TIME),
        ("a@b.example,refused,marketing.email", FaultCode.WRONG_COLUMN_COUNT),
        ("a@b.example,refused,marketing.email,,", FaultCode.WRONG_COLUMN_COUNT),
    ],
)
def test_a_row_out_of_order_is_told(cells: str, code: FaultCode) -> None:
    found = by_names("identifier.email,choice,purpose,effective_at", cells)

    assert [fault.code for fault in found.faults] == [code]


def test_a_no_needs_no_time() -> None:
    [row] = by_names("identifier.email,choice,purpose", "a@b.example,refused,*").rows

    assert row["choices"] == [{"purpose": "*", "choice": "refused"}]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("identifier.email,chioce,purpose", "column 2: no such name"),
        ("choice,purpose", "no column says who"),
        ("identifier.email,choice,choice", "two columns"),
        ("identifier.e-mail,choice", "column 1: no such name"),
    ],
)
def test_a_header_out_of_order_is_refused(header: str, message: str) -> None:
    with pytest.raises(MalformedHeader, match=message):
        Table(header.split(","), None)


def by_mapping(body: str, header: str, cells: str) -> Translated:
    mapping = read_mapping(
        f"schema: accordant/import-mapping/1\nidentifiers: {{Mail: email}}\ncontroller: acme\n{body}"
    )
    return Table(header.split(","), mapping).read_cells(cells.split(","))


LONG = """
purposes: {news: marketing.email, Ads: advertising}
columns: {choice: said, purpose: topic, effective_at: changed}
values: {"1": granted, "0": withdrawn}
time_zone: Europe/Berlin
"""
WIDE = """
purposes: {newsletter: marketing.email, sms: marketing.sms}
columns: {effective_at: changed}
values: {"1": granted, "0": refused}
"""
LIST = "defaults: {choice: opted_out, purpose: '*'}"


@pytest.mark.parametrize(
    ("body", "header", "cells", "said"),
    [
        (LONG, "Mail,said,topic,changed", f"a@b.example,1,news,{AT}", [("marketing.email", "granted", "acme")]),
        (LONG, "Mail,said,topic,changed", f"a@b.example,0,Ads,{AT}", [("advertising", "withdrawn", None)]),
        (LONG, "Mail,said,topic,changed", f"a@b.example,1,Other,{AT}", []),
        (LONG, "Mail,said,topic,changed", f"a@b.example,0,Other,{AT}", [FaultCode.UNMAPPED_PURPOSE]),
        (LONG, "Mail,said,topic,changed", f"a@b.example,nein,Other,{AT}", [FaultCode.UNKNOWN_CHOICE]),
        (LONG, "Mail,said,topic,changed", "a@b.example,1,news,", [FaultCode.MISSING_FIELD]),
        (WIDE, "Mail,Name,newsletter,sms,changed", f"a@b.example,Ana,1,0,{AT}", [("marketing.email", "granted", "acme"), ("marketing.sms", "refused", None)]),
        (WIDE, "Mail,newsletter,sms,changed", f"a@b.example,,,{AT}", []),
        (LIST, "Mail", "a@b.example", [("*", "opted_out", None)]),
    ],
)  # fmt: skip
def test_a_mapping_says_what_columns_and_cells_stand_for(
    body: str, header: str, cells: str, said: list[object]
) -> None:
    found = by_mapping(body, header, cells)

    choices = [one for row in found.rows for one in row["choices"]]
    told: list[object] = [(one["purpose"], one["choice"], one.get("controller")) for one in choices]
    assert told + [fault.code for fault in found.faults] == said


def test_a_time_without_offset_is_of_the_mappings_zone() -> None:
    [row] = by_mapping(LONG, "Mail,said,topic,changed", "a@b.example,1,news,2026-07-05 10:00:00").rows

    assert row["choices"][0]["effective_at"] == "2026-07-05T08:00:00+00:00"


@pytest.mark.parametrize(
    ("body", "header", "message"),
    [
        (LONG, "Mail,said,topic", "not there: changed"),
        (WIDE, "Mail,newsletter,changed", "not there: sms"),
        ("", "Mail", "neither a column nor a default"),
        ("columns: {choice: said}", "Mail,said", "neither a column nor a default"),
    ],
)
def test_a_header_that_does_not_fit_the_mapping_is_refused(body: str, header: str, message: str) -> None:
    with pytest.raises(MalformedHeader, match=message):
        by_mapping(body, header, "")
