"""The register of processing in a real browser: read, opened, a gap filled; the console stays silent."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connections
from django.utils import timezone
from playwright.sync_api import Page, expect

from activation.desk.register import observing
from activation.destinations.services import register_destination
from activation.destinations.types import DestinationKind
from lineage.graph.types import Observed
from tests.acceptance.served import opened_by, served
from tests.integration.conftest import committed_database  # noqa: F401 - a fixture
from tests.integration.test_register import JAN_1, make_world
from tests.policy_documents import read_retailer

PAGE = "/admin/activation_desk/registerofprocessing/"


@pytest.fixture
def address(committed_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:  # noqa: F811
    """Serve the admin on a clone of the database, with the retailer's policy in force."""
    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["127.0.0.1"])
    User.objects.create_superuser("ada")
    make_world()
    for slug, destination in read_retailer()["destinations"].items():
        kind = DestinationKind(destination["kind"])
        register_destination(slug=slug, kind=kind, title=slug, registered_by="ada", at=JAN_1)
    now = timezone.now()
    observed = Observed(
        purpose="advertising.audience",
        legal_bases=("consent", "soft_opt_in"),
        destination="meridian_ads",
        controller="northwind",
        columns=("customer_id", "email (masked)", "phone", "shoe_size"),
        sources=("file/lapsed.csv",),
        runs=12,
        first_seen_at=now - timedelta(days=9),
        last_seen_at=now,
    )
    monkeypatch.setattr(observing, "list_observed", lambda: (observed,))
    monkeypatch.setattr(observing, "count_ungated_paths", lambda: 2)
    with served() as address:
        yield address
    connections.close_all()


@pytest.fixture
def page(address: str) -> Iterator[Page]:
    """Return a page of Ada's browser. Whatever the console complains of, or a dialog, fails the test."""
    with opened_by("ada", address) as page:
        yield page


def keep(page: Page, name: str) -> None:
    """Keep a picture for the docs, if asked to."""
    if folder := os.environ.get("ACCORDANT_PICTURES"):
        page.set_viewport_size({"width": 1280, "height": 1150})
        page.screenshot(path=Path(folder) / f"{name}.png")


def test_an_officer_reads_the_register_opens_an_entry_and_fills_a_gap(page: Page, tmp_path: Path) -> None:
    page.goto(PAGE)
    expect(page.get_by_text("Processing activities (20)")).to_be_visible()
    expect(page.get_by_text("The column phone went to meridian_ads")).to_be_visible()
    keep(page, "register")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download PDF").click()
    assert download.value.path().read_bytes().startswith(b"%PDF-")

    page.select_option("select[name=controller]", "northwind")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_text("Processing activities (10)")).to_be_visible()
    page.get_by_role("link", name="Advertising on other sites").click()
    expect(page.get_by_role("heading", name="Advertising on other sites, Northwind Records")).to_be_visible()
    keep(page, "register-entry")

    page.get_by_role("link", name="Fill in").first.click()
    keep(page, "register-note")
    page.fill("textarea[name=text]", "Mill Lane 1, Berlin; privacy@northwind.example")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Mill Lane 1, Berlin")).to_be_visible()
    keep(page, "register-notes")
    page.goto(f"{PAGE}?entry=northwind/advertising.audience")
    expect(page.get_by_text("Mill Lane 1, Berlin")).to_be_visible()
