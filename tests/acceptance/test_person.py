"""An officer finds a person, reads their page, asks the engine and records a no: in a real browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from django.conf import settings
from playwright.sync_api import Page, expect

from tests.acceptance.served import log_in, opened_in, served, started_beside_database
from tests.enforcement_world import GERMAN, make_world, record_choices, write_csv
from tests.integration.conftest import committed_database  # noqa: F401 - a fixture
from tests.person_world import REASON, officer
from tests.tracing_world import link, send

HOSTILE = "\u05d3\u05e0\u05d0 <img src=x onerror=alert(1)> " + "w" * 120


@pytest.fixture(autouse=True)
def _world(committed_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["127.0.0.1"])
    make_world()
    write_csv(tmp_path)
    send(tmp_path)
    link(GERMAN, "00002")
    for _ in range(9):
        record_choices(GERMAN, "DE", "granted", "shown", "granted")
    officer("olga", "trace_subject", "handle_requests", "view_request", "view_heldlink")


@pytest.fixture(params=["light", "dark"])
def page(_world: None, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    session = log_in("olga")
    with (
        served() as address,
        started_beside_database(monkeypatch) as browser,
        opened_in(browser, address, session=session, color_scheme=request.param) as opened,
    ):
        yield opened


def find(page: Page, value: str = GERMAN, reason: str = REASON) -> None:
    page.goto("/admin/activation_desk/personvisit/find/")
    assert_accessible(page)
    page.select_option("select[name=kind]", "customer_id")
    page.fill("input[name=value]", value)
    page.fill("input[name=reason]", reason)
    page.get_by_role("button", name="Find", exact=True).click()
    page.wait_for_url(re.compile(r"/personvisit/[0-9a-f-]{36}/change/$"))


def assert_accessible(page: Page) -> None:
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
    assert found.violations_count == 0, found.generate_report()


def assert_no_wider(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert_accessible(page)
    page.set_viewport_size({"width": 1280, "height": 1000})


def test_an_officer_finds_reads_asks_and_records_a_no(page: Page) -> None:
    find(page)
    expect(page.get_by_role("heading", name="What holds now")).to_be_visible()
    expect(page.get_by_text("said yes").first).to_be_visible()
    expect(page.get_by_text("Held now")).to_be_visible()
    assert GERMAN not in page.url
    assert_accessible(page)
    assert_no_wider(page)

    why = page.locator("#why_form")
    why.locator("[name=why-purpose]").fill("advertising.audience")
    why.locator("[name=why-destination]").fill("ads")
    why.get_by_role("button", name="Ask").click()
    expect(page.locator("#answer")).to_contain_text("The person said yes, and it counts.")
    assert_accessible(page)
    assert_no_wider(page)

    act = page.locator("#act_form")
    act.locator("[name=note]").fill("call 12")
    act.get_by_role("button", name="Record the no").click()
    expect(page.get_by_text("You recorded a no for them")).to_be_visible()
    expect(page.get_by_text("said of everything").first).to_be_visible()
    assert_accessible(page)

    page.get_by_role("link", name="Earlier").click()
    expect(page.get_by_role("link", name="Latest")).to_be_visible()
    page.get_by_role("link", name="Open a request for them").click()
    expect(page.locator("[name=value_1]")).to_have_value(GERMAN)
    assert GERMAN not in page.url


def test_hostile_long_and_right_to_left_texts_stay_texts_and_fit(page: Page) -> None:
    find(page, value=HOSTILE, reason="case <img src=x onerror=alert(2)> \u202e\u05d3\u05e0\u05d0" + "w" * 120)

    expect(page.get_by_text("Nobody was found.")).to_be_visible()
    assert page.locator("#content-main img").count() == 0
    assert_no_wider(page)
