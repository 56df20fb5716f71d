"""One person's way, from a mailing's link to leaving, in a real browser on the served portal."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # as it is
from django.conf import settings
from django.db import connections
from playwright.sync_api import Browser, Page, expect

from consent.portal.models import Theme
from consent.portal.types import Trust
from consent.records.models import ConsentRecord
from consent.records.types import NO, Choice
from tests.acceptance.served import opened_in, served, started_beside_database
from tests.evidence_world import audit, seal
from tests.integration.conftest import committed_database  # noqa: F401 - a fixture
from tests.portal_world import open_shop
from tests.preferences_world import (
    ANN,
    CHOICES,
    CODE,
    OPEN,
    choices_of,
    email,
    one_click_of,
    page_of,
    read_code,
    send_mails,
)

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NEWSLETTER, ADS = "marketing.email.newsletter", "advertising.audience"
NEW = "ann.new@people.example"
WIDTHS = (1280, 390, 320)


@pytest.fixture
def address(committed_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:  # noqa: F811
    """Serve the portal on a clone of the database, with the retailer's policy in force and a theme."""
    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["127.0.0.1"])
    monkeypatch.setattr(settings, "PRIVACY_CONTACT", "privacy@northwind.example")
    open_shop()
    Theme.objects.create(controller="northwind", title="Northwind Records", variables={"accent": "#7a1f5c"})
    with served() as address:
        monkeypatch.setattr(settings, "PUBLIC_URL", address)
        yield address
    connections.close_all()


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    """Start a browser, beside which the database is asked."""
    with started_beside_database(monkeypatch) as browser:
        yield browser


def look(page: Page, name: str, **mark: Any) -> None:
    """Fail if the page keeps somebody out: axe, and no scrolling to the side at any width, zoomed too."""
    expect(page.locator("header .brand")).to_contain_text(mark.get("brand", "Northwind Records"))
    found = Axe().run(page, options={"runOnly": RULES})
    faults = [(one["id"], [node["html"] for node in one["nodes"]]) for one in found.response["violations"]]
    assert faults == [], name
    shape = page.viewport_size or {"width": 1280, "height": 1000}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (name, width)
        if folder := os.environ.get("ACCORDANT_PICTURES"):
            page.screenshot(path=Path(folder) / f"journey-{name}-{width}.png", full_page=True)
    page.set_viewport_size(
        {"width": 640, "height": 450}
    )  # 1280 at 200 %: half the pixels, each twice as large
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (name, "200 %")
    page.set_viewport_size(shape)


def answer(page: Page, name: str, purpose: str) -> None:
    page.locator(f'[id="{name}-{purpose}"]').click()


def enter_code(page: Page) -> None:
    page.locator("#code").fill(read_code(send_mails()[-1].body))
    page.locator("main form button").click()


def say_no(page: Page, check: Any) -> None:
    page.goto(page_of())
    expect(page).to_have_url(re.compile(f"{CHOICES}$"))
    answer(page, "no", NEWSLETTER)
    expect(page.locator(f'[id="no-{NEWSLETTER}"]')).to_have_attribute("aria-pressed", "true")
    assert choices_of()[NEWSLETTER].choice in NO
    check(page, "link")


def show_who(page: Page, check: Any) -> None:
    answer(page, "yes", ADS)
    page.locator(f'[id="p-{ADS}"]').get_by_role("link", name="Show by a code").click()
    expect(page).to_have_url(re.compile(f"{OPEN}$"))
    check(page, "open")
    page.locator("#email").fill(ANN)
    page.locator("main form button").click()
    check(page, "code")
    enter_code(page)
    expect(page).to_have_url(re.compile(f"{CHOICES}#p-{ADS}$"))  # where they were
    answer(page, "yes", ADS)
    expect(page.locator(f'[id="yes-{ADS}"]')).to_have_attribute("aria-pressed", "true")
    assert ConsentRecord.objects.filter(purpose=ADS, choice=Choice.GRANTED).exists()
    check(page, "proven")


def take_receipt(page: Page, check: Any, receipt: Path) -> None:
    page.goto(f"{CHOICES}history/")
    check(page, "history")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the receipt").first.click()
    download.value.save_as(receipt)
    page.goto(f"{CHOICES}recipients/")
    check(page, "recipients")


def unsubscribe_and_undo(page: Page) -> None:
    page.goto(CHOICES)
    page.locator("#all-no").click()
    expect(page.locator("#all")).to_contain_text("you are unsubscribed from all")
    page.locator("#all-undo").click()
    expect(page.locator(f'[id="yes-{ADS}"]')).to_have_attribute("aria-pressed", "true")


