"""The portal in a real browser: with keys alone, without scripts, on a small screen, in five languages."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # as it is
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connections
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from consent.ledger.queries import get_time
from consent.requests.intake.deciding import refuse
from consent.requests.models import Request
from consent.requests.types import RefusalGround
from tests.acceptance.served import served, started_beside_database
from tests.integration.conftest import committed_database  # noqa: F401 - a fixture
from tests.portal_world import ANN, get_newest, open_shop, read_code, read_link, send_mails

NARROW = {"width": 320, "height": 640}
WIDE = {"width": 1000, "height": 900}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture
def address(committed_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:  # noqa: F811
    """Serve the portal on a clone of the database, with the retailer's policy in force."""
    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["127.0.0.1"])
    monkeypatch.setattr(settings, "PRIVACY_CONTACT", "privacy@northwind.example")
    open_shop()
    with served() as address:
        monkeypatch.setattr(settings, "PUBLIC_URL", address)
        yield address
    connections.close_all()


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    """Start a browser, beside which the database is asked."""
    with started_beside_database(monkeypatch) as browser:
        yield browser


@contextmanager
def opened(browser: Browser, address: str, **options: Any) -> Iterator[Page]:
    """Give a page of a visitor without scripts. What the console complains of fails the test."""
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and "status of 4" not in message.text:
            complaints.append(message.text)

    settled = {"viewport": WIDE, "locale": "en-GB", **options}
    context = browser.new_context(base_url=address, **settled)
    page = context.new_page()
    page.on("console", listen)
    yield page
    context.close()
    assert complaints == []


def keep(page: Page, name: str) -> None:
    """Keep a picture for the docs, if asked to."""
    if folder := os.environ.get("ACCORDANT_PICTURES"):
        page.screenshot(path=Path(folder) / f"portal-{name}.png")


def check(page: Page) -> None:
    """Fail if the page keeps somebody out: axe's rules of WCAG 2.2 AA, and no scrolling to the side."""
    found = Axe().run(page, options={"runOnly": RULES["runOnly"]})
    faults = [(one["id"], [node["html"] for node in one["nodes"]]) for one in found.response["violations"]]
    assert faults == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def fill_in(page: Page) -> None:
    page.get_by_label("Whom do you ask?").select_option("northwind")
    page.get_by_label("E-mail address").fill(ANN)
    page.get_by_label("Where do you live?", exact=True).select_option("DE")
    page.get_by_role("button", name="Send the request").click()


def test_a_person_asks_proves_follows_and_appeals_without_scripts(address: str, browser: Browser) -> None:
    with opened(browser, address, java_script_enabled=False) as page:
        page.goto("/privacy/")
        keep(page, "start")
        page.get_by_role("link", name="Get a copy of my data").click()
        page.get_by_role("button", name="Send the request").click()
        expect(page.get_by_role("alert")).to_contain_text("Please look at this again")
        keep(page, "form-errors")
        page.get_by_role("link", name="Please give an e-mail address or a telephone number.").click()
        fill_in(page)
        keep(page, "code")
        page.get_by_label("Code").fill("AAAA-AAAA")
        page.get_by_role("button", name="Go on").click()
        expect(page.get_by_role("alert")).to_contain_text("That is not the code")
        made = get_newest()
        page.get_by_label("Code").fill(read_code(made))
        page.get_by_role("button", name="Go on").click()
        expect(page.get_by_text(made.reference)).to_be_visible()
        page.get_by_role("link", name="See how far it is").click()
        expect(page.get_by_text("We are working on it.")).to_be_visible()
        page.get_by_text("Why this date?").click()
        keep(page, "status")

        made.refresh_from_db()
        officer_id = _an_officer()
        refuse(
            made.pk,
            ground=RefusalGround.EXCESSIVE,
            explanation="You asked for the same last week.",
            officer_id=officer_id,
            version=made.version,
        )
        page.reload()
        expect(page.get_by_text("You asked for the same last week.")).to_be_visible()
        keep(page, "refused")
        page.get_by_label("Why is it wrong?").fill("I did not ask last week.")
        page.get_by_role("button", name="Ask for another look").click()
        expect(page.get_by_role("heading", name="Enter your code")).to_be_visible()


def test_the_whole_way_can_be_gone_with_the_keyboard_alone(address: str, browser: Browser) -> None:
    with opened(browser, address) as page:
        page.goto("/privacy/ask/erasure/")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "brand"  # the trap is never reached
        page.keyboard.press("ArrowDown")
        for typed in (ANN, "", ""):
            page.keyboard.press("Tab")
            page.keyboard.type(typed)
        page.keyboard.press("Tab")
        page.keyboard.type("Germ")
        page.keyboard.press("Tab")
        page.keyboard.type("Everything")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Enter your code")).to_be_visible()
        made = get_newest()
        for _ in range(12):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.id") == "code":
                break
        page.keyboard.type(read_code(made))
        page.keyboard.press("Enter")
        expect(page.get_by_text(made.reference)).to_be_visible()


@pytest.mark.parametrize(
    ("language", "scheme"),
    [("en", "light"), ("de", "dark"), ("fr", "light"), ("es", "dark"), ("pt", "light")],
)
def test_every_page_lets_everybody_in(address: str, browser: Browser, language: str, scheme: str) -> None:
    paths = ["", "ask/access/", "ask/rectification/", "ask/objection/", "opt-out/", "link/", "status/", "x/"]
    with opened(browser, address, viewport=NARROW, locale=language, color_scheme=scheme) as page:
        for path in paths:
            page.goto(f"/privacy/{path}")
            assert page.evaluate("document.documentElement.lang") == language
            check(page)
        page.goto("/privacy/ask/rectification/")
        page.locator("main button").click()
        check(page)
        if language == "de":
            page.set_viewport_size({"width": 390, "height": 844})
            page.goto("/privacy/")
            keep(page, f"{scheme}-de")
        page.goto("/privacy/ask/access/")
        page.locator("#brand").select_option("northwind")
        page.locator("#email").fill(ANN)
        page.locator("main button").click()
        check(page)
        page.locator("#code").fill(read_code(get_newest()))
        page.locator("main button").first.click()
        check(page)
        page.goto("/privacy/status/")
        check(page)
        Request.objects.filter(pk=get_newest().pk).update(paused_at=get_time())
        page.goto("/privacy/status/")
        check(page)
        page.goto("/privacy/package/")
        check(page)


def test_a_link_in_a_mail_opens_its_page_and_is_in_no_address_after_it(
    address: str, browser: Browser
) -> None:
    with opened(browser, address) as page:
        page.goto("/privacy/opt-out/")
        keep(page, "opt-out")
        page.get_by_label("Whom do you ask?").select_option("harbor")
        page.get_by_label("E-mail address").fill(ANN)
        page.get_by_role("button", name="Confirm").click()
        expect(page.get_by_text("You need do nothing more.")).to_be_visible()
    send_mails()
    with opened(browser, address) as page:
        link = read_link()
        page.goto(link)
        assert page.url == f"{address}/privacy/status/"
        assert link.partition("token=")[2] not in page.content()


def _an_officer() -> int:
    return int(User.objects.get(username="alice").pk)
