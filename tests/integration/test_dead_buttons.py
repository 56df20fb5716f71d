"""Nobody is shown what is closed to them: each role walks every link and form that its pages offer."""

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import Resolver404, resolve

from config.roles.declared import PRIVACY_OFFICER, ROLES, Role
from config.roles.pages import by_name, find_page
from tests.acceptance.test_requests_workspace import fill_queue
from tests.admin_walk import make_officer_of
from tests.enforcement_world import make_world, write_csv
from tests.policy_officers import make_officer, make_submitted
from tests.tracing_world import send

pytestmark = pytest.mark.django_db
HOME, LEAVING = "/admin/", "/admin/logout/"
DEAD = {403, 404, 405, 500}
SENDING = {"button": "submit", "input": "text"}
"""What sends a form, and its type if it does not say."""
Offer = tuple[str, str]
"""How, and what, is asked if somebody clicks."""


class Offers(HTMLParser):
    """Collects what a page offers to click: links, forms and htmx's buttons."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.page, self.found = page, set[Offer]()
        self._form: Offer = ("GET", page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Note what the tag offers."""
        named = {name: value or "" for name, value in attributes}
        if tag == "a" and "href" in named:
            self._note("GET", named["href"])
        if tag == "form":
            self._form = named.get("method", "get").upper(), named.get("action", "")
        if tag in SENDING and named.get("type", SENDING[tag]) == "submit":  # a form without one is only shown
            self._note(*self._form)
        if "formaction" in named:
            self._note("POST", named["formaction"])
        for method in ("get", "post"):
            if f"hx-{method}" in named:
                self._note(method.upper(), named[f"hx-{method}"])

    def _note(self, method: str, address: str) -> None:
        parts = urlsplit(urljoin(self.page, address))
        if parts.path.startswith(HOME) and not parts.netloc and parts.path != LEAVING:
            self.found.add((method, f"{parts.path}?{parts.query}" if parts.query else parts.path))


def walk(client: Client) -> Iterator[tuple[str, int, str]]:
    """Ask for everything that is offered, each kind of page once; yield what is dead, and where it stood."""
    waiting, seen = [("GET", HOME, "")], set[Any]()
    while waiting:
        method, address, source = waiting.pop(0)
        if (key := name(method, address)) in seen:
            continue
        seen.add(key)
        with transaction.atomic():
            answer = client.generic(method, address)
            transaction.set_rollback(True)
        if answer.status_code in DEAD:
            yield f"{method} {address}", answer.status_code, source
        if method == "GET" and "text/html" in answer.headers.get("Content-Type", ""):
            offers = Offers(address)
            offers.feed(answer.content.decode())
            waiting += [(how, what, address) for how, what in sorted(offers.found)]
    assert len(seen) > 10


def name(method: str, address: str) -> Any:
    """Return what tells apart the kinds of pages: two rows of one list are one kind."""
    try:
        match = resolve(urlsplit(address).path)
    except Resolver404:
        return method, address
    page = find_page(match.url_name or "", match.kwargs)
    fixed = tuple(sorted(page.need.arguments.items())) if page else ()
    app = match.kwargs.get("app_label"), match.kwargs.get("page")
    return method, match.view_name, fixed, app


@pytest.fixture
def _world(tmp_path: Path) -> None:
    make_world()
    write_csv(tmp_path)
    send(tmp_path)
    fill_queue(make_officer("ada"))
    make_submitted(key="second")


@pytest.mark.usefixtures("_world")
@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.slug)
def test_whatever_a_role_is_offered_is_open_to_it(client: Client, role: Role) -> None:
    client.force_login(make_officer_of(role, name="walker"))

    assert list(walk(client)) == []


@pytest.mark.usefixtures("_world")
def test_mutant_that_closes_a_page_of_the_sidebar_leaves_a_dead_link(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test above would see it."""
    client.force_login(make_officer_of(PRIVACY_OFFICER))
    others = {
        name: pages for name, pages in by_name().items() if name != "consent_policies_purpose_changelist"
    }
    monkeypatch.setattr(f"{settings.MIDDLEWARE[-1].rpartition('.')[0]}.by_name", lambda: others)

    assert next(walk(client)) == ("GET /admin/consent_policies/purpose/", 403, HOME)
