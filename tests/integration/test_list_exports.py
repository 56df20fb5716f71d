"""Lists as files: what they show, without formulas, told to the ledger, up to a limit."""

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.safestring import mark_safe

from activation.desk.lists.exporting.cells import to_cell
from activation.desk.lists.exporting.files import FORMS, LONGEST_CELL
from consent.ledger.types import Stream
from tests.ledger_world import read_entries
from tests.lists_world import EXPORT, LAW, VIEW_LAW, make_jurisdiction, make_officer, make_view, told

pytestmark = pytest.mark.django_db
HOSTILE = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    " =1",
    "\uff1d1",
    'say "no", then\nleave',
    "\x00=1",
    "nul\x00in",
    "http://example.com/x",
    '=HYPERLINK("http://x";"y")',
    "\U0001f600 ünï",
    "x" * 40_000,
)
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def exporter(*more: str) -> Client:
    return make_officer("ada", VIEW_LAW, "export_list", *more)


def download(client: Client, form: str, address: str = EXPORT) -> Any:
    return client.post(address, {"form": form})


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def read_csv(raw: bytes) -> list[list[str]]:
    assert raw.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))


def read_xlsx(raw: bytes) -> list[list[str]]:
    """Return the cells of the first sheet; a formula or a link fails the test."""
    with zipfile.ZipFile(io.BytesIO(raw)) as book:
        [sheet] = (name for name in book.namelist() if name.endswith("/sheet1.xml"))
        tree = ElementTree.fromstring(book.read(sheet))  # noqa: S314 - our own
    assert not list(tree.iter(f"{_SHEET}f"))
    assert not list(tree.iter(f"{_SHEET}hyperlink"))
    return [
        [
            "".join(part.text or "" for part in cell.iter() if part.tag in {f"{_SHEET}t", f"{_SHEET}v"})
            for cell in row
        ]
        for row in tree.iter(f"{_SHEET}row")
    ]


def write(form: str, rows: Sequence[Sequence[Any]]) -> bytes:
    file = io.BytesIO()
    assert FORMS[form].write(
        file, ["Title", "Number"], [[to_cell(one) for one in row] for row in rows]
    ) == len(rows)
    return file.getvalue()


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_hostile_cells_stay_text_in_both_forms(form: str, text: str) -> None:
    raw = write(form, [[text, -5]])
    rows = read_csv(raw) if form == "csv" else read_xlsx(raw)

    shown, number = rows[1]
    assert rows[0] == ["Title", "Number"]
    assert not shown.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\uff1d"))
    assert "\x00" not in shown
    assert number == "-5"
    assert len(shown) <= LONGEST_CELL or form == "csv"
    if len(text) > LONGEST_CELL and form == "xlsx":
        assert "cut" in shown
    else:
        assert text.replace("\x00", "\ufffd").strip() in shown.replace("_x000D_", "\r")


def test_the_tests_for_formulas_are_red_without_disarming(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("activation.desk.lists.exporting.files.disarm", lambda text: text)

    for form in ("csv", "xlsx"):
        with pytest.raises(AssertionError):
            test_hostile_cells_stay_text_in_both_forms(form, "=1+1")


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""),
        (True, "yes"),
        (datetime(2026, 3, 1, 9, 30, tzinfo=UTC), "2026-03-01T09:30:00+00:00"),
        (date(2026, 3, 1), "2026-03-01"),
        (Decimal("1.50"), Decimal("1.50")),
        (mark_safe("<b>3 &lt; 4</b>"), "3 < 4"),
        ("<b>as written</b>", "<b>as written</b>"),
        (["a", None, "b"], "a, b"),
        ({"b": 1}, '{"b": 1}'),
        (b"\x01\xff", "01ff"),
    ],
)
def test_values_are_written_as_a_spreadsheet_takes_them(value: object, cell: object) -> None:
    assert to_cell(value) == cell


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_file_holds_what_the_list_shows_with_its_filters_and_in_its_order(form: str) -> None:
    for code in ("AT", "BE", "CY"):
        make_jurisdiction(code, f"=Land {code}")
    client = exporter()

    answer = download(client, form, f"{EXPORT}?q=Land&o=-1")
    raw = body(answer)

    rows = read_csv(raw) if form == "csv" else read_xlsx(raw)
    assert [row[0] for row in rows] == ["Code", "CY", "BE", "AT"]
    assert rows[1][1] == "'=Land CY"
    assert f".{form}" in answer["Content-Disposition"]
    assert "jurisdiction-20" in answer["Content-Disposition"]
    assert "no-store" in answer["Cache-Control"]


