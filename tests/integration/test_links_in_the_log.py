"""A link's token opens something: no line of the log holds one, however the request for it ends."""

import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import Settings

from consent.ledger.queries import get_time
from consent.portal.urls import urlpatterns
from consent.requests.limits.rules import TooMany
from consent.requests.mails.links import make_address, make_link
from consent.requests.types import LinkPurpose
from tests.portal_world import ask, get_newest, open_shop
from tests.preferences_world import one_click_of, page_of

pytestmark = pytest.mark.django_db
VIEWS = "consent.portal.views"
SEALED, KEPT = ("choices/link", "one-click"), ("status/link", "package/link", "confirm/link")
"""Links with their token in the path, and with it in the query."""
MAKERS = {
    "choices/link": "entering.open_link",
    "one-click": "one_click.read_link",
    **dict.fromkeys(KEPT, "linking.find_link"),
}


class Log(logging.Handler):
    """Whatever is logged anywhere, as it would be written."""

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__(logging.NOTSET)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the line, its traceback with it, and what it was made of."""
        self.lines += [self.format(record), repr((record.msg, record.args))]

    def find(self, token: str) -> list[str]:
        """Return the lines that hold the token, or a good part of it."""
        parts = {token[:20], token[20:40], token[-20:]}
        return [one for one in self.lines if any(part in one for part in parts)]


@pytest.fixture
def log() -> Iterator[Log]:
    """Listen to every logger there is, at every level."""
    handler, root = Log(), logging.getLogger()
    loggers = [root, *(logging.getLogger(name) for name in list(root.manager.loggerDict))]
    levels = {one: one.level for one in loggers}
    for one in loggers:
        one.setLevel(logging.DEBUG)
        if one is root or not one.propagate:
            one.addHandler(handler)
    yield handler
    for one, level in levels.items():
        one.setLevel(level)
        one.removeHandler(handler)


@pytest.fixture(autouse=True)
def shop(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://privacy.example"
    open_shop()


@pytest.fixture
def client() -> Client:
    """Return somebody's browser: it reads our defects as pages, and its forms need their token."""
    return Client(raise_request_exception=False, enforce_csrf_checks=True)


def make_path(place: str) -> str:
    """Return the path of a link that stands, its query with it."""
    if place in SEALED:
        return page_of() if place == "choices/link" else one_click_of()
    ask(Client())
    purpose = LinkPurpose(place.partition("/")[0])
    address = make_address(make_link(get_newest(), purpose, at=get_time()), purpose)
    return address.removeprefix("https://privacy.example")


def token_of(path: str) -> str:
    return max(path.replace("=", "/").split("/"), key=len)


def miscopy(path: str) -> dict[str, str]:
    """Return the path as mail programs and people spoil it: the token is in it, and leads nowhere there."""
    return {
        "a slash behind": f"{path}/",
        "two slashes in front": f"//testserver/{path}",
        "something behind": f"{path}).",
        "a space": path.replace("link/", "link/%20").replace("click/", "click/%20").replace("=", "=%20"),
        "escaped": path.replace("link?", "link%3F")
        .replace("link/", "link%2F/")
        .replace("click/", "click%2F/"),
        "elsewhere": path.replace("/privacy/", "/privacy/x/").replace("link?token=", "l/"),
    }


@pytest.mark.parametrize("place", [*SEALED, *KEPT])
def test_following_a_link_leaves_no_token_in_the_log(place: str, client: Client, log: Log) -> None:
    path = make_path(place)
    log.lines.clear()

    statuses = {client.get(path).status_code}
    for how, spoilt in miscopy(path).items():
        statuses.add(status := client.get(spoilt).status_code)
        assert status in {404, 410}, how

    assert log.find(token_of(path)) == []
    assert sum("privacy/" in one for one in log.lines) >= 6
    assert len(statuses) > 1


@pytest.mark.parametrize("place", SEALED)
def test_other_methods_leave_no_token_in_the_log(place: str, client: Client, log: Log) -> None:
    path = make_path(place)

    statuses = {getattr(client, one)(path).status_code for one in ("post", "put", "delete", "options")}

    assert statuses == {405, 403 if place == "choices/link" else 400}
    assert log.find(token_of(path)) == []
    assert any("Method Not Allowed (OPTIONS): /privacy/" in one for one in log.lines)


def test_a_link_whose_time_is_over_leaves_no_token_in_the_log(client: Client, log: Log) -> None:
    path = page_of(expires_at=get_time() - timedelta(seconds=1))

    assert client.get(path).status_code == 410
    assert log.find(token_of(path)) == []
    assert any("Gone: /privacy/" in one for one in log.lines)


@pytest.mark.parametrize("place", MAKERS)
def test_a_defect_of_ours_leaves_no_token_in_the_log(
    place: str, client: Client, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_path(place)

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(f"it broke at {path}")

    monkeypatch.setattr(f"{VIEWS}.{MAKERS[place]}", fail)

    assert client.get(path).status_code == 500
    assert log.find(token_of(path)) == []
    assert any("RuntimeError: it broke at /privacy/" in one for one in log.lines)


def test_one_link_too_many_leaves_no_token_in_the_log(
    client: Client, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise TooMany("too often")

    monkeypatch.setattr(f"{VIEWS}.entering.spend", refuse)
    path = page_of()

    assert client.get(path).status_code == 429
    assert log.find(token_of(path)) == []
    assert any("Too Many Requests: /privacy/" in one for one in log.lines)


def test_every_address_that_holds_a_token_is_looked_at() -> None:
    routes = [str(one.pattern) for one in urlpatterns]

    holding = {one.partition("/<str:token>")[0] for one in routes if "token" in one or one.endswith("/link")}

    assert holding == set(MAKERS)
