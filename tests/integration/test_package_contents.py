"""What is in an access package: everything about the person, nothing about others, readable and checkable."""

import base64
import csv
import hashlib
import io
import json
import re
import warnings
import zipfile
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from consent.requests.models import Package, Request
from consent.requests.packages.building import build_package
from consent.requests.packages.reading import stream_package
from consent.requests.packages.types import Withheld
from consent.requests.types import RequestType, StepAction, StepState
from consent.subjects.services import link_by_officer
from tests.evidence_world import audit, record, seal
from tests.packages_world import (
    JUNE_1,
    build,
    make_dataset,
    make_reader,
    make_request,
    make_step,
    make_system,
    read_files,
)
from tests.policy_officers import make_officer
from tests.records_world import make_choice, publish_policy

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
LANGUAGES = ["en", "de", "fr", "pt", "es"]


def make_whole_request(language: str = "en", **values: Any) -> tuple[Request, str]:
    """Return a request of which everything is on record, and the id of the person's choice."""
    publish_policy()
    ref, (record_id, *_) = record("00001", choices=[make_choice(), make_choice(choice="withdrawn")])
    record("00002")
    seal()
    request = make_request(language=language, subjects=[ref], **values)
    crm = make_system()
    orders = make_dataset(crm, "orders", purposes=["marketing.email"], retention="10 years")
    orders.fields.create(name="id", category="contact.email")
    orders.fields.create(name="city", title="Town", category="contact.email")
    make_step(request, [("orders", {"id": n, "city": f"Köln {n}"}) for n in range(1200)], system=crm)
    recipients = [
        (
            "recipients",
            {
                "destination": "mailer",
                "role": "processor",
                "country": "DE",
                "purposes": ["marketing.email"],
                "last_at": "2026-05-01T10:00:00+00:00",
                "times": 3,
            },
        )
    ]
    make_step(request, recipients, action=StepAction.TELL_RECIPIENTS)
    return request, record_id


