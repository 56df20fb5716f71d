"""What is withheld, by rule or by an officer, is nowhere in a package, in no form of writing."""

import base64
import html
import json
import quopri
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from consent.requests.models import Package, Redaction, Request, RequestEvent, Step
from consent.requests.packages.building import build_package
from consent.requests.packages.hiding import Hider, OwnIdentifiers
from consent.requests.packages.previewing import list_datasets, list_rows
from consent.requests.packages.redacting import redact, undo_redaction
from consent.requests.packages.types import BadReason, NothingThere, Redactions
from consent.requests.types import ChangedMeanwhile, EventKind, NotPossible, PackageState
from tests.packages_world import (
    JUNE_1,
    begin,
    build,
    make_dataset,
    make_reader,
    make_request,
    make_step,
    make_system,
    read_files,
)

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
SECRET = 'Zoë <O\'Hara> & "Söhne" 4711-Ω'
NOTES = [
    ("notes", {"id": number, "who": "Alice", "text": f"note {number}", "phone": None}) for number in range(6)
]


def forms_of(text: str) -> Iterator[bytes]:
    """Yield the ways in which `text` could be written."""
    for encoding in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "cp1252", "latin-1"):
        yield text.encode(encoding, errors="ignore")
    raw = text.encode()
    yield html.escape(text).encode()
    yield text.encode("ascii", "xmlcharrefreplace")
    yield html.escape(text).encode("ascii", "xmlcharrefreplace")
    yield json.dumps(text)[1:-1].encode()
    yield json.dumps(text, ensure_ascii=False)[1:-1].encode()
    yield quote(text).encode()
    yield quopri.encodestring(raw).rstrip(b"=\n")
    yield raw.hex().encode()
    yield text.replace('"', '""').encode()
    for shift in range(3):  # wherever in a longer text it stands
        whole = base64.b64encode(b" " * shift + raw)
        yield whole[4 if shift else 0 : -4]


def find(files: dict[str, bytes], text: str) -> list[str]:
    """Return the files in which `text` stands, in any form."""
    return [name for name, content in files.items() if any(form in content for form in forms_of(text))]


def read_anyway(request: Request) -> dict[str, bytes]:
    return read_files(build(request))


def make_noted(secret: str = SECRET, column: str = "text", **values: Any) -> tuple[Request, Step]:
    request = make_request()
    rows = [*NOTES, ("notes", {"id": 6, "who": "Alice", column: secret}), *NOTES]
    return request, make_step(request, rows, **values)


def do(request: Request, **values: Any) -> int:
    """Redact as an officer who has just opened the page."""
    request.refresh_from_db()
    return int(
        redact(
            request.pk,
            **{"system": "crm", "dataset": "notes", "reason": "It is about somebody else.", **values},
            officer_id=make_reader().pk,
            version=request.version,
        )
    )


def test_the_search_finds_what_is_there() -> None:
    request, _ = make_noted()

    found = find(read_anyway(request), SECRET)

    assert {name.partition("/")[0] for name in found} == {"json", "csv", "pages"}


@pytest.mark.parametrize("place", [{"field": "text"}, {"row": 7}, {"field": "text", "row": 7}])
def test_what_an_officer_withheld_is_in_no_file_in_no_form(place: dict[str, Any]) -> None:
    request, _ = make_noted()
    build(request)

    do(request, **place)

    package = Package.objects.get()
    assert package.state == PackageState.BUILDING
    assert build_package(package.pk)
    files = read_files(package)
    assert find(files, SECRET) == []
    assert "It is about somebody else." in files["index.html"].decode()
    rows = json.loads(files["json/01-crm-001-data.json"])["rows"]
    assert [row["id"] for row in rows].count(6) == ("field" in place)


