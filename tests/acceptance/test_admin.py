"""What the demo's officer sees in the admin, in a real browser."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import ConsoleMessage, Page, expect, sync_playwright

from tests.acceptance.conftest import Demo

pytestmark = pytest.mark.xdist_group("demo")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


@pytest.fixture(scope="module")
def page(demo: Demo) -> Iterator[Page]:
    """Return a page on which the officer has logged in. Whatever the console complains of fails the test."""
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(message.text)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ["CHROMIUM_PATH"], args=ARGUMENTS)
        opened = browser.new_page(viewport={"width": 1280, "height": 860})
        opened.on("console", listen)
        opened.goto(f"{demo.url}/admin/")
        opened.fill("input[name=username]", demo.login[0])
        opened.fill("input[name=password]", demo.login[1])
        opened.click("button[type=submit]")
        expect(opened.get_by_role("heading", name="Site administration")).to_be_visible()
        yield opened
        browser.close()
    assert not complaints


def keep(page: Page, name: str) -> None:
    """Keep a picture for the docs, if asked to."""
    if folder := os.environ.get("ACCORDANT_PICTURES"):
        page.set_viewport_size({"width": 1280, "height": 1150})
        page.screenshot(path=Path(folder) / f"{name}.png")


def test_purposes_are_shown(demo: Demo, page: Page) -> None:
    page.goto(f"{demo.url}/admin/consent_policies/purpose/")

    expect(page.get_by_text("advertising.audience").first).to_be_visible()
    keep(page, "admin-purposes")


def test_a_policy_version_is_shown_with_author_approver_and_text(demo: Demo, page: Page) -> None:
    page.goto(f"{demo.url}/admin/consent_policies/policyversion/")
    keep(page, "admin-policies")
    page.get_by_role("link", name="retailer").first.click()

    expect(page.get_by_text(demo.summary["policy"]["digest"]).first).to_be_visible()
    expect(page.get_by_text("ada", exact=True).first).to_be_visible()
    expect(page.get_by_text("ben", exact=True).first).to_be_visible()
    keep(page, "admin-policy")


def test_consent_records_can_be_read_and_not_changed(demo: Demo, page: Page) -> None:
    page.goto(f"{demo.url}/admin/consent_records/consentrecord/")
    keep(page, "admin-records")
    expect(page.get_by_role("link", name="Add")).to_have_count(0)
    page.locator("#result_list tbody a").first.click()

    expect(page.get_by_role("button", name="Save")).to_have_count(0)
    expect(page.locator("main input[type=text], main textarea, main select")).to_have_count(0)
    keep(page, "admin-record")


def test_runs_are_shown_with_their_counts(demo: Demo, page: Page) -> None:
    page.goto(f"{demo.url}/admin/activation_enforcement/enforcementrun/")
    expect(page.locator("#result_list tbody tr")).to_have_count(2)
    keep(page, "admin-runs")
    page.locator("#result_list tbody a").first.click()

    expect(page.get_by_text("opt out signal").first).to_be_visible()
    keep(page, "admin-run")


def test_the_api_s_pages_load(demo: Demo, page: Page) -> None:
    page.goto(f"{demo.url}/api/docs/")

    expect(page.get_by_text("/access/v1/evaluation").first).to_be_visible()
    keep(page, "api-docs")
