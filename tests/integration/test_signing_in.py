"""Signing in by password: where it leads, what it tells, and what it does not."""

import re

import pytest
from django.conf import settings as the_settings
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client

from config.signing_in.accounts import AccountAdapter
from tests.signing_in_world import (
    LOGIN,
    PASSWORD,
    list_kinds,
    list_told,
    make_officer,
    send_password,
    sign_in,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def real(settings: pytest.FixtureRequest) -> None:
    """Take away what lets other tests pass by the sign-in."""
    settings.UNMARKED_SESSIONS_ALLOWED = False  # type: ignore[attr-defined]  # pytest-django's


def test_the_admin_leads_to_the_sign_in_and_back_to_where_one_wanted_to_go() -> None:
    make_officer()
    client = Client()

    asked = client.get("/admin/auth/user/", follow=True)
    answer = send_password(client, data={"next": "/admin/auth/user/"})

    assert asked.redirect_chain[-1][0] == "/account/login/?next=%2Fadmin%2Fauth%2Fuser%2F"
    assert answer["Location"] == "/admin/auth/user/"
    assert client.get("/admin/auth/user/").status_code == 200


@pytest.mark.parametrize(
    "next_url",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "http:evil.example",
    ],
)
@pytest.mark.parametrize("way", ["admin", "page", "form", "confirm"])
def test_nobody_is_led_to_a_strange_place(next_url: str, way: str) -> None:
    make_officer()
    client = Client()
    if way == "admin":
        answer = client.get("/admin/login/", {"next": next_url})
    elif way == "page":
        client.get(LOGIN, {"next": next_url})
        answer = send_password(client)
    elif way == "form":
        answer = send_password(client, data={"next": next_url})
    else:
        client = sign_in()
        answer = client.post(f"/account/confirm/?next={next_url}", {"password": PASSWORD})

    assert answer.status_code == 302
    assert answer["Location"] in {"/account/login/", "/admin/"}


def test_mutant_that_believes_the_address_leads_to_a_strange_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above would see it."""
    make_officer()
    monkeypatch.setattr(AccountAdapter, "is_safe_url", lambda *_: True)

    assert (
        send_password(Client(), data={"next": "https://evil.example/"})["Location"] == "https://evil.example/"
    )


@pytest.mark.parametrize("case", ["wrong password", "no such account", "inactive", "no officer"])
def test_whatever_is_wrong_is_answered_alike(case: str) -> None:
    make_officer()
    make_officer("gone", is_active=False)
    User.objects.create_user(username="shopper", password=PASSWORD)
    name = {"no such account": "nobody", "inactive": "gone", "no officer": "shopper"}.get(case, "olga")

    answer = send_password(Client(), name, PASSWORD if case in {"inactive", "no officer"} else "wrong")

    assert answer.status_code == 200
    page = re.sub(
        r'(csrfmiddlewaretoken" value=")[^"]*|value="(olga|nobody|gone|shopper)"', "", answer.content.decode()
    )
    assert "The name or the password is not right." in page
    other = send_password(Client(), "olga", "wrong").content.decode()
    assert page == re.sub(
        r'(csrfmiddlewaretoken" value=")[^"]*|value="(olga|nobody|gone|shopper)"', "", other
    )


def plant_session() -> tuple[Client, str]:
    """Return a browser with a session that somebody else knows, and its key."""
    client = Client()
    session = client.session
    session["planted"] = "yes"
    session.save()
    client.cookies[the_settings.SESSION_COOKIE_NAME] = session.session_key or ""
    return client, session.session_key or ""


def test_the_session_key_changes_at_the_sign_in_so_that_nobody_knows_it_before() -> None:
    make_officer()
    client, planted = plant_session()

    send_password(client)

    assert client.cookies[the_settings.SESSION_COOKIE_NAME].value != planted
    assert client.get("/admin/").status_code == 200


def test_mutant_that_keeps_the_session_key_signs_in_who_planted_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above would see it."""
    make_officer()
    client, planted = plant_session()
    monkeypatch.setattr(SessionStore, "cycle_key", lambda _: None)

    send_password(client)

    assert client.cookies[the_settings.SESSION_COOKIE_NAME].value == planted


def test_sign_ins_and_failures_are_told_without_what_was_typed() -> None:
    officer = make_officer()
    send_password(Client(), "my secret password", "olga")
    send_password(Client(), "olga", "wrong")
    sign_in()

    assert list_told() == [
        ("sign_in_failed", {"officer": None, "by": "password"}),
        ("sign_in_failed", {"officer": officer.pk, "by": "password"}),
        ("signed_in", {"officer": officer.pk, "by": "password", "factor": False}),
    ]


def test_a_name_is_locked_after_ten_failures_whether_an_account_has_it_or_not() -> None:
    make_officer()
    answers = {}
    for place, name in enumerate(("olga", "nobody")):
        for _ in range(10):
            last = send_password(Client(REMOTE_ADDR=f"198.51.100.{place}"), name, "wrong")
        assert last.status_code == 429
        answers[name] = send_password(Client(REMOTE_ADDR="203.0.113.9"), name)

    assert [answer.status_code for answer in answers.values()] == [429, 429]
    assert answers["olga"].content == answers["nobody"].content
    assert list_kinds().count("sign_in_locked") == 2


def test_a_lock_out_ends_by_itself(settings: pytest.FixtureRequest) -> None:
    make_officer()
    for _ in range(10):
        send_password(Client(), "olga", "wrong")
    assert send_password(Client()).status_code == 429
    from axes.models import AccessAttempt  # noqa: PLC0415 - only here
    from django.db.models import F  # noqa: PLC0415

    AccessAttempt.objects.update(attempt_time=F("attempt_time") - settings.AXES_COOLOFF_TIME)  # type: ignore[attr-defined]

    assert send_password(Client()).status_code == 302
