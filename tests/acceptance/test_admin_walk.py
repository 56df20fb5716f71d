"""Every page of the admin's sidebar in a real browser: a silent console, no fault of axe's, light and dark."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # as it is
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connections
from playwright.sync_api import Browser, Page, expect

from activation.desk.lists.models import SavedFilter
from tests.acceptance.served import log_in, opened_in, served, started_beside_database
from tests.acceptance.test_requests_workspace import fill_queue
from tests.integration.conftest import committed_database  # noqa: F401 - a fixture
from tests.portal_world import open_shop

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
DARK = "localStorage.setItem('adminTheme', '\"dark\"')"
EMAIL = "ann@example.com"


@pytest.fixture
def address(committed_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:  # noqa: F811
    """Serve the admin with a policy, a queue of requests and saved views."""
    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["127.0.0.1"])
    ada = User.objects.create_superuser("ada")
    fill_queue(ada)
    open_shop()
    SavedFilter.objects.create(owner=ada, page="consent_requests.request", name="Late ones", query="state=all")
    with served() as address:
        yield address
    connections.close_all()


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    """Start a browser, beside which the database is asked."""
    with started_beside_database(monkeypatch) as browser:
        yield browser


def keep(page: Page, name: str) -> None:
    """Keep a picture to look at, if asked to."""
    if folder := os.environ.get("ACCORDANT_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def find_faults(page: Page) -> list[tuple[str, str, list[str]]]:
    """Return what keeps somebody out: the rule, how grave it is, and where."""
    found = Axe().run(page, options=RULES).response["violations"]
    return [(one["id"], one["impact"], [node["html"][:160] for node in one["nodes"][:3]]) for one in found]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_of_the_sidebar_is_silent_and_keeps_nobody_out(
    address: str, browser: Browser, theme: str
) -> None:
    with opened_in(browser, address, session=log_in("ada")) as page:
        page.goto("/admin/consent_requests/request/")
        page.evaluate(DARK if theme == "dark" else "localStorage.setItem('adminTheme', '\"light\"')")
        links = page.locator(".desk-nav a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
        assert len(links) > 60
        faults = {}
        for link in links:
            page.goto(link)
            expect(page.locator("#content")).to_be_visible()
            keep(page, f"walk-{theme}-{link.strip('/').replace('/', '-')}")
            if found := find_faults(page):
                faults[link] = found
        assert faults == {}
