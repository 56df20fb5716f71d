"""Each role signs in once and goes its main way, in a real browser: nothing is closed, nothing is broken."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # as it is
from django.conf import settings
from django.db import connections
from playwright.sync_api import Browser, Page, expect

from config.roles.declared import ROLES
from config.signing_in import fresh
from consent.policies.models import PolicyVersion
from tests.acceptance.served import opened_in, served, started_beside_database
from tests.acceptance.test_requests_workspace import fill_queue
from tests.admin_walk import make_officer_of
from tests.enforcement_world import GERMAN, make_world, write_csv
from tests.integration.conftest import committed_database  # noqa: F401 - a fixture
from tests.policy_officers import make_officer, make_submitted, see
from tests.signing_in_world import PASSWORD
from tests.tracing_world import send

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@pytest.fixture
def address(committed_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:  # noqa: F811
    """Serve the admin, with something to do for everybody, and an officer of each role."""
    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["127.0.0.1"])
    monkeypatch.setattr(settings, "UNMARKED_SESSIONS_ALLOWED", False)
    make_world()
    write_csv(tmp_path)
    send(tmp_path)
    fill_queue(make_officer("ada"))
    see(make_submitted(key="second"))
    for role in ROLES:
        make_officer_of(role, name=name_of(role.slug), password=PASSWORD)
    with served() as address:
        yield address
    connections.close_all()


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    """Start a browser, beside which the database is asked."""
    with started_beside_database(monkeypatch) as browser:
        yield browser


def name_of(role: str) -> str:
    """Return the name of the officer who has the role: the world has officers named by what they did."""
    return f"{role}-on-duty"


def sign_in(page: Page, role: str) -> None:
    """Sign in by the page that the admin leads to."""
    page.goto("/admin/")
    page.fill("input[name=username]", name_of(role))
    page.fill("input[name=password]", PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(re.compile("/admin/$"))


def assert_accessible(page: Page) -> None:
    """Fail if the page keeps somebody out."""
    found = Axe().run(page, options=RULES)
    assert found.violations_count == 0, found.generate_report()


def open_from_sidebar(page: Page, name: str) -> None:
    """Open a list that the sidebar leads to, by its app and model."""
    page.goto("/admin/")
    address = f"/admin/{name}/"
    page.locator(f'.desk-nav a[href="{address}"]').first.evaluate("one => one.click()")
    page.wait_for_url(f"**{address}*")
    expect(page.locator("#content")).to_be_visible()


def withdraw_for_a_person(page: Page) -> None:
    """The privacy officer's way: home, the person, a withdrawal."""
    page.goto("/admin/activation_desk/personvisit/find/")
    page.select_option("select[name=kind]", "customer_id")
    page.fill("input[name=value]", GERMAN)
    page.fill("input[name=reason]", "case 12")
    page.get_by_role("button", name="Find", exact=True).click()
    page.wait_for_url(re.compile(r"/personvisit/[0-9a-f-]{36}/change/$"))
    assert_accessible(page)
    page.locator("#act_form [name=note]").fill("call 12")
    page.locator("#act_form").get_by_role("button", name="Record the no").click()
    expect(page.get_by_text("You recorded a no for them")).to_be_visible()


def approve_a_version(page: Page) -> None:
    """The approver's way: a version that somebody else submitted, with a proof that is not old."""
    version = PolicyVersion.objects.get(key="second")
    page.goto(f"/admin/consent_policies/policyversion/{version.pk}/change/")
    page.get_by_role("link", name="Approve", exact=True).click()
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.get_by_text("Approved. It can be published now.")).to_be_visible()
    assert_accessible(page)


def decide_a_case(page: Page) -> None:
    """The handler's way: the queue, a case, a decision."""
    open_from_sidebar(page, "consent_requests/request")
    assert_accessible(page)
    page.get_by_role("link", name="R-0001-7K3F").click()
    assert_accessible(page)
    page.get_by_role("link", name="Acknowledge").click()
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_text("It is on record that the person was told.")).to_be_visible()


def look_after_deliveries(page: Page) -> None:
    """The engineer's way: destinations, withdrawals."""
    open_from_sidebar(page, "activation_destinations/destination")
    expect(page.get_by_text("Ads").first).to_be_visible()
    assert_accessible(page)
    page.goto("/admin/activation_enforcement/suppression/")
    assert_accessible(page)


def take_evidence_out(page: Page) -> None:
    """The auditor's way: the audit trail, the ledger, an export of evidence."""
    for name in ("consent_ledger/leaf", "consent_ledger/auditleaf"):
        open_from_sidebar(page, name)
        assert_accessible(page)
    page.goto("/admin/activation_desk/savedfilter/export/consent_ledger.auditleaf/")
    assert_accessible(page)
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile("CSV")).click()
    assert download.value.path().stat().st_size > 0


def give_a_role(page: Page) -> None:
    """The administrator's way: users, roles, a role for somebody."""
    open_from_sidebar(page, "auth/group")
    assert_accessible(page)
    open_from_sidebar(page, "auth/user")
    page.get_by_role("link", name=name_of("auditor"), exact=True).click()
    page.get_by_label(re.compile("Approver: Is the second pair of eyes")).check()
    page.get_by_role("button", name="Save", exact=True).first.click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    assert_accessible(page)


WAYS: dict[str, Callable[[Page], None]] = {
    "privacy_officer": withdraw_for_a_person,
    "approver": approve_a_version,
    "request_handler": decide_a_case,
    "engineer": look_after_deliveries,
    "auditor": take_evidence_out,
    "administrator": give_a_role,
}


def test_each_role_signs_in_and_goes_its_way(address: str, browser: Browser) -> None:
    assert set(WAYS) == {role.slug for role in ROLES}
    for role, go in WAYS.items():
        with opened_in(browser, address) as page:
            sign_in(page, role)
            assert_accessible(page)
            for link in page.locator(".desk-nav a").evaluate_all("all => all.map(one => one.href)"):
                assert page.request.get(link).status == 200, f"{role}: {link}"
            go(page)


def test_an_approval_asks_again_who_is_there_and_is_not_done_before(
    address: str, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened_in(browser, address) as page:
        sign_in(page, "approver")
        lasts = settings.FRESH_SIGN_IN
        monkeypatch.setattr(settings, "FRESH_SIGN_IN", 0 * lasts)
        version = PolicyVersion.objects.get(key="second")
        page.goto(f"/admin/consent_policies/policyversion/{version.pk}/approve/")
        expect(page).to_have_url(re.compile("/account/confirm/"))
        assert_accessible(page)
        monkeypatch.setattr(settings, "FRESH_SIGN_IN", lasts)
        page.fill("input[name=password]", PASSWORD)
        page.locator("form", has=page.locator("input[name=password]")).get_by_role("button").click()
        expect(page).to_have_url(re.compile("/approve/$"))
        assert fresh.NOTHING_DONE not in page.content()
