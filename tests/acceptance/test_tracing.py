"""An officer traces a person, and two officers report a breach and open its list: in real browsers."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from config.launch.arguments import ROOT
from tests.acceptance.conftest import Demo, clean_environment
from tests.acceptance.served import ARGUMENTS
from tests.acceptance.test_policy_review import PASSWORD, keep, sign_in

pytestmark = pytest.mark.xdist_group("demo")
TRIES = 90
MAKE_OFFICERS = f"""
import json
from django.contrib.auth.models import Permission, User
from activation.enforcement.suppression.models import Suppression
from consent.subjects.queries import list_identifiers
for name in ("tina", "uwe"):
    officer, _ = User.objects.get_or_create(username=name, is_staff=True)
    officer.set_password("{PASSWORD}")
    officer.save()
    officer.user_permissions.set(
        Permission.objects.filter(content_type__app_label__in=["activation_desk", "activation_enforcement"])
    )
taken_out = Suppression.objects.exclude(subject_ref="").order_by("pk").first()
named = list_identifiers([taken_out.subject_ref])[taken_out.subject_ref][0]
print(json.dumps([taken_out.destination, named.kind.value, named.value]))
"""


@pytest.fixture(scope="module")
def held(demo: Demo) -> tuple[str, str, str]:
    """Make two officers, and return a destination, and the kind and value of somebody whom it held."""
    done = subprocess.run(
        [sys.executable, "dev", "manage", "shell", "--no-imports", "-c", MAKE_OFFICERS],
        cwd=ROOT,
        env={**clean_environment(), "ACCORDANT_HOME": str(demo.home)},
        check=True,
        capture_output=True,
        text=True,
    )
    destination, kind, value = json.loads(done.stdout.splitlines()[-1])
    return destination, kind, value


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=os.environ["CHROMIUM_PATH"], args=ARGUMENTS)
        yield opened
        opened.close()


def wait_for(page: Page, words: str) -> None:
    """Reload the page until a worker is done."""
    for _ in range(TRIES):
        if page.get_by_text(words).count():
            break
        page.wait_for_timeout(1000)
        page.reload()
    expect(page.get_by_text(words).first).to_be_visible()


def test_an_officer_traces_a_person_and_takes_all_runs_home(
    demo: Demo, browser: Browser, held: tuple[str, str, str]
) -> None:
    complaints: list[str] = []
    destination, kind, value = held
    page = sign_in(browser, demo, "tina", complaints)
    page.goto("/admin/activation_desk/tracereport/")
    page.get_by_role("link", name=re.compile("Trace a person$")).click()
    page.select_option("select[name=kind]", kind)
    page.fill("input[name=value]", value)
    page.fill("input[name=reason]", "request 4711")
    page.get_by_role("button", name="Trace", exact=True).click()

    expect(page.get_by_text("Held now")).to_be_visible()
    expect(page.get_by_text("Taken out, or to be taken out")).to_be_visible()
    expect(page.get_by_text(destination).first).to_be_visible()
    expect(page.get_by_text("received").first).to_be_visible()
    assert value not in page.url
    page.get_by_role("button", name="Look up all runs").click()
    wait_for(page, "Download as CSV")
    keep(page, "lineage-trace")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as JSON").click()
    rows = json.loads(download.value.path().read_text())
    assert {row["what"] for row in rows} >= {"run", "taken_out"}
    page.goto("/admin/activation_desk/tracereport/")
    expect(page.get_by_text("request 4711").first).to_be_visible()
    assert complaints == []


def test_a_breach_is_counted_and_two_officers_open_its_list(
    demo: Demo, browser: Browser, held: tuple[str, str, str]
) -> None:
    complaints: list[str] = []
    first, second = (sign_in(browser, demo, name, complaints) for name in ("tina", "uwe"))
    first.goto("/admin/activation_desk/breachreport/")
    first.get_by_role("link", name=re.compile("Report a breach$")).click()
    now = first.evaluate("new Date(Date.now() - 60000).toISOString().slice(0, 16)")
    since = first.evaluate("new Date(Date.now() - 86400000).toISOString().slice(0, 16)")
    first.select_option("select[name=destination]", held[0])
    for name, value in {"since": since, "until": now, "known_at": now}.items():
        first.fill(f"input[name={name}]", value)
    first.fill("input[name=reason]", "credentials lost, case 12")
    first.get_by_role("button", name="Count whom it reached").click()
    expect(first.get_by_text("Begun.")).to_be_visible()
    wait_for(first, "Ask for the list")
    keep(first, "lineage-breach")

    first.get_by_role("button", name="Ask for the list").click()
    expect(first.get_by_text("Another officer has to approve on this page.")).to_be_visible()
    second.goto(first.url)
    second.get_by_role("button", name="Approve that it is opened").click()
    expect(second.get_by_text("Approved. Whoever asked can download the list.")).to_be_visible()
    first.goto(first.url)
    with first.expect_download() as download:
        first.get_by_role("button", name="Download the list").click()
    lines = [json.loads(line) for line in download.value.path().read_text().splitlines()]
    assert lines
    assert all(line["data_categories"] for line in lines)
    first.reload()
    expect(first.get_by_text("Downloaded").first).to_be_visible()
    assert complaints == []
