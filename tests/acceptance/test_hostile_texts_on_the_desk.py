"""A hundred hostile texts in every free field of the desk: in a real browser, each of them stays a text.

Every column has as many of them as fit into its first rows, and each of them stands somewhere. What is
planted is in the table; that forms refuse some of it besides is shown by the forms' own tests.
"""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.contrib.auth.models import User
from django.db import connections
from django.db.models import Model
from django.template import engines
from django.test import Client
from django.urls import NoReverseMatch, resolve, reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from activation.desk.lists.models import SavedFilter
from activation.destinations.models import Destination
from consent.requests.models import Request
from tests import graph_world as graph
from tests.acceptance.served import log_in, opened_in, served, started, started_beside_database
from tests.acceptance.test_requests_workspace import fill_queue
from tests.enforcement_world import make_world, publish_policy
from tests.hostile_columns import SHOWN_NOWHERE
from tests.hostile_texts import STORABLE, find_in_answers, find_injected
from tests.hostile_world import COLUMNS, Payloads, find_shown, plant, repeat_visit, write_policy
from tests.integration.conftest import committed_database  # noqa: F401 - a fixture
from tests.person_world import find_one
from tests.workspace_world import do

PURPOSES, QUEUE = "/admin/consent_policies/purpose/", "/admin/consent_requests/request/"
SEEN = ("/admin/", "/admin/activation_desk/personvisit/", "/admin/activation_desk/lineage/", PURPOSES, QUEUE)
"""Pages that are loaded, their scripts with them; of the others the browser reads what is answered."""
CLOSED_PAGES = {"admin:activation_desk_personvisit_change"}
"""Of a look-up that was copied, by which nobody is found: Ada's own is opened below."""
STORY = "R-0000-7K3F"
ASKED = urlencode(
    {
        "why-purpose": STORABLE[0],
        "why-destination": STORABLE[20],
        "why-controller": STORABLE[40],
        "purpose": STORABLE[60],
        "reason": STORABLE[2],
    }
)


@pytest.fixture
def page(
    committed_database: str,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Page]:
    """Return a page of Ada's browser, whose console and dialogs fail the test, on a desk that is hostile."""
    monkeypatch.setattr(settings, "ALLOWED_HOSTS", ["127.0.0.1", "testserver"])
    monkeypatch.setattr("tests.workspace_world.DETAILS", " ".join(STORABLE))
    fill_desk()
    with (
        served() as address,
        started_beside_database(monkeypatch) as browser,
        opened_in(browser, address, session=log_in("ada")) as page,
    ):
        yield page
    connections.close_all()


def fill_desk() -> None:
    """Have a shop with people, a queue and runs, and put a hostile text wherever somebody could write one."""
    ada, payloads = User.objects.create_superuser("ada"), Payloads()
    make_world()
    publish_policy(write_policy(payloads), version=2)
    Destination.objects.update(connector="webhook", connected_at=timezone.now())
    fill_queue(ada)
    SavedFilter.objects.create(owner=ada, page="consent_requests.request", name="x", query="state=all")
    repeat_visit(find_one(name="ada"), 50)
    kept = [one.strip() for one in STORABLE if one.isprintable()]
    assert len(kept) > 80
    graph.send(graph.run_event("hostile", inputs=[graph.dataset(one) for one in kept], outputs=["out"]))
    assert plant(payloads) == []
    assert payloads.used == set(STORABLE)
    User.objects.filter(pk=ada.pk).update(username="ada")


def browse() -> Client:
    """Return Ada's other browser, which runs nothing."""
    client = Client()
    client.force_login(User.objects.get(username="ada"))
    return client


def read_desk(client: Client) -> dict[str, str]:
    """Return by address what the desk's pages say that lead from one to the other: one of each kind."""
    pages: dict[str, str] = {}
    links, kinds = [reverse("admin:index"), *list_rows()], set[str]()
    for link in links:
        kind = resolve(urlsplit(link).path).view_name
        if kind in kinds:
            continue
        kinds.add(kind)
        answer = client.get(link)
        assert answer.status_code < 400 or kind in CLOSED_PAGES, (link, answer.status_code)
        if answer.headers.get("Content-Type", "").startswith("text/html"):
            pages[link] = answer.content.decode()
            links += [unescape(one) for one in re.findall(r'href="(/admin/[^"#]*)"', pages[link])]
    return pages


def list_rows() -> Iterator[str]:
    """Yield the page of one row of every list, where there is one."""
    yield page_of(Request, Request.objects.get(reference=STORY).pk)
    for model in admin.site._registry:
        row = model._base_manager.order_by("pk").first() if model._meta.managed else None
        if row is not None:
            yield page_of(model, row.pk)


def page_of(model: type[Model], pk: object) -> str:
    """Return the address of a row's page; of the list, where rows have none."""
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    try:
        return reverse(f"{name}_change", args=[quote(str(pk))])
    except NoReverseMatch:
        return reverse(f"{name}_changelist")


def test_every_text_stays_a_text_on_every_page_of_the_desk(page: Page) -> None:
    for link in SEEN:
        page.goto(link)
        assert (link, find_injected(page)) == (link, [])
    client = browse()

    pages = read_desk(client)

    assert find_in_answers(page, list(pages.values())) == []
    assert set(COLUMNS) - find_shown(" ".join(pages.values())) <= SHOWN_NOWHERE
    tell_of_a_request(page, client)
    tell_of_a_person(page)


def tell_of_a_request(page: Page, client: Client) -> None:
    """Have a request's sealed texts and notes shown."""
    case = Request.objects.get(reference=STORY)
    for begin in range(0, len(STORABLE), 10):
        assert do(client, case, "note", {"text": " ".join(STORABLE[begin : begin + 10])}).status_code == 302
    page.goto(f"{QUEUE}{case.pk}/change/")
    page.get_by_role("button", name="Show what is sealed").click()
    expect(page.get_by_text("That you looked is on record.")).to_be_visible()
    assert find_injected(page) == []


def tell_of_a_person(page: Page) -> None:
    """Have a person's page ask the engine hostile questions, and search for the texts."""
    page.goto(f"/admin/activation_desk/personvisit/{find_one(name='ada').pk}/change/?{ASKED}")
    assert find_injected(page) == []
    page.goto(f"/admin/activation_desk/personvisit/find/?{ASKED}")
    page.keyboard.press("Control+k")
    page.keyboard.type("data-hostile")
    expect(page.locator("#desk-search-found li").first).to_be_visible()
    assert find_injected(page) == []


@pytest.mark.django_db
def test_a_desk_that_escapes_nothing_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    fill_desk()
    engine: Any = engines["django"]
    monkeypatch.setattr(engine.engine, "autoescape", False)

    careless = browse().get(PURPOSES).content.decode()

    with started() as browser:
        assert find_in_answers(browser.new_page(), [careless])
