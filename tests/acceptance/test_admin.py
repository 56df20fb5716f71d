"""What the demo's officer sees in the admin, in a real browser."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import ConsoleMessage, Page, expect, sync_playwright

from tests.acceptance.conftest import Demo
from tests.acceptance.served import ARGUMENTS

pytestmark = pytest.mark.xdist_group("demo")
NOTICE = "privacy"
TRIES = 60


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
        expect(opened.get_by_role("heading", name="Home")).to_be_visible()
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
    page.get_by_role("link", name="retailer 1", exact=True).click()

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
    expect(page.locator("#result_list tbody tr")).to_have_count(4)
    keep(page, "admin-runs")
    page.locator("#result_list tbody a").last.click()

    expect(page.get_by_text("opt out signal").first).to_be_visible()
    keep(page, "admin-run")


@pytest.mark.parametrize(
    ("app", "model", "shown"),
    [
        ("consent_ledger", "leaf", "Leaf hash"),
        ("consent_ledger", "checkpoint", "accordant.example/demo"),
        ("consent_ledger", "logkey", "Fingerprint"),
        ("consent_ledger", "pendingevent", "pending events"),
        ("consent_subjects", "subject", "sub_"),
        ("consent_subjects", "subjectfact", "sub_"),
        ("consent_subjects", "subjectlink", "sub_"),
        ("consent_subjects", "heldlink", "held links"),
        ("consent_records", "currentchoice", "sub_"),
        ("consent_records", "importrun", "demo"),
    ],
)
def test_every_list_of_the_ledger_and_its_people_opens_with_its_first_page(
    demo: Demo, page: Page, app: str, model: str, shown: str
) -> None:
    page.goto(f"{demo.url}/admin/{app}/{model}/")
    expect(page.locator("#result_list, #changelist").first).to_be_visible()
    keep(page, f"admin-{model}-list")

    if first := page.locator("#result_list tbody a").all()[:1]:
        first[0].click()
        expect(page.get_by_role("button", name="Save")).to_have_count(0)
        keep(page, f"admin-{model}")
    expect(page.get_by_text(shown).first).to_be_attached()


@pytest.mark.parametrize(
    ("app", "model", "shown"),
    [
        ("consent_policies", "jurisdiction", "EU"),
        ("consent_policies", "statute", "check before use"),
        ("consent_policies", "agelimit", "check before use"),
        ("consent_policies", "clock", "days"),
        ("consent_policies", "taxonomyterm", "taxonomy terms"),
        ("consent_policies", "rule", "ads-consent"),
        ("consent_policies", "notice", "privacy"),
        ("activation_desk", "simulationrun", "retailer"),
    ],
)
def test_every_list_of_policies_and_the_law_opens_with_its_first_page(
    demo: Demo, page: Page, app: str, model: str, shown: str
) -> None:
    page.goto(f"{demo.url}/admin/{app}/{model}/")
    expect(page.get_by_text(shown).first).to_be_attached()
    keep(page, f"admin-{model}-list")

    if first := page.locator("#result_list tbody a").all()[:1]:
        first[0].click()
        expect(page.locator("#content, #content-main").first).to_be_visible()
        keep(page, f"admin-{model}")


def test_the_known_terms_are_listed(demo: Demo, page: Page) -> None:
    page.goto(f"{demo.url}/admin/consent_policies/taxonomyterm/")
    page.get_by_role("link", name="All known terms").first.click()

    expect(page.get_by_text("marketing.advertising").first).to_be_visible()
    keep(page, "admin-vocabulary")


def test_a_lists_coverage_is_told_before_anything_leaves(demo: Demo, page: Page) -> None:
    page.goto(f"{demo.url}/admin/activation_enforcement/enforcementrun/")
    page.get_by_role("link", name="coverage").first.click()
    page.set_input_files("input[type=file]", demo.home / "demo" / "audience.csv")
    page.select_option("select[name=purpose]", "advertising.audience")
    page.select_option("select[name=destination]", "meridian_ads")
    page.select_option("select[name=controller]", "harbor")
    page.get_by_role("button", name="Report coverage").click()

    expect(page.get_by_text("953").first).to_be_visible(timeout=60_000)
    keep(page, "admin-coverage")


def test_what_a_form_collected_is_counted_then_invalidated_by_the_worker(demo: Demo, page: Page) -> None:
    page.goto(f"{demo.url}/admin/consent_records/invalidationrun/")
    page.get_by_role("link", name="Invalidate what was collected").first.click()
    page.fill("input[name=notice]", NOTICE)
    page.fill("input[name=notice_version]", "1")
    page.fill("input[name=reason]", "the checkbox was ticked beforehand")
    page.get_by_role("button", name="Count, then confirm").click()
    expect(page.get_by_text("Submit again to invalidate them")).to_be_visible()
    keep(page, "admin-invalidation")
    page.get_by_role("button", name="Count, then confirm").click()
    expect(page.get_by_text("Begun.")).to_be_visible()

    for _ in range(TRIES):
        if page.get_by_text("(100 %)").count():
            break
        page.wait_for_timeout(1000)
        page.reload()
    expect(page.get_by_text("(100 %)").first).to_be_visible()
    keep(page, "admin-invalidated")


def test_the_api_s_pages_load(demo: Demo, page: Page) -> None:
    page.goto(f"{demo.url}/api/docs/")

    expect(page.get_by_text("/access/v1/evaluation").first).to_be_visible()
    keep(page, "api-docs")
