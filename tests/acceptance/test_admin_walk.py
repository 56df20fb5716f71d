"""Every page of the admin's sidebar in a real browser: a silent console, no fault of axe's, both themes."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # as it is
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connections
from playwright.sync_api import Browser, Page, expect

from activation.desk.lists.models import SavedFilter
from tests.acceptance.served import log_in, opened_in, served, started_beside_database
from tests.acceptance.test_requests_workspace import fill_queue
from tests.integration.conftest import committed_database  # noqa: F401 - a fixture
from tests.portal_world import open_shop

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
EVERYTHING = {"runOnly": TAGS}
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}
"""Themes differ in colours alone: in the second one, what looks at colours is asked again."""
SHARED = "#nav-sidebar-apps"
"""The sidebar's own links: they are the same on every page, and looked at on the first."""
RUN = """([options, leftOut]) => axe.run(
    leftOut ? {include: [["html"]], exclude: [[leftOut]]} : document,
    {...options, preload: false, resultTypes: ["violations"]},
).then(found => found.violations.map(
    one => [one.id, one.impact, one.nodes.slice(0, 3).map(node => node.html.slice(0, 160))]
))"""
EMAIL = "ann@example.com"


@pytest.fixture
def address(committed_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:  # noqa: F811
    """Serve the admin with a policy, a queue of requests and saved views."""
    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["127.0.0.1"])
    ada = User.objects.create_superuser("ada")
    fill_queue(ada)
    open_shop()
    SavedFilter.objects.create(
        owner=ada, page="consent_requests.request", name="Late ones", query="state=all"
    )
    with served() as address:
        yield address
    connections.close_all()


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    """Start a browser, beside which the database is asked."""
    with started_beside_database(monkeypatch) as browser:
        yield browser


def keep(page: Page, name: str) -> None:
    """Keep a picture to look at, if asked to."""
    if folder := os.environ.get("ACCORDANT_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png")


Fault = tuple[str, str, list[str]]


