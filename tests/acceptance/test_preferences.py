"""The preference centre in a browser: with and without scripts, small, in every language, light and dark."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # as it is
from django.conf import settings
from django.db import connections
from django.test import Client
from playwright.sync_api import Browser, Page, Response, ViewportSize, expect

from consent.portal.types import Trust
from consent.records.models import ConsentRecord
from consent.records.types import Choice
from consent.requests.wording.languages import LANGUAGES
from tests.acceptance.served import opened_in, served, served_as_in_production, started_beside_database
from tests.integration.conftest import committed_database  # noqa: F401 - a fixture
from tests.portal_world import open_shop
from tests.preference_pages_world import ADS, CHOICES, NEWSLETTER, come_in, live_in, say

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
MOST_BYTES = 50_000
NARROW, WIDE = ViewportSize(width=320, height=640), ViewportSize(width=1280, height=900)


@pytest.fixture
def address(committed_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:  # noqa: F811
    """Serve the portal on a clone of the database, with the retailer's policy in force."""
    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["127.0.0.1"])
    open_shop()
    with served() as address:
        yield address
    connections.close_all()


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    """Start a browser, beside which the database is asked."""
    with started_beside_database(monkeypatch) as browser:
        yield browser


@contextmanager
def visiting(browser: Browser, address: str, client: Client, **options: Any) -> Iterator[Page]:
    """Give a page of the visitor's own browser."""
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    with opened_in(browser, address, session=session, **{"locale": "en-GB", **options}) as page:
        yield page


def keep(page: Page, name: str) -> None:
    """Keep a picture for the docs, if asked to."""
    if folder := os.environ.get("ACCORDANT_PICTURES"):
        page.screenshot(path=Path(folder) / f"preferences-{name}.png", full_page=True)


def check(page: Page) -> None:
    """Fail if the page keeps somebody out: axe's rules of WCAG 2.2 AA, and no scrolling to the side."""
    found = Axe().run(page, options={"runOnly": RULES})
    faults = [(one["id"], [node["html"] for node in one["nodes"]]) for one in found.response["violations"]]
    assert faults == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def compare_answers(page: Page) -> list[str]:
    """Return what makes one of two answers easier to give than the other, for each purpose."""
    faults: list[str] = page.evaluate(
        """() => [...document.querySelectorAll('.answers')].flatMap(group => {
            const [yes, no] = group.querySelectorAll('button');
            const [a, b] = [yes, no].map(one => one.getBoundingClientRect());
            const [s, t] = [yes, no].map(one => getComputedStyle(one));
            const same = ['fontSize', 'fontWeight', 'color', 'backgroundColor', 'borderTopColor',
                'borderTopWidth', 'opacity', 'padding'];
            const chosen = [yes, no].some(one => one.getAttribute('aria-pressed') === 'true');
            const found = [];
            if (a.width !== b.width || a.height !== b.height || a.top !== b.top) found.push('box');
            if (a.height < 44 || a.width < 44) found.push('small');
            if (!chosen) found.push(...same.filter(name => s[name] !== t[name]));
            return found.map(name => `${yes.id}: ${name}`);
        })"""
    )
    return faults


def test_a_person_chooses_with_scripts_and_stays_where_they_are(address: str, browser: Browser) -> None:
    client = come_in()
    with visiting(browser, address, client) as page:
        page.goto(CHOICES)
        page.evaluate("window.stays = true")
        yes = page.get_by_role("button", name="Yes Advertising on other sites")
        assert compare_answers(page) == []
        yes.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#said")).to_contain_text("Saved: yes.")
        expect(yes).to_have_attribute("aria-pressed", "true")
        assert page.evaluate("document.activeElement.id") == f"yes-{ADS}"
        assert page.evaluate("window.stays")  # the page was not loaded anew
        page.get_by_role("button", name="Unsubscribe from all").click()
        expect(page.locator("#all")).to_contain_text("Saved: you are unsubscribed from all.")
        assert compare_answers(page) == []
        check(page)
    assert ConsentRecord.objects.filter(purpose=ADS, choice=Choice.GRANTED).exists()


