"""The register as officers and operators get it: page, downloads, command, notes and their history."""

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from activation.desk.register import observing, queries, services
from activation.desk.register.models import RegisterNote
from activation.desk.register.queries import NoPolicyInForce
from activation.desk.register.services import TopicMisplaced
from activation.desk.register.topics import NoteAbout, NoteTopic, Place
from activation.destinations.services import register_destination
from activation.destinations.types import DestinationKind
from consent.policies.document.writing import write_yaml
from consent.policies.services import import_policy, publish
from lineage.graph.services import load
from lineage.graph.types import Observed
from tests import enforcement_world as enforcement
from tests.policy_documents import read_retailer
from tests.policy_officers import approve, make_officer, submit

pytestmark = pytest.mark.django_db

PAGE = "/admin/activation_desk/registerofprocessing/"
NOTES = "/admin/activation_desk/registernote/"
CONTACT = Place(NoteAbout.CONTROLLER, "northwind", NoteTopic.CONTACT)
JAN_1 = datetime(2026, 1, 1, tzinfo=UTC)
FEB_1 = datetime(2026, 2, 1, tzinfo=UTC)


def make_world(effective_at: datetime = JAN_1, **changed: Any) -> None:
    """Publish the demo's policy, and register a destination of it."""
    text = write_yaml({**read_retailer(), **changed})
    draft = import_policy(text=text, author_id=make_officer("alice").pk, at=JAN_1)
    submit(draft)
    approve(draft)
    publish(version_id=draft.version_id, effective_at=effective_at, at=JAN_1)


def observe(monkeypatch: pytest.MonkeyPatch, *observed: Observed, ungated: int = 0) -> None:
    """Have lineage tell of `observed`."""
    monkeypatch.setattr(observing, "list_observed", lambda: observed)
    monkeypatch.setattr(observing, "count_ungated_paths", lambda: ungated)


def seen(purpose: str, destination: str = "meridian_ads", **changed: Any) -> Observed:
    now = timezone.now()
    return Observed(
        **{
            "purpose": purpose,
            "legal_bases": ("consent",),
            "destination": destination,
            "controller": "northwind",
            "columns": ("email",),
            "sources": ("file/crm.csv",),
            "runs": 1,
            "first_seen_at": now - timedelta(hours=1),
            "last_seen_at": now,
            **changed,
        }
    )


def browser(*permissions: str, name: str = "officer") -> Client:
    """Return the browser of a member of staff."""
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def reader() -> Client:
    return browser("view_registerofprocessing")


def export(form: str, path: Path, *options: str) -> str:
    out = io.StringIO()
    call_command("export_register", f"--format={form}", f"--output={path}", *options, stdout=out)
    return out.getvalue()


def test_the_command_writes_each_form_and_tells_what_is_in_it(tmp_path: Path) -> None:
    make_world()

    for form in ("csv", "json", "html", "pdf"):
        out = export(form, tmp_path / f"register.{form}")
        assert "policy retailer 1" in out
        assert re.search(r"20 entries\n +\d+ things for the controllers to fill in", out)

    told = json.loads((tmp_path / "register.json").read_bytes())
    rows = list(csv.DictReader(io.StringIO((tmp_path / "register.csv").read_text("utf-8-sig"))))
    pages = PdfReader(tmp_path / "register.pdf").pages
    assert len(told["entries"]) == len(rows) == 20
    assert "Harbor Vinyl" in (tmp_path / "register.html").read_text("utf-8")
    assert "Register of processing" in pages[0].extract_text()
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".csv", ".html", ".json", ".pdf"]


def test_the_same_state_at_the_same_moment_gives_the_same_files(tmp_path: Path) -> None:
    make_world()

    with time_machine.travel(timezone.now(), tick=False):
        for form in ("csv", "json", "html", "pdf"):
            export(form, tmp_path / f"first.{form}")
            export(form, tmp_path / f"second.{form}")
            assert (tmp_path / f"first.{form}").read_bytes() == (tmp_path / f"second.{form}").read_bytes()


def test_a_past_register_rests_on_the_policy_and_the_notes_of_its_time(tmp_path: Path) -> None:
    make_world(JAN_1)
    make_world(FEB_1, title="Second policy")
    services.write_note(place=CONTACT, text="Old Street 1", officer="ada", at=JAN_1)
    services.write_note(place=CONTACT, text="New Street 2", officer="ada", at=FEB_1)

    export("json", tmp_path / "then.json", "--at=2026-01-31T00:00:00Z")
    export("json", tmp_path / "now.json")

    then, now = (json.loads((tmp_path / name).read_bytes()) for name in ("then.json", "now.json"))
    assert (then["policy"]["version"], now["policy"]["version"]) == (1, 2)
    assert now["policy"]["title"] == "Second policy"
    contacts = [
        {
            one["controller"]["contact"]["text"]
            for one in told["entries"]
            if one["controller"]["slug"] == "northwind"
        }
        for told in (then, now)
    ]
    assert contacts == [{"Old Street 1"}, {"New Street 2"}]