def test_the_ledger_is_told_which_list_by_which_filters_and_how_many_rows_never_what_was_typed() -> None:
    make_jurisdiction("AT", "Landing")

    body(download(exporter(), "csv", f"{EXPORT}?q=Landing"))

    (entry,) = [one for one in read_entries() if one.kind == "list_exported"]
    assert entry.stream == Stream.AUDIT
    written = str(entry)
    assert "'rows': 1" in written or '"rows":1' in written
    assert "Landing" not in written


def test_ticked_rows_alone_are_exported_by_the_action() -> None:
    ids = [make_jurisdiction(code).pk for code in ("AT", "BE", "CY")]
    client = exporter()

    asked = client.post(LAW, {"action": "export_ticked", "_selected_action": ids[:2], "index": "0"})
    page = client.get(asked["Location"])

    assert "those that were ticked" in page.content.decode()
    assert len(read_csv(body(download(client, "csv", asked["Location"])))) == 3
    across = client.post(
        LAW, {"action": "export_ticked", "_selected_action": ids[:1], "select_across": "1", "index": "0"}
    )
    assert len(read_csv(body(download(client, "csv", across["Location"])))) == 4


def test_without_the_permission_nothing_is_offered_or_handed_out() -> None:
    row = make_jurisdiction("AT")
    client = make_officer("ben", VIEW_LAW)

    text = client.get(LAW).content.decode()
    assert "Export" not in text
    assert client.get(EXPORT).status_code == 403
    assert download(client, "csv").status_code == 403
    client.post(LAW, {"action": "export_ticked", "_selected_action": [row.pk], "index": "0"})
    assert not [one for one in read_entries() if one.kind == "list_exported"]


def test_a_list_that_the_officer_may_not_see_is_not_exported() -> None:
    client = make_officer("ben", "export_list")

    assert download(client, "csv").status_code == 403
    assert client.get(EXPORT.replace("jurisdiction", "nothing")).status_code == 404
    assert (
        client.get(EXPORT.replace("consent_policies.jurisdiction", "activation_desk.lineage")).status_code
        == 404
    )


def test_more_rows_than_one_file_may_hold_are_refused_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settings, "EXPORT_ROWS", 1)
    make_jurisdiction("AT")
    make_jurisdiction("BE")
    client = exporter()

    assert "Filter the list" in client.get(EXPORT).content.decode()
    answer = client.post(EXPORT, {"form": "csv"}, follow=True)

    assert "filter the list until fewer do" in told(answer)
    assert not [one for one in read_entries() if one.kind == "list_exported"]


@pytest.mark.parametrize("query", ["nothing=1", "ticked=abc", "o=zz", "pk=x"])
def test_a_malformed_query_is_answered_on_the_list(query: str) -> None:
    answer = exporter().get(f"{EXPORT}?{query}", follow=True)

    assert answer.status_code == 200


def test_an_unknown_form_shows_the_page_again() -> None:
    assert exporter().post(EXPORT, {"form": "pdf"}).status_code == 200


def test_an_export_asks_as_much_for_many_rows_as_for_few() -> None:
    client, counts = exporter(), []
    for number in range(3):
        make_jurisdiction(("DE", "FR", "ES")[number])
        with CaptureQueriesContext(connection) as asked:
            body(download(client, "csv"))
        counts.append(len(asked))
    assert counts[1] == counts[2]


def test_a_saved_views_list_is_exported_too() -> None:
    client = exporter()
    make_view("ada", name="=mine")

    rows = read_csv(
        body(
            download(
                client, "csv", EXPORT.replace("consent_policies.jurisdiction", "activation_desk.savedfilter")
            )
        )
    )

    assert rows[1][0] == "'=mine"