def test_a_choice_that_is_lost_on_the_way_is_told_and_can_be_made_again(
    address: str, browser: Browser
) -> None:
    context = browser.new_context(base_url=address, locale="en-GB")  # its console tells of the lost network
    session = come_in().cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": address}])
    page = context.new_page()
    page.goto(CHOICES)
    lost = page.get_by_role("alert")
    context.set_offline(True)
    page.get_by_role("button", name="No Newsletter").click()
    expect(lost).to_contain_text("nothing was saved")
    context.set_offline(False)
    page.get_by_role("button", name="No Newsletter").click()
    expect(page.locator("#said")).to_contain_text("Saved: no.")
    expect(lost).to_be_hidden()
    context.close()


def test_a_person_chooses_without_scripts_and_comes_back_by_the_back_button(
    address: str, browser: Browser
) -> None:
    with visiting(browser, address, come_in(), java_script_enabled=False) as page:
        page.goto(CHOICES)
        page.get_by_role("button", name="No Newsletter").click()
        assert page.url.endswith(f"#p-{NEWSLETTER}")
        expect(page.get_by_text("Saved: no.")).to_be_visible()
        page.go_back()
        page.reload()
        expect(page.get_by_role("button", name="No Newsletter")).to_have_attribute("aria-pressed", "true")
        page.get_by_role("link", name="What you said, and when").click()
        expect(page.get_by_role("listitem").filter(has_text="You said no:")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_open_to_everybody_in_every_language(
    address: str, browser: Browser, scheme: str
) -> None:
    live_in("US-CA")
    say(ADS, Choice.GRANTED, controller="harbor")
    options = {"color_scheme": scheme, "extra_http_headers": {"Sec-GPC": "1"}}
    with visiting(browser, address, come_in(controller="harbor"), **options) as page:
        for language in LANGUAGES:
            for path in ("", "history/", "recipients/", "notices/privacy/3/"):
                page.set_viewport_size(WIDE)
                page.goto(f"{CHOICES}{path}?language={language}")
                name = f"{path.replace('/', '-').strip('-') or 'choices'}-{language}-{scheme}"
                keep(page, f"{name}-wide")
                check(page)
                page.set_viewport_size(NARROW)
                assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
                assert compare_answers(page) == []
                keep(page, f"{name}-narrow")


def test_the_measure_sees_a_refusal_that_is_smaller_or_paler(address: str, browser: Browser) -> None:
    with visiting(browser, address, come_in()) as page:
        page.goto(CHOICES)
        page.evaluate("document.querySelector('button[name=no]').style.fontSize = '80%'")
        assert compare_answers(page) == ["yes-advertising.audience: fontSize"]
        page.evaluate("document.querySelector('button[name=no]').style.width = '50%'")
        assert "yes-advertising.audience: box" in compare_answers(page)


def test_a_mailings_visitor_sees_the_same_page_and_how_to_see_more(address: str, browser: Browser) -> None:
    with visiting(browser, address, come_in(trust=Trust.LINK)) as page:
        page.goto(CHOICES)
        assert compare_answers(page) == []
        expect(page.get_by_role("link", name="Show by a code that it is me")).to_be_visible()
        check(page)


def test_the_page_comes_in_one_round_trip_and_is_small(
    committed_database: str,  # noqa: F811 - as above
    browser: Browser,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["127.0.0.1"])
    open_shop()
    with (
        served_as_in_production(tmp_path) as address,
        visiting(browser, address, come_in()) as page,
    ):
        answers: list[Response] = []
        page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - Playwright marks it
        page.goto(CHOICES, wait_until="networkidle")
        sizes = [one.request.sizes() for one in answers if not one.url.startswith("data:")]
        total = sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes)
        assert len(sizes) == 3  # the page, and after it htmx and what tells of a lost choice
        assert {one.url.startswith((address, "data:")) for one in answers} == {True}
        assert 5_000 < total <= MOST_BYTES
        assert page.evaluate("document.querySelectorAll('link[rel=stylesheet]').length") == 0
    connections.close_all()
