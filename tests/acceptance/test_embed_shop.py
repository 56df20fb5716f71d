"""The demo's shop, on its own origin, with the real service behind it: what is chosen there is on record."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # as it is
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connections
from playwright.sync_api import Browser, Page, expect

from config.demo.shop_page import KEY, serving
from config.demo.shop_site import ADS, GROUPS, MEASURING, open_site
from consent.ledger.queries import get_time
from consent.portal.models import Site
from consent.records.models import ConsentRecord
from tests.acceptance.served import log_in, opened_in, served, started_beside_database
from tests.embed_pages import GPC
from tests.embed_world import list_said
from tests.integration.conftest import committed_database  # noqa: F401 - a fixture
from tests.portal_world import open_shop

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture
def service(committed_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:  # noqa: F811
    """Serve everything on a clone of the database, with the retailer's policy in force."""
    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["127.0.0.1"])
    open_shop()
    with served() as address:
        yield address
    connections.close_all()


@pytest.fixture
def shop(service: str) -> Iterator[str]:
    """Show the shop, which may record."""
    with serving(service) as address:
        open_site(address, at=get_time())
        yield address


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    with started_beside_database(monkeypatch) as browser:
        yield browser


def keep(page: Page, name: str) -> None:
    """Keep a picture, if somebody wants to look at it."""
    if folder := os.environ.get("ACCORDANT_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def check(page: Page) -> None:
    """Fail if the page keeps somebody out, or scrolls to the side."""
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_what_is_chosen_in_the_shop_is_on_record_and_shown(shop: str, browser: Browser) -> None:
    with opened_in(browser, shop) as page:
        page.goto("/")
        expect(page.locator("#banner")).to_be_visible()
        check(page)
        keep(page, "shop-asks")
        page.get_by_label("Measuring how our shop is used").check()
        page.get_by_role("button", name="Save what is ticked").click()
        expect(page.locator("#receipt")).to_contain_text("On record. Receipt: rec_")
        expect(page.locator("#purposes tr").nth(2)).to_contain_text("Yes")
        expect(page.locator("#told")).to_contain_text("analytics_storage granted")
        check(page)
        keep(page, "shop-answered")
        assert dict(list_said()) == {ADS: "refused", GROUPS: "refused", MEASURING: "granted"}

        page.reload()
        expect(page.locator("#banner")).to_be_hidden()
        expect(page.locator("#purposes tr").nth(2)).to_contain_text("Yes")
        page.get_by_role("button", name="Withdraw everything").click()
        expect(page.locator("#told li").last).to_contain_text("analytics_storage denied")
        assert list_said()[-1][1] != "granted"
    assert ConsentRecord.objects.filter(method="banner:shop").count() == len(list_said())


def test_a_yes_against_the_browsers_signal_is_given_after_the_notice_of_it(
    shop: str, browser: Browser
) -> None:
    with opened_in(browser, shop, viewport={"width": 390, "height": 844}, color_scheme="dark") as page:
        page.context.add_init_script(GPC)
        page.goto("/")
        page.evaluate("accordant.ready.then(() => 1)")
        page.get_by_role("button", name="Choose again").click()
        expect(page.locator("#conflict")).to_be_visible()
        check(page)
        keep(page, "shop-conflict-dark-narrow")
        page.get_by_role("button", name="Yes to all").click()
        expect(page.locator("#receipt")).to_contain_text("On record")
        expect(page.locator("#purposes tr").first).to_contain_text("Yes")
    assert ConsentRecord.objects.get(purpose=ADS).after_conflict_notice
    assert ("*", "opt_out_signal") in list_said()


def test_a_page_on_an_origin_that_is_not_the_sites_gets_no_and_records_nothing(
    service: str, browser: Browser
) -> None:
    with serving(service) as elsewhere:
        open_site("https://www.northwind.example", at=get_time())
        context = browser.new_context(base_url=elsewhere)
        page = context.new_page()
        page.goto("/")
        page.get_by_role("button", name="Yes to all").click()
        expect(page.locator("#receipt")).to_contain_text("Not on record yet")
        expect(page.locator("#purposes tr").first).to_contain_text("No")
        context.close()
    assert list_said() == []
    assert Site.objects.get(key=KEY).refused_at is not None


def test_officers_see_what_to_copy_and_that_it_is_installed(
    shop: str, service: str, browser: Browser
) -> None:
    User.objects.create_superuser(username="olga")
    with opened_in(browser, shop) as page:
        page.goto("/")
        expect(page.locator("#banner")).to_be_visible()
    site = Site.objects.get(key=KEY)
    for width, scheme in ((1280, "light"), (390, "dark")):
        options = {"viewport": {"width": width, "height": 1000}, "color_scheme": scheme}
        with opened_in(browser, service, session=log_in("olga"), **options) as page:
            page.goto("/admin/consent_portal/site/")
            keep(page, f"sites-{width}-{scheme}")
            page.goto(f"/admin/consent_portal/site/{site.pk}/change/")
            expect(page.get_by_text(f'data-site="{KEY}"').first).to_be_visible()
            keep(page, f"site-{width}-{scheme}")
