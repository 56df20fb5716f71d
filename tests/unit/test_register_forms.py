"""The register as CSV, JSON, HTML and PDF: whole, safe to open, and the same for the same register."""

import csv
import io
import json
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pypdf import PdfReader

from activation.desk.register.forms import FORMS
from activation.desk.register.forms.json_form import register_schema
from activation.desk.register.forms.pdf_form import FontMissing
from activation.desk.register.types import ProcessingRegister
from config.launch.arguments import ROOT
from consent.kernel.spreadsheets import disarm
from tests.policy_documents import Document, make_document, read_retailer, spoil
from tests.register_world import NOW, make_material, make_observed, make_register

PURPOSE = ("purposes", "marketing.email", "title")
HOSTILE = [
    '#import "x.typ"',
    '#read("/etc/passwd")',
    "$ x $ *bold* _thin_ `raw` <label> @ref = Title",
    '// gone /* gone */ \\ #eval("1")',
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ page }} {% load x %}",
    '=HYPERLINK("http://x")',
]


def named(title: str) -> ProcessingRegister:
    """Return a register in which a purpose, a controller and a destination have a hostile name."""
    document: Document = make_document()
    for steps in (PURPOSE, ("controllers", "shop", "title"), ("destinations", "ads", "title"), ("title",)):
        document = spoil(document, *steps, value=title)
    return make_register(make_material(document), make_observed(purpose=title))


def write(form: str, register: ProcessingRegister) -> bytes:
    return FORMS[form].write(register)


def text_of_pdf(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def squeezed(text: str) -> str:
    """Return a text without spaces: where a line is broken is the typesetter's matter."""
    return "".join(text.split())


def rows_of(register: ProcessingRegister) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(write("csv", register).decode("utf-8-sig"))))


@pytest.mark.parametrize("form", FORMS)
def test_the_same_register_gives_the_same_bytes(form: str) -> None:
    first, second = (make_register(make_material(read_retailer()), make_observed()) for _ in range(2))

    assert write(form, first) == write(form, second)


def test_the_json_is_what_its_schema_says() -> None:
    published = json.loads((ROOT / "docs" / "reference" / "register.schema.json").read_text(encoding="utf-8"))
    told = json.loads(write("json", make_register(make_material(read_retailer()), ungated_paths=1)))

    jsonschema.Draft202012Validator.check_schema(published)
    jsonschema.validate(told, published)
    assert published == register_schema()
    assert told["schema"] == "accordant/register/1"


def test_the_schema_refuses_what_is_no_register() -> None:
    told = json.loads(write("json", make_register()))
    told["entries"][0]["grounds"][0]["jurisdictions"] = "everywhere"

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(told, register_schema())


def test_the_table_has_a_row_for_each_entry_and_for_what_was_seen_undeclared() -> None:
    register = make_register(None, make_observed(purpose="marketing.post"), ungated_paths=2)

    rows = rows_of(register)

    assert [(one["reference"], one["declared"]) for one in rows] == [
        ("kiosk/marketing.email", "yes"),
        ("kiosk/service.orders", "yes"),
        ("shop/marketing.email", "yes"),
        ("shop/service.orders", "yes"),
        ("shop/marketing.post", "no"),
    ]
    assert "does not have" in rows[-1]["differences"]
    assert rows[0]["differences_of_the_whole"].startswith("2 paths")
    assert rows[0]["policy_digest"] == register.policy.digest


def test_the_table_begins_with_a_byte_order_mark_so_that_spreadsheets_read_its_letters() -> None:
    assert write("csv", make_register()).startswith("\ufeff".encode())


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1"],  # noqa: RUF001
)
def test_a_cell_that_a_spreadsheet_would_calculate_is_made_text(cell: str) -> None:
    assert disarm(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "plain", "1-2", "a=b", "'=1"])
def test_any_other_cell_stays_as_it_is(cell: str) -> None:
    assert disarm(cell) == cell