class Page(HTMLParser):
    """What a page refers to, and whether it could do anything."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(content.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    @property
    def links(self) -> list[str]:
        return [str(attributes["href"]) for tag, attributes in self.tags if "href" in attributes]


def list_pages(files: dict[str, bytes]) -> dict[str, Page]:
    return {name: Page(content) for name, content in files.items() if name.endswith(".html")}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_says_its_language_and_loads_nothing(language: str) -> None:
    request, _ = make_whole_request(language)

    pages = list_pages(read_files(build(request)))

    assert {"index.html", "pages/known.html", "pages/choices-0001.html", "pages/recipients-0001.html"} < set(
        pages
    )
    for page in pages.values():
        tags = {tag for tag, _ in page.tags}
        assert page.tags[0] == ("html", {"lang": language})
        assert not tags & {"script", "img", "link", "iframe", "object", "embed", "form", "base", "svg"}
        assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
        assert all(not re.match(r"[a-z]+:|//", link) for link in page.links)


def test_a_page_may_load_nothing_but_its_own_style() -> None:
    request, _ = make_whole_request()

    for name, content in read_files(build(request)).items():
        if name.endswith(".html"):
            style = re.search(rb"<style>(.*?)</style>", content, re.DOTALL)
            assert style is not None
            digest = base64.b64encode(hashlib.sha256(style[1]).digest()).decode()
            policy = [one for tag, one in Page(content).tags if one.get("http-equiv")]
            assert policy[0]["content"] == (
                f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
            )
            assert content.index(b"Content-Security-Policy") < content.index(b"<style>")


def test_every_link_leads_to_a_file_of_the_package() -> None:
    request, _ = make_whole_request()

    files = read_files(build(request))

    for name, page in list_pages(files).items():
        for link in page.links:
            if not link.startswith("#"):
                target = PurePosixPath(name).parent / link
                parts: list[str] = []
                for part in target.parts:
                    parts = parts[:-1] if part == ".." else [*parts, part]
                assert "/".join(parts) in files, (name, link)
    reached = {link for page in list_pages(files).values() for link in page.links}
    assert {f"json/{stem}.json" for stem in ("01-crm-001-orders", "choices", "known", "recipients")} < reached


def test_rows_go_on_over_as_many_pages_as_they_need() -> None:
    request, _ = make_whole_request()

    files = read_files(build(request))

    pages = sorted(name for name in files if name.startswith("pages/01-crm-001-orders"))
    assert pages == [f"pages/01-crm-001-orders-000{number}.html" for number in (1, 2, 3)]
    rows = [Page(files[name]).tags for name in pages]
    assert [sum(tag == "tr" for tag, _ in tags) - 1 for tags in rows] == [500, 500, 200]
    assert b"Town" in files[pages[0]]
    assert "01-crm-001-orders-0001.html" in Page(files[pages[1]]).links
    assert "01-crm-001-orders-0003.html" in Page(files[pages[1]]).links


def test_the_same_rows_are_in_json_and_in_csv() -> None:
    request, _ = make_whole_request()

    files = read_files(build(request))

    told = json.loads(files["json/01-crm-001-orders.json"])
    table = list(csv.DictReader(io.StringIO(files["csv/01-crm-001-orders.csv"].decode("utf-8-sig"))))
    assert (told["system"], told["dataset"], len(told["rows"])) == ("crm", "orders", 1200)
    assert table == [{"id": str(row["id"]), "city": row["city"]} for row in told["rows"]]


def test_choices_are_told_in_words_and_have_receipts_that_verify() -> None:
    request, record_id = make_whole_request()

    files = read_files(build(request))

    page = files["pages/choices-0001.html"].decode()
    assert "Marketing by e-mail" in page
    assert "consent given" in page
    assert "withdrawn" in page
    assert f"../receipts/{record_id}.jws" in Page(page.encode()).links
    choices = json.loads(files["json/choices.json"])
    assert [one["choice"] for one in choices] == ["granted", "withdrawn"]
    assert all(one["receipt"] in files for one in choices)


def test_the_persons_signals_are_in_it_as_they_were_sent() -> None:
    request, _ = make_whole_request()
    [ref] = request.subjects
    record("00001", choices=[], facts=[], signals={"usp": "1YYN"})
    record("00002", choices=[], facts=[], signals={"usp": "1YNY"})

    files = read_files(build(request))

    [signal] = json.loads(files["json/known.json"])["signals"]
    assert (signal["kind"], signal["text"]) == ("usp", "1YYN")
    assert "1YYN" in files["pages/known.html"].decode()
    assert ref not in files["json/known.json"].decode()
    assert not any(b"1YNY" in content for content in files.values())


def test_nothing_of_another_person_is_in_it() -> None:
    request, _ = make_whole_request()

    files = read_files(build(request))

    assert b"c00001@customers.example" in files["json/known.json"]
    assert not any(b"00002" in content for content in files.values())


def test_a_person_who_shares_a_link_with_them_is_not_in_it() -> None:
    publish_policy()
    ref, _ = record("00001")
    other, (other_record, *_) = record("00002")
    officer = make_officer("olga").pk
    link_by_officer(left=ref, right=other, officer=officer, reason="One household.", at=JUNE_1)
    seal()

    files = read_files(build(make_request(subjects=[ref])))

    assert len(json.loads(files["json/choices.json"])) == 1
    for forbidden in (other, other_record, "00002"):
        assert not any(forbidden.encode() in content for content in files.values())


def test_a_choice_that_is_not_sealed_yet_is_told_without_a_receipt() -> None:
    publish_policy()
    ref, _ = record("00001")

    files = read_files(build(make_request(subjects=[ref])))

    [choice] = json.loads(files["json/choices.json"])
    assert choice["receipt"] is None
    assert not any(name.startswith("receipts/") for name in files)


def test_it_says_what_art_15_asks_for() -> None:
    request, _ = make_whole_request()

    files = read_files(build(request))

    index = files["index.html"].decode()
    for expected in (
        "Your data at Acme",
        "Customer register",
        "10 years",
        "Marketing by e-mail",
        "News by e-mail",
        "your consent",
        "E-mail address",
        "Mailer",
        "data protection authority",
        "object to its use",
        "Automated decisions",
    ):
        assert expected in index, expected
    assert "Mailer" in files["pages/recipients-0001.html"].decode()
    told = json.loads(files["json/information.json"])
    assert [one["title"] for one in told["purposes"]] == ["Marketing by e-mail"]


def test_a_system_that_could_not_hand_over_all_is_named() -> None:
    request = make_request()
    make_step(request, [("orders", {"id": 1})], state=StepState.PARTLY_DONE)

    index = read_files(build(request))["index.html"].decode()

    assert "is not complete, or could not be had: Customer register." in index


def test_the_package_can_be_checked_offline_with_the_published_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    request, _ = make_whole_request()
    path = tmp_path / "package.zip"
    path.write_bytes(b"".join(stream_package(build(request), officer_id=make_reader().pk)))

    code, said = audit(capsys, "access", path)

    assert code == 0, said
    assert "2 receipts verify" in said
    assert request.reference in said


@pytest.mark.parametrize("damage", ["changed", "added", "removed", "unsigned", "foreign_name", "twice"])
def test_a_package_that_was_changed_does_not_verify(
    damage: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    request, _ = make_whole_request()
    files = read_files(build(request))
    path = tmp_path / "package.zip"
    write_damaged(path, files, damage)

    code, said = audit(capsys, "access", path)

    assert code == 1
    assert "verified\n" not in said.replace("not verified", "")


def write_damaged(path: Path, files: dict[str, bytes], damage: str) -> None:
    content = dict(files)
    name = "json/01-crm-001-orders.json"
    if damage == "changed":
        content[name] = content[name].replace(b"1199", b"1198", 1)
    elif damage == "added":
        content["json/more.json"] = b"{}"
    elif damage == "removed":
        del content[name]
    elif damage == "unsigned":
        content["manifest.json"] = content["manifest.json"].replace(b'"kind":"access"', b'"kind":"acces5"')
    elif damage == "foreign_name":
        content["../../escaped.html"] = b""
    with zipfile.ZipFile(path, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for one, text in content.items():
            archive.writestr(one, text)
        if damage == "twice":
            archive.writestr(name, content[name])


def test_a_portable_package_has_what_was_given_or_observed_on_consent_or_contract_and_no_pages() -> None:
    publish_policy()
    request = make_request(asks_for=RequestType.PORTABILITY)
    crm = make_system()
    make_dataset(crm, "mails", purposes=["marketing.email"])
    make_dataset(crm, "audits", purposes=["fraud.detection"])
    make_dataset(crm, "unsaid")
    scored = make_dataset(crm, "scored")
    scored.fields.create(name="id", category="contact.email")
    scored.fields.create(name="score", category="contact.email", is_derived=True)
    make_dataset(crm, "segments", is_derived=True)
    make_step(
        request,
        [(name, {"id": name, "score": 7}) for name in ("mails", "audits", "unsaid", "scored", "segments")],
        system=crm,
    )

    package = build(request)
    files = read_files(package)

    told = {name: json.loads(files[name]) for name in files if name.startswith("json/01-")}
    assert {one["dataset"] for one in told.values()} == {"mails", "unsaid", "scored"}
    assert [one["rows"] for one in told.values() if one["dataset"] == "scored"] == [[{"id": "scored"}]]
    assert not any(name.startswith("pages/01-") for name in files)
    assert "json/recipients.json" not in files
    assert not any(b"segments" in content for name, content in files.items() if name != "index.html")
    index = files["index.html"].decode()
    assert "to take with you" in index
    assert index.count("It is not data that you gave us") == 3
    counts = package.request.events.get(kind="package_built").detail
    assert counts["withheld"] == {Withheld.NOT_PORTABLE: 3}


def test_the_same_contents_make_the_same_bytes() -> None:
    request, _ = make_whole_request()
    first = build(request)
    Package.objects.filter(pk=first.pk).update(state="building")

    assert build_package(first.pk)

    again = Package.objects.get(pk=first.pk)
    assert (again.digest, again.size, again.parts) == (first.digest, first.size, first.parts)
    assert again.created_at == first.created_at != JUNE_1