def test_what_cannot_be_made_is_refused_and_writes_nothing(tmp_path: Path) -> None:
    make_world()

    for option, expected in {
        "--at=yesterday": "at is a moment",
        "--at=2999-01-01T00:00:00Z": "lies ahead",
        "--at=2020-01-01T00:00:00Z": "no policy was in force",
        "--days=0": "days is a number",
    }.items():
        with pytest.raises(CommandError, match=expected):
            export("json", tmp_path / "register.json", option)
        assert not list(tmp_path.iterdir())


def test_a_file_that_cannot_be_written_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    make_world()

    with pytest.raises(CommandError, match="cannot write the file"):
        export("json", tmp_path / "missing" / "register.json")


def test_without_a_policy_in_force_there_is_no_register() -> None:
    with pytest.raises(NoPolicyInForce):
        queries.get_register(at=timezone.now(), generated_at=timezone.now())
    assert "No policy was in force at that time" in reader().get(PAGE).content.decode()


def test_what_lineage_saw_is_compared_with_the_policy_in_force(monkeypatch: pytest.MonkeyPatch) -> None:
    make_world()
    observe(
        monkeypatch, seen("advertising.audience"), seen("marketing.sms", destination="lumen_mail"), ungated=2
    )

    register = queries.get_register(at=timezone.now(), generated_at=timezone.now())

    urgent = [one.kind.value for one in register.differences if one.weight == "urgent"]
    assert urgent == ["ungated_paths", "purpose_not_declared"]
    never = {(one.controller, one.purpose) for one in register.differences if one.kind == "never_observed"}
    assert ("northwind", "advertising.audience") not in never


def test_a_real_run_is_observed_and_its_columns_are_compared(tmp_path: Path) -> None:
    enforcement.make_world()
    enforcement.write_csv(tmp_path)
    enforcement.run(tmp_path)
    assert load(limit=100)
    now = timezone.now()

    register = queries.get_register(at=now, generated_at=now)

    found = {(one.kind.value, one.destination) for one in register.differences}
    assert ("never_observed", "ads") not in found
    assert ("column_unknown", "ads") in found
    words = " ".join(one.words for one in register.differences)
    assert "The column customer_id went to ads" in words
    assert "The column email" not in words
    assert "ad_personalization" not in words


def test_a_registered_destination_is_told_from_one_that_is_not() -> None:
    make_world()
    register_destination(
        slug="meridian_ads", kind=DestinationKind.AD_PLATFORM, title="Ads", registered_by="ada", at=JAN_1
    )

    register = queries.get_register(at=timezone.now(), generated_at=timezone.now())

    standing = {one.slug: one.registration.value for entry in register.entries for one in entry.recipients}
    assert standing["meridian_ads"] == "registered"
    assert standing["lumen_mail"] == "not_registered"


def test_the_page_shows_differences_entries_and_downloads(monkeypatch: pytest.MonkeyPatch) -> None:
    make_world()
    observe(monkeypatch, seen("marketing.sms"), ungated=1)

    page = reader().get(PAGE).content.decode()

    assert "marketing.sms" in page
    assert "1 path leads" in page
    assert page.index("marketing.sms") < page.index("Processing activities (20)")
    assert all(f"{PAGE}download/{form}/" in page for form in ("csv", "json", "html", "pdf"))


def test_the_entries_are_filtered() -> None:
    make_world()
    client = reader()

    for asked, count in {
        "": 20,
        "controller=harbor": 10,
        "purpose=advertising.audience": 2,
        "legal_basis=contract": 2,
        "destination=meridian_ads": 2,
        "destination=meridian_ads&controller=harbor": 1,
        "purpose=nothing": 0,
        "p=999": 20,
        "at=2026-01-02": 20,
        "at=never": 20,
        "at=31/01/2026": 20,
    }.items():
        answer = client.get(f"{PAGE}?{asked}")
        assert answer.status_code == 200
        assert f"Processing activities ({count})" in answer.content.decode(), asked
    assert "Enter a valid date" in client.get(f"{PAGE}?at=never").content.decode()


def test_one_entry_is_shown_in_full_with_a_link_for_each_gap_to_whoever_may_fill_it() -> None:
    make_world()
    address = f"{PAGE}?entry=northwind/advertising.audience"

    read = reader().get(address).content.decode()
    write = (
        browser("view_registerofprocessing", "add_registernote", name="writer").get(address).content.decode()
    )

    assert "To be filled in by the controller: postal address" in read
    assert "Fill in" not in read
    assert f"{NOTES}add/?place=controller%3Anorthwind%3Acontact" in write