def move(page: Page, check: Any) -> None:
    page.goto(CHOICES)
    page.get_by_role("link", name="Your address has changed?").click()
    check(page, "address")
    page.locator("#email").fill(NEW)
    page.locator("main form button").click()
    check(page, "address-code")
    enter_code(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your new address is recorded")
    check(page, "address-done")
    assert choices_of(email(NEW)).keys() == choices_of().keys()


def leave(page: Page, check: Any) -> None:
    page.goto(CHOICES)
    page.get_by_role("button", name="Leave these pages").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You have left your choices")
    check(page, "left")
    page.goto(f"{CHOICES}history/")
    expect(page).to_have_url(re.compile(f"{OPEN}$"))


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_person_comes_by_a_mailing_shows_who_they_are_and_leaves(
    address: str, browser: Browser, scripts: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scheme = "light" if scripts else "dark"
    options: dict[str, Any] = {"java_script_enabled": scripts, "color_scheme": scheme, "locale": "en-GB"}
    check = look if scripts else lambda *_, **__: None  # axe is a script, and the pages are the same
    with opened_in(browser, address, **options) as page:
        say_no(page, check)
        show_who(page, check)
        seal()
        take_receipt(page, check, tmp_path / "receipt.jws")
        assert audit(capsys, "receipt", tmp_path / "receipt.jws")[0] == 0
        unsubscribe_and_undo(page)
        move(page, check)
        leave(page, check)


@pytest.mark.parametrize(("language", "scheme"), [("en", "dark"), ("pt", "light"), ("pt", "dark")])
def test_every_page_on_the_way_is_open_to_everybody(
    address: str, browser: Browser, language: str, scheme: str
) -> None:
    gone = {"identifiers": (email(verified=True),), "trust": Trust.PROVEN, "works_once": True}
    ways = {
        "start": "/privacy/",
        "open": f"{OPEN}?controller=northwind",
        "once": page_of(**gone),
        "one-click": one_click_of(),
        "choices": page_of(),
        "notice": f"{CHOICES}notices/privacy/3/",
    }
    options: dict[str, Any] = {"color_scheme": scheme, "extra_http_headers": {"Sec-GPC": "1"}}
    with opened_in(browser, address, locale=language, **options) as page:
        for name, way in ways.items():
            page.goto(way)
            if name == "start":
                found = Axe().run(page, options={"runOnly": RULES})
                assert found.violations_count == 0, found.generate_report()
                expect(page.locator(f'main a[href="{CHOICES}"]')).to_be_visible()
                continue
            look(page, f"{name}-{language}-{scheme}")


def test_pages_that_say_no_are_open_to_everybody_too(address: str, browser: Browser) -> None:
    context = browser.new_context(base_url=address, locale="pt-PT", color_scheme="dark")
    page = context.new_page()
    page.goto(page_of())
    for name, way, status in (
        ("prove", f"{CHOICES}history/", 403),
        ("no-receipt", f"{CHOICES}receipts/rec_none", 404),
        ("gone", "/privacy/choices/link/nonsense", 404),
    ):
        response = page.goto(way)
        assert response is not None
        assert response.status == status
        look(page, f"{name}-pt-dark")
    page.goto(CHOICES)
    answer(page, "no", ADS)
    expect(page.locator(f'[id="no-{ADS}"]')).to_have_attribute("aria-pressed", "true")
    page.get_by_role("link", name=re.compile("recibo|comprovativo", re.IGNORECASE)).first.click()
    look(page, "soon-pt-dark")
    page.goto(CHOICES)
    context.clear_cookies(name="sessionid")
    answer(page, "no", NEWSLETTER)
    page.locator("#choices .not").wait_for()
    look(page, "ended-pt-dark")
    context.close()


def test_a_mail_provider_unsubscribes_with_one_post(address: str) -> None:
    form = {"List-Unsubscribe": "One-Click"}

    answers = [requests.post(f"{address}{one_click_of()}", data=form, timeout=60) for _ in range(2)]

    assert [one.status_code for one in answers] == [200, 200]
    assert not any(one.cookies for one in answers)
    assert "Northwind Records" in answers[0].text
    assert choices_of()[NEWSLETTER].choice in NO
    assert ConsentRecord.objects.count() == 1


def test_the_code_page_needs_a_code_that_was_asked_for(address: str) -> None:
    answer = requests.get(f"{address}{CODE}", allow_redirects=False, timeout=60)

    assert (answer.status_code, answer.headers["Location"]) == (303, OPEN)