@pytest.mark.parametrize("place", [{"field": "text"}, {"row": 7}, {"field": "text", "row": 7}])
@pytest.mark.parametrize("broken", ["ignored", "other_row"])
def test_a_package_that_ignores_an_officer_is_caught(
    place: dict[str, Any], broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request, _ = make_noted()
    build(request)
    do(request, **place)
    honest = Hider.__init__

    def forgetful(self: Hider, *args: Any, **values: Any) -> None:
        told: Redactions = values["redactions"] or Redactions()
        if broken == "ignored":
            told = Redactions()
        else:
            told = Redactions(
                rows={number + 1: why for number, why in told.rows.items()},
                cells={(number + 1, name): why for (number, name), why in told.cells.items()},
            )
        honest(self, *args, **{**values, "redactions": told})

    monkeypatch.setattr(Hider, "__init__", forgetful)
    assert build_package(Package.objects.get().pk)

    assert find(read_files(Package.objects.get()), SECRET)


@pytest.mark.parametrize(
    "rule",
    [{"is_third_party": True}, {"in_access": False}],
)
def test_what_the_data_map_withholds_is_in_no_file_in_no_form(rule: dict[str, bool]) -> None:
    dataset = make_dataset(make_system(), "notes")
    for name in ("id", "who", "phone"):
        dataset.fields.create(name=name, category="contact")
    dataset.fields.create(name="text", category="contact", **rule)
    request, _ = make_noted()

    assert find(read_anyway(request), SECRET) == []


def test_a_field_that_the_data_map_does_not_name_is_in_no_file() -> None:
    make_dataset(make_system(), "notes").fields.create(name="id", category="contact")
    request, _ = make_noted()

    assert find(read_anyway(request), SECRET) == []


def test_a_dataset_that_is_no_part_of_access_is_in_no_file() -> None:
    make_dataset(make_system(), "notes", in_access=False)
    request, _ = make_noted()

    files = read_anyway(request)

    assert find(files, SECRET) == []
    assert "the law exempts it" in files["index.html"].decode()


@pytest.mark.parametrize("secret", ["bob.o'hara+x@shöp.example", "+49 (151) 999 888 77"])
def test_an_address_or_number_of_another_in_free_text_is_in_no_file(secret: str) -> None:
    dataset = make_dataset(make_system(), "notes")
    for name in ("id", "who", "phone"):
        dataset.fields.create(name=name, category="contact")
    dataset.fields.create(name="text", category="contact", is_free_text=True)
    request, _ = make_noted(secret=f"alice@customers.example told {secret} of it")

    files = read_anyway(request)

    assert find(files, secret) == []
    assert find(files, "alice@customers.example told [withheld] of it")


def test_rules_that_are_broken_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = make_dataset(make_system(), "notes")
    dataset.fields.create(name="text", category="contact", is_third_party=True)
    request, _ = make_noted()
    monkeypatch.setattr(OwnIdentifiers, "has", lambda *_: True)

    assert find(read_anyway(request), SECRET)


def test_a_redaction_is_taken_back_before_the_release() -> None:
    request, _ = make_noted()
    build(request)
    redaction = do(request, row=7)
    request.refresh_from_db()

    undo_redaction(redaction, officer_id=make_reader().pk, version=request.version)

    assert not Redaction.objects.exists()
    assert build_package(Package.objects.get().pk)
    assert find(read_files(Package.objects.get()), SECRET)
    told = RequestEvent.objects.filter(kind=EventKind.REDACTED).order_by("pk")
    assert [(one.detail["row"], one.detail["undone"], one.detail["redactions"]) for one in told] == [
        (7, False, 1),
        (7, True, 0),
    ]


def test_a_worker_that_built_before_a_redaction_finishes_nothing() -> None:
    request, _ = make_noted()
    package = build(request)
    do(request, row=7)
    stale = Package.objects.get(pk=package.pk)
    do(request, row=8)

    assert build_package(stale.pk)
    assert RequestEvent.objects.filter(kind=EventKind.PACKAGE_BUILT).count() == 2


@pytest.mark.parametrize(
    "place",
    [
        {},
        {"system": "none", "row": 1},
        {"dataset": "none", "row": 1},
        {"field": "none"},
        {"row": 0},
        {"row": 14},
        {"row": 10**18},
    ],
)
def test_what_would_withhold_nothing_is_refused(place: dict[str, Any]) -> None:
    request, _ = make_noted()
    build(request)

    with pytest.raises(NothingThere):
        do(request, **place)

    assert not Redaction.objects.exists()
    assert Package.objects.get().state == PackageState.READY


@pytest.mark.parametrize(
    "reason", ["", " ", "x" * 201, "Bob asked, bob@shop.example", "see +49 170 99988877"]
)
def test_a_reason_is_a_sentence_that_names_nobody(reason: str) -> None:
    request, _ = make_noted()
    build(request)

    with pytest.raises(BadReason) as refused:
        do(request, row=7, reason=reason)

    assert not Redaction.objects.exists()
    assert "bob" not in str(refused.value)


def test_two_officers_at_once_do_not_overwrite_each_other() -> None:
    request, _ = make_noted()
    build(request)
    request.refresh_from_db()

    with pytest.raises(ChangedMeanwhile):
        redact(
            request.pk,
            system="crm",
            dataset="notes",
            row=7,
            reason="It is about somebody else.",
            officer_id=make_reader().pk,
            version=request.version - 1,
        )


def test_nothing_is_withheld_from_what_is_closed() -> None:
    request, _ = make_noted()
    build(request)
    Request.objects.filter(pk=request.pk).update(state="fulfilled", closed_at=JUNE_1)

    with pytest.raises(NotPossible):
        do(request, row=7)


def test_rows_that_were_collected_anew_are_not_withheld_by_their_old_numbers() -> None:
    request, step = make_noted()
    build(request)
    do(request, row=7)
    Step.objects.filter(pk=step.pk).update(ended_at=Redaction.objects.get().at.replace(year=2100))

    assert not build_package(Package.objects.get().pk)

    package = Package.objects.get()
    assert package.state == PackageState.FAILED
    assert "collected anew" in package.last_error


def test_an_officer_looks_through_the_rows_page_by_page_and_sees_what_becomes_of_them() -> None:
    dataset = make_dataset(make_system(), "notes")
    for name, rules in {
        "id": {},
        "who": {"is_third_party": True},
        "text": {"is_free_text": True},
        "phone": {"in_access": False},
    }.items():
        dataset.fields.create(name=name, title=name.title(), category="contact", **rules)
    request, step = make_noted(secret="Call bob@shop.example")
    build(request)
    do(request, row=2)

    assert list_datasets(step) == [("notes", "Notes", 13)]
    pages = [list_rows(step, "notes", number, page_size=5) for number in (1, 2, 3)]

    assert [[row.number for row in page.rows] for page in pages] == [
        [1, 2, 3, 4, 5],
        [6, 7, 8, 9, 10],
        [11, 12, 13],
    ]
    assert [page.has_next for page in pages] == [True, True, False]
    assert pages[0].rows[1].redacted == "It is about somebody else."
    cells = {cell.column: cell for cell in pages[1].rows[1].cells}
    assert (cells["text"].found, cells["text"].shown) == ("Call bob@shop.example", "Call [withheld]")
    assert [cell.withheld for cell in cells.values()] == ["", "about_others", "contact_of_others"]
    assert not list_rows(step, "notes", 4, page_size=5).rows


def test_pages_of_datasets_that_lie_in_between_each_other_are_complete() -> None:
    request = make_request()
    step = make_step(request, [("a" if number % 2 else "b", {"n": number}) for number in range(1, 21)])

    numbers = [[row.number for row in list_rows(step, "b", page, page_size=4).rows] for page in (1, 2, 3, 4)]

    assert numbers == [[2, 4, 6, 8], [10, 12, 14, 16], [18, 20], []]


def test_what_no_step_collected_cannot_be_looked_at() -> None:
    request = make_request()
    step = make_step(request, NOTES)

    for dataset, page in (("none", 1), ("notes", 0)):
        with pytest.raises(NothingThere):
            list_rows(step, dataset, page)


def test_a_package_that_is_being_built_is_built_of_what_is_withheld_by_then() -> None:
    request, _ = make_noted()
    package = begin(request)
    do(request, row=7)

    assert build_package(package.pk)
    assert find(read_files(package), SECRET) == []
