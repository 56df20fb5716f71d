"""Reading and writing policies as YAML."""

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.policies.document.reading import LARGEST_TEXT, MalformedPolicy, read_yaml
from consent.policies.document.sealing import seal
from consent.policies.document.validation import validate
from consent.policies.document.writing import write_yaml
from tests.policy_documents import Document, make_document, read_retailer


@pytest.mark.parametrize("make", [make_document, read_retailer])
def test_a_document_comes_back_from_yaml_with_the_same_digest(make: Any) -> None:
    document: Document = make()

    assert read_yaml(write_yaml(document)) == document
    assert seal(read_yaml(write_yaml(document))) == seal(document)


# Text as a policy may hold it: no control characters other than tab and line feed.
UNFIT = [chr(code) for code in (*range(9), *range(11, 32), *range(127, 160))]
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=UNFIT), max_size=30)
AWKWARD = st.sampled_from(
    [
        *("no", "NO", "true", "null", "~", "1", "1.0", "0x1f", "1e3", "1:20", "2024-01-15", "<<", "=", "…"),
        *(" a", "a ", "a\n", "\na", "  a\n b\n", "a\n\n\nb\n", "a\n\u2028b", "\ufeff", "\u2029"),
        *("'", '"', "\\", "- a", "a: b", "#", "&a", "*a", "!a", "%a", "\t", "---", "?"),
    ]
)
SCALARS = (
    TEXT
    | AWKWARD
    | st.booleans()
    | st.integers(-(10**14), 10**14)
    | st.floats(-1e6, 1e6, allow_subnormal=False).map(lambda number: round(number, 3))
)


@settings(max_examples=60, deadline=None)
@given(
    title=TEXT | AWKWARD,
    text=TEXT | AWKWARD,
    columns=st.dictionaries(TEXT | AWKWARD, TEXT | AWKWARD, max_size=4),
    value=SCALARS | st.lists(SCALARS, max_size=4),
)
def test_whatever_a_document_holds_comes_back_from_yaml(
    title: str, text: str, columns: dict[str, str], value: Any
) -> None:
    document = make_document()
    document["title"] = title
    document["purposes"]["service.orders"]["description"] = text
    document["notices"]["privacy"]["versions"]["1"]["texts"]["en"] = text
    document["rules"][0]["obligations"]["set"] = columns
    document["rules"][0]["conditions"][0]["value"] = value

    assert seal(read_yaml(write_yaml(document))) == seal(document)


def test_a_reader_of_yaml_1_1_takes_exported_codes_as_text() -> None:
    document = make_document()
    document["destinations"]["ads"]["country"] = "NO"  # Norway, which YAML 1.1 reads as false

    assert yaml.safe_load(write_yaml(document))["destinations"]["ads"]["country"] == "NO"


def test_exported_versions_are_in_the_order_of_their_numbers() -> None:
    document = make_document()
    versions = document["notices"]["privacy"]["versions"]
    document["notices"]["privacy"]["versions"] = dict.fromkeys(("10", "9", "2"), versions["1"])

    written = yaml.safe_load(write_yaml(document))

    assert list(written["notices"]["privacy"]["versions"]) == [2, 9, 10]


def test_norway_is_no_truth_value() -> None:
    assert read_yaml("codes: [NO, no, yes, on, off]") == {"codes": ["NO", "no", "yes", "on", "off"]}


def test_a_time_stays_the_text_it_was_written_as() -> None:
    assert read_yaml("at: 2024-01-15T00:00:00Z") == {"at": "2024-01-15T00:00:00Z"}


def test_only_the_scalars_of_yaml_1_2_are_more_than_text() -> None:
    text = "{a: 010, b: 0x1f, c: 1_000, d: 1:20, e: .inf, f: -0.5, g: -7, h: ~, i: True, j: 1e3, k: , l: +1}"

    assert read_yaml(text) == {
        "a": "010", "b": "0x1f", "c": "1_000", "d": "1:20", "e": ".inf", "f": -0.5,
        "g": -7, "h": None, "i": True, "j": "1e3", "k": None, "l": "+1",
    }  # fmt: skip