def test_many_entries_are_shown_page_by_page() -> None:
    document = read_retailer()
    purpose = document["purposes"]["service.orders"]
    more = {f"service.extra_{number}": {**purpose, "title": f"Extra {number}"} for number in range(40)}
    rules = [{**document["rules"][0], "purposes": ["service.orders", *more]}, *document["rules"][1:]]
    make_world(purposes={**document["purposes"], **more}, rules=rules)
    client = reader()

    first, last = (client.get(f"{PAGE}?p={number}").content.decode() for number in (1, 4))

    assert "Processing activities (100)" in first
    assert f'href="{PAGE}?p=4"' in first
    assert 'aria-current="page"' in last


def test_each_form_is_downloaded_whole_whatever_is_filtered() -> None:
    make_world()
    client, today = reader(), f"{timezone.now():%Y-%m-%d}"

    answers = {
        form: client.get(f"{PAGE}download/{form}/?purpose=advertising.audience")
        for form in ("csv", "json", "html", "pdf")
    }

    for form, answer in answers.items():
        assert answer.status_code == 200
        assert answer["Content-Disposition"] == f'attachment; filename="register-{today}.{form}"'
    assert len(answers["json"].json()["entries"]) == 20


def test_a_download_of_another_form_or_of_a_time_without_a_policy_is_not_found() -> None:
    make_world()
    client = reader()

    assert client.get(f"{PAGE}download/docx/").status_code == 404
    assert client.get(f"{PAGE}download/json/?at=2020-01-01").status_code == 404


@pytest.mark.parametrize("address", [PAGE, f"{PAGE}download/json/"])
def test_who_may_not_view_the_register_is_refused(address: str) -> None:
    make_world()

    assert browser("view_simulationrun").get(address).status_code == 403
    assert Client().get(address).status_code == 302


def test_a_name_from_an_event_is_harmless_on_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    make_world()
    observe(monkeypatch, seen("<script>alert(1)</script>"))

    page = reader().get(PAGE).content.decode()

    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_note_written_in_the_admin_completes_the_register_and_says_who_wrote_it() -> None:
    make_world()
    client = browser("add_registernote", "view_registernote", name="ada")

    answer = client.post(f"{NOTES}add/", {"place": CONTACT.key, "text": "Mill Lane 1\nBerlin"})

    assert answer.status_code == 302
    note = RegisterNote.objects.get()
    assert (note.written_by, note.about, note.slug, note.topic) == (
        "ada",
        "controller",
        "northwind",
        "contact",
    )
    assert queries.get_notes(at=timezone.now())[CONTACT].split() == ["Mill", "Lane", "1", "Berlin"]
    assert "Mill Lane 1" in client.get(NOTES).content.decode()


def test_a_note_about_nothing_that_the_policy_names_is_refused() -> None:
    make_world()
    client = browser("add_registernote")

    for place in ("controller:nobody:contact", "purpose:marketing.email:contact", "", "x"):
        assert client.post(f"{NOTES}add/", {"place": place, "text": "x"}).status_code == 200
    assert not RegisterNote.objects.exists()


def test_a_note_is_taken_back_by_an_empty_one_and_its_history_stays() -> None:
    services.write_note(place=CONTACT, text="Mill Lane 1", officer="ada", at=JAN_1)
    services.write_note(place=CONTACT, text="", officer="ben", at=FEB_1)

    assert queries.get_notes(at=timezone.now()) == {}
    assert queries.get_notes(at=JAN_1) == {CONTACT: "Mill Lane 1"}
    assert list(RegisterNote.objects.order_by("pk").values_list("written_by", flat=True)) == ["ada", "ben"]


def test_a_note_is_never_changed_or_deleted() -> None:
    services.write_note(place=CONTACT, text="Mill Lane 1", officer="ada", at=JAN_1)

    for change in (
        lambda: RegisterNote.objects.update(text="x"),
        lambda: RegisterNote.objects.all().delete(),
    ):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change()
    client = browser("view_registernote", "add_registernote", "change_registernote", "delete_registernote")
    note = RegisterNote.objects.get()
    assert client.post(f"{NOTES}{note.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.post(f"{NOTES}{note.pk}/change/", {"text": "x"}).status_code == 403
    assert RegisterNote.objects.get().text == "Mill Lane 1"


def test_a_topic_that_does_not_fit_is_refused_by_the_service_and_by_the_database() -> None:
    place = Place(NoteAbout.PURPOSE, "marketing.email", NoteTopic.CONTACT)

    with pytest.raises(TopicMisplaced):
        services.write_note(place=place, text="x", officer="ada", at=JAN_1)
    with pytest.raises(IntegrityError), transaction.atomic():
        RegisterNote.objects.create(
            about="purpose", slug="x", topic="contact", text="x", written_at=JAN_1, written_by="ada"
        )
