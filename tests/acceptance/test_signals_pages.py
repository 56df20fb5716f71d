"""Officers read of signals, and people of theirs, in a real browser: at any width, light and dark."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from django.conf import settings
from django.contrib.admin.utils import quote
from playwright.sync_api import Page, expect

from consent.records.models import RecordedSignal
from tests.acceptance.served import log_in, opened_in, served, started_beside_database
from tests.integration.conftest import committed_database  # noqa: F401 - a fixture
from tests.person_world import REASON, officer
from tests.signals_world import ADS, DAY, EVERYTHING, NOON, choose, make_tc, publish_policy, say, signals

LIST = "/admin/consent_records/recordedsignal/"
TEXT = make_tc(*EVERYTHING)


@pytest.fixture(autouse=True)
def _world(committed_database: str, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["127.0.0.1"])
    publish_policy()
    with monkeypatch.context() as stopped:
        stopped.setattr("consent.ledger.queries.get_time", lambda: NOON)
        say(choices=[choose(ADS, "granted", NOON - DAY)])
        say(signals=signals(gpc="1", tcf=TEXT))
        say(signals=signals(usp="1YYN"))
    officer("olga", "read_request_content", "view_recordedsignal", "view_consentrecord", "view_leaf")


@pytest.fixture(params=["light", "dark"])
def page(_world: None, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    session = log_in("olga")
    with (
        served() as address,
        started_beside_database(monkeypatch) as browser,
        opened_in(browser, address, session=session, color_scheme=request.param) as opened,
    ):
        yield opened


def assert_fits_and_is_accessible(page: Page) -> None:
    for width in (320, 390, 1280):
        page.set_viewport_size({"width": width, "height": 1000})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
        assert found.violations_count == 0, found.generate_report()


def test_an_officer_reads_what_signals_said_and_came_to(page: Page) -> None:
    page.goto("/admin/activation_desk/personvisit/find/")
    page.select_option("select[name=kind]", "customer_id")
    page.fill("input[name=value]", "00001")
    page.fill("input[name=reason]", REASON)
    page.get_by_role("button", name="Find", exact=True).click()
    page.wait_for_url(re.compile(r"/personvisit/[0-9a-f-]{36}/change/$"))
    panel = page.locator("#signals")
    expect(panel).to_contain_text("opted out of the sale of their data")
    expect(panel).to_contain_text("What came is followed")
    assert_fits_and_is_accessible(page)

    panel.get_by_role("link", name="As it was sent TC string").click()
    expect(page.locator("#signal-text")).to_have_text(TEXT)
    assert_fits_and_is_accessible(page)
    page.get_by_role("link", name="Back to the person").click()
    page.locator("#signals").get_by_role("link", name="Its evidence Global Privacy Control").click()
    expect(page.get_by_text("What came is followed")).to_be_visible()


def test_the_list_and_the_page_of_a_signal_fit_and_are_accessible(page: Page) -> None:
    page.goto(f"{LIST}?conflict=yes")
    expect(page.locator("#result_list")).to_contain_text("Global Privacy Control")
    page.goto(f"{LIST}{quote(RecordedSignal.objects.get(kind='gpc').pk)}/change/")
    expect(page.get_by_text("What came is followed")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
