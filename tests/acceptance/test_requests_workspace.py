"""An officer works on requests in a real browser: queue, one request, calendar, figures."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connections, transaction
from django.utils import timezone
from playwright.sync_api import Page, expect

from consent.requests.mails.queueing import queue_mail
from consent.requests.models import Request
from consent.requests.types import MailTemplate, StepAction, StepState
from tests.acceptance.served import opened_by, served
from tests.integration.conftest import committed_database  # noqa: F401 - a fixture
from tests.workspace_world import DETAILS, EMAIL, QUEUE, close, make_request, make_step

NOTE = "Rang back on Monday: wants it on paper."


@pytest.fixture
def address(committed_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:  # noqa: F811
    """Serve the admin on a clone of the database, with a week's work in the queue."""
    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["127.0.0.1"])
    ada = User.objects.create_superuser("ada")
    fill_queue(ada)
    with served() as address:
        yield address
    connections.close_all()


@transaction.atomic
def fill_queue(ada: User) -> None:
    now, petra = timezone.now(), User.objects.create_superuser("petra")
    types = ("access", "opt_out", "rectification", "erasure", "portability", "objection", "withdrawal")
    places = (("DE", "Europe/Berlin"), ("US-CA", "America/Los_Angeles"), ("FR", "Europe/Paris"), ("", "UTC"))
    for number in range(22):
        place, zone = places[number % 4 if number % 3 else 0]
        due = now + timedelta(days=number * 2 - 3)
        make_request(
            reference=f"R-{number:04}-7K3F",
            type=types[number % 7],
            jurisdiction=place,
            zone=zone,
            due_at=due,
            due_on=due.date(),
            state="in_progress",
            assigned_to=(ada, petra, None)[number % 3],
            paused_at=now if number == 7 else None,
            channel=("portal", "api", "officer", "drp")[number % 4],
        )
    proposed = Request.objects.get(reference="R-0003-7K3F")
    Request.objects.filter(pk=proposed.pk).update(proposed_by=petra, proposed_at=now)
    make_step(Request.objects.get(reference="R-0004-7K3F"), state=StepState.FAILED.value)
    tell_story(Request.objects.get(reference="R-0000-7K3F"))
    for number in range(9):
        past = now.replace(year=now.year - 1, month=3, day=2 + number)
        ended = close(
            make_request(jurisdiction="US-CA", type=types[number % 5], received_at=past),
            closed_at=past + timedelta(days=3 * number),
        )
        assert ended.is_closed


def tell_story(case: Request) -> None:
    """Give one request steps, mails and a timeline."""
    report = [{"dataset": "orders", "found": 12, "done": 12}, {"dataset": "customers", "found": 1, "done": 1}]
    make_step(case, state=StepState.DONE.value, found=13, done=13, report=report, ended_at=timezone.now())
    make_step(
        case, system="mailing", state=StepState.FAILED.value, last_error="the system did not answer in time"
    )
    make_step(
        case,
        system="archive",
        phase=2,
        action=StepAction.COLLECT.value,
        state=StepState.BLOCKED.value,
    )
    queue_mail(case, MailTemplate.RECEIVED, to=EMAIL)


@pytest.fixture
def page(address: str) -> Iterator[Page]:
    """Return a page of Ada's browser. Whatever the console complains of, or a dialog, fails the test."""
    with opened_by("ada", address) as page:
        yield page


def keep(page: Page, name: str, height: int = 900) -> None:
    """Keep a picture for the docs, if asked to."""
    if folder := os.environ.get("ACCORDANT_PICTURES"):
        page.set_viewport_size({"width": 1440, "height": height})
        page.screenshot(path=Path(folder) / f"{name}.png")


def test_an_officer_finds_reads_and_handles_a_request(page: Page) -> None:
    page.goto(QUEUE)
    expect(page.get_by_role("link", name="R-0000-7K3F")).to_be_visible()
    expect(page.get_by_text("3 days overdue")).to_be_visible()
    expect(page.get_by_text("1 step failed").first).to_be_visible()
    keep(page, "requests-queue")

    page.get_by_label("Value").fill("r-0000-7k3f")
    page.get_by_role("button", name="Find", exact=True).click()
    expect(page.get_by_role("heading", name="R-0000-7K3F").first).to_be_visible()
    assert "7k3f" not in page.url.lower()
    assert DETAILS not in page.content()
    page.get_by_role("button", name="Show what is sealed").click()
    expect(page.get_by_text(DETAILS)).to_be_visible()
    expect(page.get_by_text("That you looked is on record.")).to_be_visible()

    page.get_by_role("link", name="Add a note").click()
    page.get_by_label("Note").fill(NOTE)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("This will happen")).to_be_visible()
    page.get_by_role("button", name="Add a note").click()
    expect(page.get_by_text("The note is kept.")).to_be_visible()
    keep(page, "requests-case", 1400)


def test_a_conflict_keeps_what_was_typed_and_says_what_happened(page: Page, address: str) -> None:
    page.goto(QUEUE)
    page.get_by_role("link", name="R-0001-7K3F").click()
    page.get_by_role("link", name="Add a note").click()
    page.get_by_label("Note").fill(NOTE)
    browser, known = page.context.browser, page.context.storage_state()
    assert browser is not None
    other = browser.new_context(base_url=address, storage_state=known).new_page()
    other.goto(QUEUE)
    other.get_by_role("link", name="R-0001-7K3F").click()
    other.get_by_role("link", name="Acknowledge").click()
    other.get_by_role("button", name="Acknowledge").click()
    expect(other.get_by_text("It is on record that the person was told.")).to_be_visible()
    page.get_by_role("button", name="Go on").click()

    expect(page.get_by_role("alert")).to_contain_text("Nothing was done")
    expect(page.get_by_role("alert")).to_contain_text("Acknowledged")
    expect(page.get_by_label("Note")).to_have_value(NOTE)
    keep(page, "requests-conflict")


def test_the_calendar_leads_to_a_day_and_figures_to_a_file(page: Page) -> None:
    page.goto(f"{QUEUE}calendar/")
    page.get_by_role("link", name="Later").click()
    expect(page.get_by_role("table")).to_be_visible()
    keep(page, "requests-calendar")
    page.get_by_role("link", name="Earlier").click()
    page.locator("a.requests-count").first.click()
    expect(page.locator("#result_list")).to_be_visible()

    page.goto(f"{QUEUE}figures/california/")
    expect(page.get_by_text("Denied, by ground")).to_be_visible()
    keep(page, "requests-figures", 1000)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download CSV").click()
    assert download.value.path().read_bytes().startswith(b"\xef\xbb\xbf")
    page.goto(f"{QUEUE}figures/summary/")
    expect(page.get_by_text("By whose law applies")).to_be_visible()


def test_several_requests_are_assigned_at_once(page: Page) -> None:
    page.goto(QUEUE)
    for reference in ("R-0002-7K3F", "R-0005-7K3F"):
        row = page.get_by_role("row").filter(has_text=reference)
        row.locator("input.action-select").check()
    page.select_option("select[name=action]", "assign_many")
    page.get_by_role("button", name="Run").click()
    page.select_option("select[name=assignee]", label="petra")
    page.get_by_role("button", name="Assign").click()

    expect(page.get_by_text("2 were done, 0 were not.")).to_be_visible()
