"""One officer drafts, a second simulates and approves, and the first cannot: in two real browsers."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from config.launch.arguments import ROOT
from tests.acceptance.conftest import Demo, clean_environment
from tests.acceptance.served import ARGUMENTS

pytestmark = pytest.mark.xdist_group("demo")
PASSWORD = "correct horse battery staple"
TRIES = 90
MAKE_OFFICERS = f"""
from django.contrib.auth.models import Permission, User
for name in ("dora", "emil"):
    officer, _ = User.objects.get_or_create(username=name, is_staff=True)
    officer.set_password("{PASSWORD}")
    officer.save()
    officer.user_permissions.set(
        Permission.objects.filter(content_type__app_label__in=["consent_policies", "activation_desk"])
    )
"""


@pytest.fixture(scope="module")
def browser(demo: Demo) -> Iterator[Browser]:
    """Make two officers who may do all with policies and are no superusers, and open a browser."""
    subprocess.run(
        [sys.executable, "dev", "manage", "shell", "--no-imports", "-c", MAKE_OFFICERS],
        cwd=ROOT,
        env={**clean_environment(), "ACCORDANT_HOME": str(demo.home)},
        check=True,
        capture_output=True,
    )
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=os.environ["CHROMIUM_PATH"], args=ARGUMENTS)
        yield opened
        opened.close()


def sign_in(browser: Browser, demo: Demo, name: str, complaints: list[str]) -> Page:
    """Return a page of the officer's own browser; what its console complains of is put into `complaints`."""

    def listen(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(message.text)

    page = browser.new_context(base_url=demo.url, viewport={"width": 1280, "height": 1000}).new_page()
    page.on("console", listen)
    page.goto("/admin/")
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    expect(page.get_by_role("heading", name="Home")).to_be_visible()
    return page


def keep(page: Page, name: str) -> None:
    """Keep a picture for the docs, if asked to."""
    if folder := os.environ.get("ACCORDANT_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def press(page: Page, step: str, button: str | None = None, **fields: str) -> None:
    """Open a step's dialog, fill it in, and confirm."""
    page.get_by_role("link", name=step, exact=True).click()
    for name, value in fields.items():
        page.fill(f"dialog [name={name}], [role=dialog] [name={name}], form [name={name}]", value)
    page.get_by_role("button", name=button or step, exact=True).click()


def draft(page: Page) -> str:
    """Have the officer begin a draft from the version in force, shorten a consent, and submit it."""
    page.goto("/admin/consent_policies/policyversion/")
    page.get_by_role("link", name="retailer 1", exact=True).click()
    press(page, "New draft", "Begin the draft")
    expect(page.get_by_text("is a draft with the same text.")).to_be_visible()
    address = page.url
    page.click("#tabs-items a[href='#rule_rows']")
    keep(page, "policy-editor")
    page.locator("tr:has(input[value='email-consent'])").get_by_role("link", name="Open").click()
    page.fill("input[name=validity]", "P6M")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    page.goto(address)
    keep(page, "policy-warnings")
    unanswered = page.get_by_text("Open: mend it, or acknowledge it with a reason.")
    for left in reversed(range(unanswered.count())):
        press(page, "Acknowledge a warning", "Acknowledge", reason="The shop sells to adults only.")
        expect(unanswered).to_have_count(left)
    press(page, "Submit for review")
    expect(page.get_by_text("Another officer can simulate and approve it now.")).to_be_visible()
    return address


def simulate(page: Page, address: str) -> None:
    """Have the officer simulate the version, and wait until the worker is done."""
    page.goto(address)
    page.get_by_role("link", name=re.compile("Simulate$")).click()
    page.get_by_role("button", name="Simulate", exact=True).click()
    expect(page.get_by_text("Begun.")).to_be_visible()
    attached = page.get_by_text("Attached to the draft")
    for _ in range(TRIES):
        if attached.count():
            break
        page.wait_for_timeout(1000)
        page.reload()
    expect(attached).to_be_visible()
    expect(page.get_by_text("granted").first).to_be_visible()


def test_one_officer_drafts_another_simulates_and_approves_and_the_first_cannot(
    demo: Demo, browser: Browser
) -> None:
    complaints: list[str] = []
    dora, emil = (sign_in(browser, demo, name, complaints) for name in ("dora", "emil"))
    address = draft(dora)

    emil.goto(address)
    emil.locator("li > a", has_text="More").click()
    emil.locator("a[href$='/compare/']").click()
    expect(emil.get_by_text("A yes lasts 6 months; before, 24 months.")).to_be_visible()
    keep(emil, "policy-comparison")
    simulate(emil, address)
    keep(emil, "policy-simulation")

    dora.goto(address)
    press(dora, "Approve")
    expect(dora.get_by_text("must be approved by somebody else than its author")).to_be_visible()

    emil.goto(address)
    emil.get_by_role("link", name="Approve", exact=True).click()
    expect(emil.get_by_text(re.compile("people are touched")).last).to_be_visible()
    keep(emil, "policy-approval")
    emil.get_by_role("button", name="Approve", exact=True).click()
    expect(emil.get_by_text("Approved. It can be published now.")).to_be_visible()
    press(emil, "Publish", effective_at="2099-01-01 00:00")
    expect(emil.get_by_text("In force from 2099-01-01 00:00 UTC on.")).to_be_visible()
    expect(emil.get_by_text("scheduled").first).to_be_visible()
    keep(emil, "policy-published")
    assert complaints == []