def test_the_versions_of_a_notice_may_be_written_as_numbers() -> None:
    assert read_yaml("versions: {1: a, 20: b}") == {"versions": {"1": "a", "20": "b"}}


def test_an_alias_stands_for_what_it_names() -> None:
    assert read_yaml("a: &both [x, y]\nb: *both") == {"a": ["x", "y"], "b": ["x", "y"]}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\na: 2", 2, "the field 'a' stands twice"),
        ("v: {1: a,\n '1': b}", 2, "the field '1' stands twice"),
        ("a: 1\nb:\n  c: 1\n  'c': 2", 4, "the field 'c' stands twice"),
        ("true: 1", 1, "a field's name is text"),
        ("a: {1.5: x}", 1, "a field's name is text"),
        ("a: {~: x}", 1, "a field's name is text"),
        ("? [a, b]\n: x", 1, "a field's name is text"),
        ("a: 1\nb: [1, 2", 2, "not YAML"),
        ("a: 1\n\tb: 2", 2, "not YAML"),
        ("a: b: c", 1, "not YAML"),
        ("a: *nobody", 1, "not YAML"),
        ("a: 1\n---\nb: 2", 2, "not YAML"),
        ("a: 1\nb: \x07", 2, "a character that YAML does not allow"),
        ('a: 1\nb: "x\\0"', 2, "a control character"),
        ('a: 1\nb: "x\\N"', 2, "a control character"),
        ("a: 1\nb: x\x85y", 2, "a line separator"),
        ("a: |\n  x\u2028y", 2, "a line separator"),
        ('a: "\\ud800"', 1, "half of a surrogate pair"),
        ("a: !!python/object/apply:os.system [ls]", 1, "is not allowed"),
        ("a: !!python/name:os.system x", 1, "is not allowed"),
        ("a: !!int x", 1, "is not allowed"),
        ("a: !!timestamp 2024-01-15", 1, "is not allowed"),
        ("a: !!set {b, c}", 1, "is not allowed"),
        ("a: !!binary aGk=", 1, "is not allowed"),
        ("- a", 1, "expected a mapping"),
        ("text", 1, "expected a mapping"),
        ("", 1, "expected a mapping"),
        ("# only a comment", 1, "expected a mapping"),
        ("a: 1\nb: 1234567890123456", 2, "at most 15 digits"),
        ("a: 1.0e999", 1, "the number is too large"),
        ("a: &x\n  b: *x", 1, "nested deeper than 16 levels"),
    ],
)
def test_what_can_be_read_in_two_ways_is_refused_with_its_line(
    text: str, line: int | None, words: str
) -> None:
    with pytest.raises(MalformedPolicy) as caught:
        read_yaml(text)

    assert words in caught.value.reason
    assert caught.value.line == line


@pytest.mark.parametrize("depth", [17, 20_000])
def test_a_document_nested_without_end_is_refused(depth: int) -> None:
    with pytest.raises(MalformedPolicy, match="nested deeper than 16 levels"):
        read_yaml(f"a: {'[' * depth}{']' * depth}")


def test_a_number_without_end_is_refused() -> None:
    with pytest.raises(MalformedPolicy, match="at most 15 digits"):
        read_yaml(f"a: {'9' * 5000}")


def test_a_small_text_cannot_stand_for_a_huge_document() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]

    with pytest.raises(MalformedPolicy, match="aliases counted"):
        read_yaml("\n".join(lines))


def test_a_text_that_is_too_long_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(MalformedPolicy, match="at most"):
        read_yaml("[" * (LARGEST_TEXT + 1))


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from("ab01:-[]{},&*!|>'\"%#?\n \\~\x00\ud800"), max_size=40))
def test_any_text_is_a_document_or_is_refused(text: str) -> None:
    try:
        document = read_yaml(text)
    except MalformedPolicy:
        return
    assert validate(document)
