"""What outsiders type, and what policies and themes say, stays text in people's browsers."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any
from unicodedata import category

import pytest
from django.db import connections
from django.test import Client
from playwright.sync_api import Page
from pytest_django import Settings

from consent.ledger.queries import get_time
from consent.policies.document.writing import write_yaml
from consent.policies.services import import_policy, publish
from consent.portal.models import Theme
from tests.acceptance.served import opened_in, served, started_beside_database
from tests.embed_world import KEY, SHOP, make_site
from tests.hostile_texts import PAYLOADS, STORABLE, find_in_answers, find_injected
from tests.integration.conftest import committed_database  # noqa: F401 - a fixture
from tests.policy_documents import read_retailer
from tests.policy_officers import approve, make_officer, submit
from tests.portal_world import open_shop, text_of
from tests.preference_pages_world import CHOICES, come_in
from tests.preferences_world import ADDRESS, CODE, OPEN, ask

NEWSLETTER = "marketing.email.newsletter"
TEXTS = tuple("".join(one for one in text if one == "\n" or category(one) != "Cc") for text in PAYLOADS)
"""The same without control characters, which policies refuse."""
LINES = tuple(" ".join(one.split()) for one in TEXTS)
"""The same as titles are: on one line."""


@pytest.fixture(autouse=True)
def unlimited(committed_database: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811 - the clone is there first
    settings.ALLOWED_HOSTS = ["127.0.0.1", "testserver"]
    settings.SMS_BACKEND = "consent.requests.mails.sms.backends.File"
    for view in ("entering", "addresses", "linking"):
        monkeypatch.setattr(f"consent.portal.views.{view}.spend", lambda *_, **__: None)


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """Give a browser's page, whose console and dialogs are listened to, on the served portal."""
    with (
        served() as address,
        started_beside_database(monkeypatch) as browser,
        opened_in(browser, address) as page,
    ):
        yield page
    connections.close_all()


def open_form(payload: str, client: Client) -> Any:
    return client.post(OPEN, {"brand": payload, "email": payload, "phone": payload})


def open_address(payload: str, client: Client) -> Any:
    return client.get(OPEN, {"controller": payload, "language": payload})


def enter_code(payload: str, client: Client) -> Any:
    return client.post(CODE, {"code": payload})


def new_address(payload: str, client: Client) -> Any:
    return client.post(ADDRESS, {"email": payload, "phone": payload})


def new_address_code(payload: str, client: Client) -> Any:
    return client.post(ADDRESS, {"code": payload})


def press_yes(payload: str, client: Client) -> Any:
    return client.post(CHOICES, {"yes": payload}, follow=True)


def press_no(payload: str, client: Client) -> Any:
    return client.post(CHOICES, {"no": payload}, follow=True)


def lose_link(payload: str, client: Client) -> Any:
    return client.post("/privacy/link/", {"reference": "", "email": payload})


def follow_nothing(payload: str, client: Client) -> Any:
    return client.get("/privacy/status/link", {"token": payload, "language": payload})


FORMS: Mapping[str, Callable[[str, Client], Any]] = {
    one.__name__: one
    for one in (
        *(open_form, open_address, enter_code, new_address, new_address_code),
        *(press_yes, press_no, lose_link, follow_nothing),
    )
}
ASKED = {"opt-out": "/privacy/opt-out/"}
NAMES = ("email", "phone", "customer", "name", "country", "brand", "details", "once", "language", "purposes")


def visitor(name: str) -> Client:
    """Return a browser that may send the form: proven where it takes that, and waiting for a code."""
    if name in {"press_yes", "press_no", "new_address", "new_address_code"}:
        return come_in()
    client = Client()
    if name == "enter_code":
        ask(client)
    return client


@pytest.mark.parametrize("name", FORMS)
def test_what_is_typed_into_the_preference_centre_stays_text(name: str, page: Page) -> None:
    open_shop()
    client = visitor(name)

    answers = [FORMS[name](payload, client) for payload in PAYLOADS]

    assert {one.status_code for one in answers} <= {200, 410, 422, 429}
    assert find_in_answers(page, [text_of(one) for one in answers]) == []


