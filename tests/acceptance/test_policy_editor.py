"""How an officer writes a policy, in a real browser: what is typed is saved, and the console stays silent."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connections
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as TimedOut

from consent.policies import queries, services
from consent.policies.document.writing import write_yaml
from consent.policies.models import NoticeVersion, PolicyVersion, Purpose, Rule
from tests.acceptance.served import opened_by, served
from tests.integration.conftest import committed_database  # noqa: F401 - a fixture
from tests.policy_documents import read_retailer
from tests.policy_editor import address_of
from tests.policy_officers import JAN_1

Answer = TypeVar("Answer")


@pytest.fixture
def address(committed_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:  # noqa: F811
    """Serve the admin on a clone of the database, with the retailer's policy as a draft of Ada's."""
    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["127.0.0.1"])
    ada = User.objects.create_superuser("ada")
    services.import_policy(text=write_yaml(read_retailer()), author_id=ada.pk, at=JAN_1)
    with served() as address:
        yield address


@pytest.fixture
def page(address: str) -> Iterator[Page]:
    """Return a page of Ada's browser. Whatever the console complains of, or a dialog, fails the test."""
    with opened_by("ada", address) as page:
        yield page


def keep(page: Page, name: str) -> None:
    """Keep a picture for the docs, if asked to."""
    if folder := os.environ.get("ACCORDANT_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def ask(question: Callable[[], Answer]) -> Answer:
    """Return what the database answers, asked in another thread: the browser's driver has a loop in this."""

    def answer() -> Answer:
        try:
            return question()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(answer).result()


def draft() -> PolicyVersion:
    return ask(lambda: PolicyVersion.objects.get(status="draft"))


def pick(page: Page, field: str, name: str) -> None:
    """Pick a name from a list, as people do: type a part of it, and press Enter."""
    box = page.locator(f"#id_{field} + .select2")
    box.locator("input, textarea").first.fill(name)
    page.locator(".select2-results__option--highlighted").click()


def open_tab(page: Page, tab: str) -> None:
    """Click a tab; those that the window has no room for are in a menu, where one may move meanwhile."""
    link = page.locator(f"a[href='#{tab}_rows']")
    menu = page.locator("#tabs-dropdown").locator("xpath=preceding-sibling::div")
    if page.locator(f"#tabs-dropdown a[href='#{tab}_rows']").count():
        menu.click()
    try:
        link.click(timeout=3000)
    except TimedOut:
        menu.click()
        link.click()


def test_the_title_and_rows_are_changed_on_the_drafts_page(page: Page) -> None:
    page.goto(address_of(draft()))
    keep(page, "editor-version")
    for tab in (
        "controller",
        "policyjurisdiction",
        "datacategory",
        "purpose",
        "requestproperty",
        "rule",
        "notice",
        "destinationpermission",
    ):
        open_tab(page, tab)
        expect(page.locator(f"#{tab}_rows-data")).to_be_visible()
        keep(page, f"editor-tab-{tab}")
    page.click("#tabs-items a[href='#general']")
    page.fill("input[name=title]", "Retail policy")
    page.click("#tabs-items a[href='#purpose_rows']")
    page.fill("input[name=purpose_rows-0-title]", "A new title")
    page.get_by_role("button", name="Save and continue editing").click()

    expect(page.locator("#purpose_rows-data")).to_be_visible()
    assert draft().title == "Retail policy"
    assert ask(lambda: Purpose.objects.filter(title="A new title").exists())


def test_names_are_picked_on_a_rules_page(page: Page) -> None:
    rule = ask(lambda: Rule.objects.order_by("position")[0])
    page.goto(address_of(rule))
    keep(page, "editor-rule")
    pick(page, "purposes", "marketing.post")
    page.get_by_role("button", name="Save and continue editing").click()

    expect(page.get_by_text("was changed successfully")).to_be_visible()
    assert ask(lambda: Rule.objects.get(pk=rule.pk).purposes) == [*rule.purposes, "marketing.post"]
    keep(page, "editor-rule-saved")


def test_a_notices_text_is_changed(page: Page) -> None:
    edition = ask(lambda: NoticeVersion.objects.order_by("pk")[0])
    page.goto(address_of(edition))
    keep(page, "editor-notice")
    page.locator("textarea[name$='-text']").first.fill("What we do.\n\nMore of it.")
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_text("was changed successfully")).to_be_visible()
    assert ask(lambda: edition.texts.filter(text="What we do.\n\nMore of it.").exists())


def test_a_new_purpose_is_added_and_a_mistake_is_told_in_plain_words(page: Page) -> None:
    version = draft()
    page.goto(f"{address_of(version)}#purpose_rows")
    page.get_by_role("link", name="Add purpose").click()
    page.fill("input[name=slug]", "Not A Slug")
    page.fill("input[name=title]", "Surveys")
    page.fill("textarea[name=description]", "Ask you what you think.")
    page.fill("input[name=data_use]", "improve")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Expected a dotted slug").first).to_be_visible()
    keep(page, "editor-purpose-refused")
    page.fill("input[name=slug]", "surveys")
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_text("was added successfully")).to_be_visible()
    document = ask(lambda: queries.get_document(version_id=version.pk)) or {}
    assert "surveys" in document["purposes"]


def test_a_file_with_faults_is_refused_with_all_of_them(page: Page, tmp_path: Path) -> None:
    faulty = tmp_path / "policy.yaml"
    faulty.write_text("schema: accordant/policy/1\npolicy: Shop!\npurposes: {}\n")
    page.goto("/admin/consent_policies/policyversion/")
    page.get_by_role("link", name="Import a policy").click()
    page.set_input_files("input[type=file]", faulty)
    page.get_by_role("button", name="Import", exact=True).click()

    expect(page.get_by_text("Nothing was imported")).to_be_visible()
    keep(page, "editor-import")


def test_what_is_to_mend_is_listed_with_links(page: Page) -> None:
    version = draft()
    ask(lambda: Purpose.objects.filter(slug="advertising.audience").delete())
    ask(lambda: services.seal_draft(version_id=version.pk, officer_id=version.author_id, at=JAN_1))
    page.goto(address_of(draft()))
    keep(page, "editor-to-mend")
    page.locator("section a", has_text="Rule ").first.click()

    expect(page.get_by_text("To mend before review")).to_be_visible()
    keep(page, "editor-to-mend-rule")


def test_a_new_draft_begins_and_a_version_is_downloaded(page: Page) -> None:
    first = draft()
    page.goto(address_of(first))
    page.locator("li > a", has_text="More").click()
    expect(page.locator("a[href$='/compare/']")).to_be_visible()
    keep(page, "editor-more")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as YAML").click()
    assert download.value.suggested_filename == "retailer-1.yaml"
    page.get_by_role("link", name="New draft").click()
    page.get_by_role("button", name="Begin the draft").click()

    expect(page.get_by_text("retailer 2 is a draft with the same text.")).to_be_visible()
    assert ask(lambda: PolicyVersion.objects.get(version=2).digest) == first.digest
