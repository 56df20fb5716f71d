"""Signing in, in a real browser: an app, a security key, recovery codes, and confirming."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # as it is
from django.conf import settings
from django.db import connections
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from config.signing_in import fresh
from tests.acceptance.served import opened_in, served, started_beside_database
from tests.integration.conftest import committed_database  # noqa: F401 - a fixture
from tests.signing_in_world import PASSWORD, make_code, make_officer

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PATIENCE = 45_000  # milliseconds; a key answers through the browser and a busy server
SIZES = ({"width": 1280, "height": 900}, {"width": 390, "height": 800})


@pytest.fixture
def address(committed_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:  # noqa: F811
    """Serve the admin on a clone of the database, with factors required."""
    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["localhost", "127.0.0.1"])
    monkeypatch.setattr(settings, "UNMARKED_SESSIONS_ALLOWED", False)
    monkeypatch.setattr(settings, "REQUIRE_MFA", True)
    make_officer()
    with served() as address:
        yield address.replace("127.0.0.1", "localhost")
    connections.close_all()


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    """Start a browser, beside which the database is asked."""
    with started_beside_database(monkeypatch) as browser:
        yield browser


def look(page: Page, name: str) -> None:
    """Fail if the page keeps somebody out, in either scheme; keep pictures if asked to."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for size in SIZES:
            page.set_viewport_size(size)  # type: ignore[arg-type]  # a plain dict
            if folder := os.environ.get("ACCORDANT_PICTURES"):
                file = f"sign-in-{name}-{scheme}-{size['width']}.png"
                page.screenshot(path=Path(folder) / file, full_page=True)
        found = Axe().run(page, options={"runOnly": RULES})
        faults = [
            (one["id"], [node["html"] for node in one["nodes"]]) for one in found.response["violations"]
        ]
        assert faults == []
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def send_password(page: Page) -> None:
    """Fill the sign-in page in."""
    page.fill("input[name=username]", "olga")
    page.fill("input[name=password]", PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def send_code(page: Page, button: str, code: str) -> None:
    """Send a code."""
    page.fill("input[name=code]", code)
    page.get_by_role("button", name=button).click()


def plug_in_key(page: Page) -> None:
    """Give the browser a security key that answers by itself."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options: dict[str, Any] = {"protocol": "ctap2", "transport": "usb", "hasResidentKey": True}
    options |= {"hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_an_officer_sets_up_an_app_and_signs_in_with_recovery_codes(
    address: str, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened_in(browser, address) as page:
        page.goto("/admin/")
        look(page, "password")
        send_password(page)
        expect(page.get_by_text("Set up a factor to go on")).to_be_visible()
        look(page, "factors-needed")
        page.get_by_role("link", name="Set up an app").click()
        look(page, "app")
        secret = page.locator("code").inner_text()
        monkeypatch.setattr("tests.signing_in_world.SECRET", secret)
        send_code(page, "Set up", make_code(timezone.now().timestamp()))
        expect(page.get_by_text("This is the only time")).to_be_visible(timeout=PATIENCE)
        look(page, "recovery-codes")
        with page.expect_download() as download:
            page.get_by_role("link", name="Download as a file").click()
        code = page.locator(".codes code").first.inner_text()
        assert code in Path(download.value.path()).read_text()
        page.get_by_role("link", name="I have kept them").click()
        expect(page).to_have_url(f"{address}/admin/")

        page.goto("/account/sessions/")
        look(page, "sessions")
        page.goto("/account/factors/")
        look(page, "factors")
        page.get_by_role("button", name="Sign out").click()
        send_password(page)
        look(page, "factor")
        send_code(page, "Continue", code)
        expect(page).to_have_url(f"{address}/admin/")


def test_a_security_key_is_added_signs_in_and_confirms(
    address: str, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened_in(browser, address) as page:
        plug_in_key(page)
        page.goto("/account/login/?next=/admin/auth/user/add/")
        send_password(page)
        page.get_by_role("link", name="Add a key").click()
        look(page, "key")
        page.get_by_role("button", name="Add the key").click()
        expect(page.get_by_text("This is the only time")).to_be_visible(timeout=PATIENCE)
        page.get_by_role("button", name="Sign out").click()

        page.goto("/account/login/?next=/admin/auth/user/add/")
        send_password(page)
        page.get_by_role("button", name="Use a security key or passkey").click()
        expect(page).to_have_url(f"{address}/admin/auth/user/add/", timeout=PATIENCE)

        monkeypatch.setattr(settings, "FRESH_SIGN_IN", timedelta(0))
        page.fill("input[name=username]", "mallory")
        page.fill("input[name=password1]", PASSWORD)
        page.fill("input[name=password2]", PASSWORD)
        page.get_by_role("button", name="Save", exact=True).first.click()
        expect(page.get_by_text("Nothing was done yet")).to_be_visible(timeout=PATIENCE)
        look(page, "confirm")
        monkeypatch.setattr(settings, "FRESH_SIGN_IN", timedelta(minutes=15))
        page.get_by_role("button", name="Use a security key or passkey").click()
        expect(page).to_have_url(f"{address}/admin/auth/user/add/", timeout=PATIENCE)
        expect(page.get_by_text(fresh.NOTHING_DONE)).to_be_visible()


def test_without_scripts_a_password_and_a_code_are_enough(
    address: str, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "REQUIRE_MFA", False)
    with opened_in(browser, address, java_script_enabled=False) as page:
        page.goto("/account/login/?next=/account/factors/")
        send_password(page)
        page.get_by_role("link", name="Set up an app").click()
        monkeypatch.setattr("tests.signing_in_world.SECRET", page.locator("code").inner_text())
        send_code(page, "Set up", make_code(timezone.now().timestamp()))
        expect(page.get_by_text("This is the only time")).to_be_visible(timeout=PATIENCE)