@pytest.mark.parametrize("kind", ["access", "rectification", "withdrawal", "opt-out"])
def test_what_is_typed_into_a_request_stays_text(kind: str, page: Page) -> None:
    open_shop()
    client = Client()

    def send(payload: str) -> Any:
        lines = {f"{one}_{n}": payload for one in ("field", "value") for n in range(3)}
        path = ASKED.get(kind, f"/privacy/ask/{kind}/")
        return client.post(path, {**dict.fromkeys(NAMES, payload), **lines})

    answers = [send(payload) for payload in PAYLOADS]

    assert {one.status_code for one in answers} <= {422}
    assert find_in_answers(page, [text_of(one) for one in answers]) == []


def test_the_measure_sees_what_a_careless_page_makes_of_them(page: Page) -> None:
    careless = [f'<input value="{one}"><p>{one}</p><a href="{one}">x</a>' for one in PAYLOADS]

    seen = [one for one, text in zip(PAYLOADS, careless, strict=True) if find_in_answers(page, [text])]

    assert len(seen) >= 80  # the rest is of templates, or of other alphabets


def test_policies_and_notices_that_say_hostile_things_stay_text(page: Page) -> None:
    publish_hostile()
    client = come_in()
    page.goto("/privacy/")
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": page.url}]
    )

    for path in ("", "notices/privacy/4/", "history/", "recipients/", "address/"):
        page.goto(f"{CHOICES}{path}")
        assert find_injected(page) == [], path
        assert page.locator("h1").count() == 1
    page.goto(CHOICES)
    assert page.locator(".purpose").count() > len(LINES)
    page.locator("#choices button[name=no]").first.click()
    page.locator("#said", has_text="Saved").wait_for(state="attached")
    assert find_injected(page) == []
    for path in ("/privacy/ask/withdrawal/", "/privacy/choices/open/"):
        page.goto(path)
        assert find_injected(page) == [], path


def publish_hostile() -> None:
    """Put a policy in force that says hostile things wherever it can say something to people."""
    at = get_time() - timedelta(days=1)
    document = read_retailer()
    model = document["purposes"][NEWSLETTER]
    slugs = [f"{NEWSLETTER}.h{number:03}" for number in range(len(LINES))]
    for slug, line in zip(slugs, LINES, strict=True):
        document["purposes"][slug] = {**model, "title": f"x {line}"[:200], "description": f"x {line}"}
    for rule in document["rules"]:
        if NEWSLETTER in rule["purposes"]:
            rule["purposes"] += slugs
    notice = document["notices"]["privacy"]
    notice["title"] = f"x {LINES[0]}"
    newest = notice["versions"]["3"]
    # Policies refuse notices with markup in them, or addresses that run: what is left is tried.
    told = {
        **newest,
        "purposes": [*newest["purposes"], *slugs],
        "texts": {"en": "\n\n".join(one for one in TEXTS if not set("<:&\uff1c") & set(one))},
    }
    notice["versions"]["4"] = {**told, "published_at": at.strftime("%Y-%m-%dT%H:%M:%SZ")}
    for controller, line in zip(document["controllers"].values(), LINES[20:], strict=False):
        controller["title"] = f"x {line}"
    draft = import_policy(text=write_yaml(document), author_id=make_officer("alice").pk, at=at)
    submit(draft)
    approve(draft)
    publish(version_id=draft.version_id, effective_at=at, at=at)


def test_a_themes_title_stays_text_and_its_values_are_a_closed_list(page: Page) -> None:
    open_shop()
    client, answers = come_in(), []
    theme = Theme.objects.create(controller="northwind", title="x")
    for payload in STORABLE:
        Theme.objects.filter(pk=theme.pk).update(
            title=payload[:100], variables={"accent": payload, payload: payload}
        )
        answers.append(text_of(client.get(f"{CHOICES}address/")))

    assert find_in_answers(page, answers) == []
    assert all("alert(1)" not in one.partition("</style>")[0].partition("<style")[2] for one in answers)


def test_what_a_site_sends_is_told_to_nobody(page: Page) -> None:
    open_shop()
    make_site()
    client = Client(headers={"Origin": SHOP})

    def send(payload: str) -> Any:
        body = {"site": KEY, "device": payload, "choices": {payload: True}, "banner": payload}
        return client.post("/embed/v1/choices", body, content_type="application/json")

    answers = [send(payload) for payload in PAYLOADS]

    assert {one.status_code for one in answers} <= {400, 422}
    assert {one["Content-Type"].partition(";")[0] for one in answers} == {"application/problem+json"}
    assert find_in_answers(page, [text_of(one) for one in answers]) == []
    assert not any("alert(1)" in text_of(one) for one in answers)