def test_no_cell_of_a_hostile_policy_begins_a_formula() -> None:
    for row in rows_of(named("=cmd|' /C calc'!A0")):
        assert not [one for one in row.values() if one.lstrip().startswith(("=", "+", "-", "@"))]


class _Reader(HTMLParser):
    """Collects the tags and the text of a page."""

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


def read_page(register: ProcessingRegister) -> _Reader:
    reader = _Reader()
    reader.feed(write("html", register).decode())
    return reader


@pytest.mark.parametrize("title", HOSTILE)
def test_a_hostile_name_is_text_in_html_and_adds_no_tag(title: str) -> None:
    hostile, harmless = read_page(named(title)), read_page(named("Offers"))

    assert title in hostile.text
    assert hostile.tags == harmless.tags
    assert "script" not in hostile.tags


def test_the_page_loads_nothing_from_elsewhere_and_says_its_language() -> None:
    page = read_page(make_register(make_material(read_retailer())))

    assert not [value for name, value in page.attributes if name in {"src", "href"}]
    assert ("lang", "en") in page.attributes


@pytest.mark.parametrize("title", HOSTILE)
def test_a_hostile_name_is_text_in_pdf(title: str) -> None:
    assert squeezed(title) in squeezed(text_of_pdf(write("pdf", named(title))))


def test_the_pdf_is_tagged_titled_dated_and_says_its_language() -> None:
    reader = PdfReader(io.BytesIO(write("pdf", make_register())))

    root: Any = reader.trailer["/Root"]
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    assert b"pdfuaid" in root["/Metadata"].get_object().get_data()
    assert reader.metadata is not None
    assert reader.metadata.title == "Register of processing: Shop policy"
    assert reader.metadata.creation_date == NOW


def test_the_pdf_has_its_fonts_in_it() -> None:
    reader = PdfReader(io.BytesIO(write("pdf", make_register())))

    resources: list[Any] = [page["/Resources"] for page in reader.pages]
    fonts = [font.get_object() for one in resources for font in one["/Font"].values()]
    assert fonts
    for font in fonts:
        [described] = font["/DescendantFonts"]
        descriptor = described.get_object()["/FontDescriptor"]
        assert {"/FontFile3", "/FontFile2"} & set(descriptor)


def test_the_pdf_says_all_that_the_page_says() -> None:
    register = make_register(make_material(read_retailer()), make_observed(purpose="x"), ungated_paths=3)

    told = squeezed(text_of_pdf(write("pdf", register)))

    for entry in register.entries:
        assert squeezed(entry.purpose.description) in told
        assert all(squeezed(one.text) in told for one in entry.gaps)
    assert all(squeezed(one.words) in told for one in register.differences)
    assert register.policy.digest in told


def test_letters_of_other_scripts_are_set_and_unseen_characters_are_shown() -> None:
    told = text_of_pdf(write("pdf", named("Ζαμπόλ Привет Zażółć")))
    bell = text_of_pdf(write("pdf", named("a\x07b\u202ec")))

    assert "Привет" in told
    assert "a\ufffdb\ufffdc" in bell


def test_a_character_without_a_font_refuses_the_pdf_and_nothing_else() -> None:
    register = named("\U00013000")  # a hieroglyph

    with pytest.raises(FontMissing):
        write("pdf", register)
    assert "\U00013000" in read_page(register).text


@pytest.mark.parametrize("form", FORMS)
def test_a_register_without_entries_is_written_too(form: str) -> None:
    document = spoil(make_document(), "rules", value=[])

    assert write(form, make_register(make_material(document)))


@pytest.mark.parametrize("form", FORMS)
def test_the_moment_it_was_made_is_in_it(form: str) -> None:
    register = make_register()

    assert register.generated_at == NOW
    later = make_register(make_material(at=NOW + timedelta(days=1)))
    assert write(form, register) != write(form, later)


def test_the_templates_are_beside_the_code() -> None:
    folder = Path(ROOT) / "activation" / "desk" / "register" / "forms"

    assert {"register.html", "register.typ"} <= {path.name for path in folder.iterdir()}
