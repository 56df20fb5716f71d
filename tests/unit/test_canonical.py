"""Canonical JSON: one way to write a value, and no two ways to read a text."""

import json
from enum import StrEnum
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from consent.kernel.canonical import MalformedJson, dumps, loads

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(-(2.0**53), 2.0**53, exclude_min=True, exclude_max=True)
    | TEXTS
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4)
)


class Colour(StrEnum):
    """A kind of text that is not plain text."""

    RED = "red"


@given(VALUES)
def test_every_value_is_written_as_the_reference_writes_it(value: Any) -> None:
    assert dumps(value) == rfc8785.dumps(value)


@given(
    st.dictionaries(
        st.text(st.characters(max_codepoint=127)), TEXTS | st.integers(-(2**53) + 1, 2**53 - 1), max_size=8
    )
)
def test_so_is_what_takes_the_fast_way(value: dict[str, Any]) -> None:
    assert dumps(value) == rfc8785.dumps(value)


@given(VALUES)
def test_what_was_written_reads_back(value: Any) -> None:
    assert loads(dumps(value)) == json.loads(json.dumps(value))


def test_a_kind_of_text_is_written_as_its_text() -> None:
    assert dumps({"colour": Colour.RED}) == b'{"colour":"red"}'


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), 2**53, "\ud800", {"\udfff": 1}, [b"bytes"]], ids=repr
)
def test_what_has_no_canonical_form_is_refused(value: Any) -> None:
    with pytest.raises(MalformedJson):
        dumps(value)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "a": 1}',
        '{"a": NaN}',
        "[Infinity]",
        "[-Infinity]",
        "[1e999]",
        "[-1e999]",
        "[9007199254740992]",
        "[-9007199254740992]",
        "[" + "9" * 5000 + "]",
        '["\\ud800"]',
        '{"\\udc00": 1}',
        "[" * 65 + "]" * 65,
        "[" * 100_000,
        "",
        "{",
        "[1,]",
        "'a'",
        b"\xff",
        b"\xef\xbb\xbf{}",
    ],
    ids=lambda text: repr(text)[:30],
)
def test_what_parsers_could_read_differently_is_refused(text: str | bytes) -> None:
    with pytest.raises(MalformedJson):
        loads(text)


@pytest.mark.parametrize(
    "text",
    [b"[1e999]", b'["\\ud800"]', b'{"\\udc00": 1}', b"[" * 65 + b"]" * 65, b'{"a":' * 65 + b"1" + b"}" * 65],
    ids=["overflow", "surrogate", "surrogate in a name", "deep list", "deep object"],
)
def test_the_short_way_through_bytes_refuses_the_same(text: bytes) -> None:
    with pytest.raises(MalformedJson):
        loads(text)


def test_brackets_in_strings_are_no_depth() -> None:
    assert loads(b'["' + b"[" * 100 + b'"]') == ["[" * 100]


@pytest.mark.parametrize("number", [2**63 - 1, -(2**63) + 1, 7346244611012968789])
def test_integers_of_64_bits_are_read_where_they_are_asked_for(number: int) -> None:
    assert loads(f"[{number}]", long_integers=True) == [number]
    with pytest.raises(MalformedJson):
        loads(f"[{number}]")


@pytest.mark.parametrize("digits", [str(2**63), "9" * 5000], ids=["65 bits", "endless"])
def test_longer_integers_are_refused_even_there(digits: str) -> None:
    with pytest.raises(MalformedJson):
        loads(f"[{digits}]", long_integers=True)


def test_the_largest_integers_that_all_parsers_share_are_read() -> None:
    assert loads("[9007199254740991, -9007199254740991]") == [2**53 - 1, -(2**53) + 1]
