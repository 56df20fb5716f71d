"""The home page in a real browser, light and dark, wide and narrow: axe and the console have no complaint."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # as it is
from django.conf import settings
from django.contrib.auth.models import User
from playwright.sync_api import Page

from tests import home_world as home
from tests.acceptance.served import log_in, opened_in, served, started
from tests.integration.conftest import committed_database  # noqa: F401 - a fixture
from tests.integration.test_home_page import make_trouble, record_some_entries
from tests.records_world import publish_policy

SIZES = {"wide": {"width": 1280, "height": 1000}, "narrow": {"width": 390, "height": 844}}
IS_DRAWN = """canvas => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height)
    .data.some(one => one > 0)"""
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@pytest.fixture
def address(committed_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:  # noqa: F811
    """Serve the admin on a clone of the database, to an officer who may see everything."""
    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["127.0.0.1"])
    User.objects.create_superuser("ada")
    with served() as address:
        yield address


def look(page: Page, name: str, **axe: Any) -> None:
    """Fail if the page keeps somebody out, or has to be scrolled to the side; keep a picture if asked to."""
    page.wait_for_load_state("networkidle")
    if folder := os.environ.get("ACCORDANT_PICTURES"):
        page.screenshot(path=Path(folder) / f"home-{name}.png", full_page=True)
    found = Axe().run(page, context=".home", options={**RULES, **axe})
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_page_keeps_nobody_out_in_light_and_dark(address: str) -> None:
    session = log_in("ada")
    with started() as browser:
        for theme in ("light", "dark"):
            for size, viewport in SIZES.items():
                options: dict[str, Any] = {"viewport": viewport, "color_scheme": theme}
                with opened_in(browser, address, session=session, **options) as page:
                    page.goto("/admin/")
                    assert page.locator("html.dark").count() == (theme == "dark")
                    look(page, f"{os.environ.get('HOME_STATE', 'empty')}-{theme}-{size}")


def test_charts_are_drawn_and_say_the_same_as_a_table(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME_STATE", "trouble")
    publish_policy()
    make_trouble()
    record_some_entries()
    home.make_run(denied_by_reason={"withdrawn": 2, "no_record": 1, "expired": 1})
    test_the_page_keeps_nobody_out_in_light_and_dark(address)
    session = log_in("ada")
    with started() as browser, opened_in(browser, address, session=session) as page:
        page.goto("/admin/")
        page.wait_for_load_state("networkidle")

        charts = page.locator("canvas.chart")
        assert charts.count() == 2
        for place in range(2):
            assert charts.nth(place).get_attribute("aria-label")
            assert charts.nth(place).evaluate(IS_DRAWN)
        page.get_by_text("The same as a table").first.click()
        assert page.get_by_role("region", name="Enforcement runs: The same as a table").is_visible()