def find_faults(page: Page, options: dict[str, list[str]] = EVERYTHING, *, left_out: str = "") -> list[Fault]:
    """Return what keeps somebody out: the rule, how grave it is, and where."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found: list[Fault] = page.evaluate(RUN, [options, left_out])
    return found


def find_faults_in_both_themes(page: Page, *, name: str, left_out: str) -> Iterator[tuple[str, Fault]]:
    """Yield the faults of a page in light and, without loading it again, in dark."""
    for theme, options in (("light", EVERYTHING), ("dark", COLOURS)):
        page.evaluate(f"document.documentElement.classList.toggle('dark', {str(theme == 'dark').lower()})")
        keep(page, f"walk-{theme}-{name}")
        yield from ((theme, one) for one in find_faults(page, options, left_out=left_out))


def test_every_page_of_the_sidebar_is_silent_and_keeps_nobody_out_in_both_themes(
    address: str, browser: Browser
) -> None:
    with opened_in(browser, address, session=log_in("ada"), reduced_motion="reduce") as page:
        page.goto("/admin/")
        links = page.locator(".desk-nav a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
        assert len(links) > 60
        faults: dict[str, list[str]] = {}
        for number, link in enumerate(links):
            page.goto(link)
            expect(page.locator("#content")).to_be_visible()
            left_out = SHARED if number else ""
            name = link.strip("/").replace("/", "-")
            for theme, (rule, impact, places) in find_faults_in_both_themes(
                page, name=name, left_out=left_out
            ):
                faults.setdefault(f"{rule}, {impact}", []).append(f"{theme} {link} {places}")
        assert faults == {}, "\n".join(
            f"{rule}: {len(places)}, as {places[0]}" for rule, places in faults.items()
        )


def test_a_page_that_keeps_somebody_out_is_found(browser: Browser) -> None:
    with opened_in(browser, "http://127.0.0.1") as page:
        page.set_content("<main><h1>A page</h1><p style='color: #aaa'>Pale</p><input></main>")
        assert {rule for rule, _, _ in find_faults(page)} >= {"color-contrast", "label"}
        assert [rule for rule, _, _ in find_faults(page, COLOURS)] == ["color-contrast"]


def test_lists_and_the_search_are_used_with_keys_alone(address: str, browser: Browser) -> None:
    posted: list[str] = []
    with opened_in(browser, address, session=log_in("ada")) as page:
        page.on("request", lambda one: posted.append(f"{one.url} {one.post_data or ''}"))
        page.goto("/admin/consent_policies/purpose/")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#content")).to_be_focused()
        page.keyboard.press("/")
        expect(page.locator("#searchbar")).to_be_focused()

        page.keyboard.press("Control+k")
        field = page.locator("#desk-search-words")
        expect(field).to_be_focused()
        page.keyboard.type(EMAIL)
        expect(
            page.get_by_role("dialog").locator("#desk-search-found").get_by_text("It was not sent.")
        ).to_be_visible()
        keep(page, "search-person")
        page.keyboard.press("Control+a")
        page.keyboard.type("checkp")
        expect(page.get_by_role("dialog").get_by_role("link", name="Checkpoints")).to_be_visible()
        keep(page, "search-found")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowUp")
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        page.keyboard.press("Control+k")
        page.keyboard.type("checkp")
        expect(page.get_by_role("dialog").get_by_role("link", name="Checkpoints")).to_be_visible()
        page.keyboard.press("Enter")
        page.wait_for_url("**/consent_ledger/checkpoint/")

        page.goto("/admin/consent_policies/purpose/")
        page.keyboard.press("/")
        page.keyboard.type(EMAIL)
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text("It was not sent")
        assert EMAIL not in page.url
    assert not [one for one in posted if "ann" in one and "example" in one]


def test_a_view_is_kept_opened_removed_and_exported(address: str, browser: Browser) -> None:
    with opened_in(browser, address, session=log_in("ada")) as page:
        page.goto("/admin/consent_policies/purpose/?o=2")
        page.get_by_text("Save this view").click()
        page.get_by_label("Name", exact=True).fill("By title")
        keep(page, "save-view")
        page.get_by_label("Share with all officers").check()
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_role("link", name="By title shared")).to_have_attribute("aria-current", "true")
        page.goto("/admin/consent_policies/purpose/")
        page.get_by_role("link", name="By title shared").click()
        page.wait_for_url("**/purpose/?o=2")
        page.get_by_role("link", name="Export this list").click()
        expect(page.get_by_text("The file will hold")).to_be_visible()
        keep(page, "export")
        assert find_faults(page) == []
        with page.expect_download() as download:
            page.get_by_role("button", name="Download CSV").click()
        assert download.value.path().read_bytes().startswith(b"\xef\xbb\xbf")
        page.goto("/admin/consent_policies/purpose/?o=2")
        page.get_by_text("Save this view").click()
        page.get_by_role("button", name="Remove the view By title").click()
        expect(page.get_by_text("Removed the view By title.")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 1024, 390])
def test_a_wide_list_stays_usable_and_its_actions_are_in_reach(
    address: str, browser: Browser, width: int
) -> None:
    session = log_in("ada")
    with opened_in(browser, address, session=session, viewport={"width": width, "height": 800}) as page:
        page.goto("/admin/consent_requests/request/")
        keep(page, f"queue-{width}")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        box = page.locator("#result_list input.action-select").first
        box.check()
        page.locator("#changelist-actions select").select_option("export_ticked")
        run = page.locator("#changelist-actions button[type=submit]")
        expect(run).to_be_in_viewport(ratio=1)
        keep(page, f"actions-{width}")
        if width >= 1024:
            page.locator(".desk-scroll").evaluate("one => one.scrollTo(400, 400)")
            expect(page.get_by_role("columnheader", name="Reference")).to_be_in_viewport()
            keep(page, f"scrolled-{width}")
        run.click()
        expect(page.get_by_text("those that were ticked")).to_be_visible()
