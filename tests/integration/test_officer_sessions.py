"""How long sessions last, how they are listed, and how they are ended."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from config.signing_in import tasks
from config.signing_in.browsers import tell_browser
from tests.signing_in_world import PASSWORD, list_kinds, list_told, make_officer, sign_in

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture(autouse=True)
def real(settings: Any) -> None:
    """Take away what lets other tests pass by the sign-in."""
    settings.UNMARKED_SESSIONS_ALLOWED = False


def is_in(client: Client) -> bool:
    """Return whether the browser is signed in."""
    return client.get("/admin/auth/user/").status_code == 200


def test_a_session_that_lay_idle_is_over_and_one_that_is_used_is_not() -> None:
    make_officer()
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        used, idle = sign_in(), sign_in()
        for minutes in (50, 100, 150):
            clock.move_to(start + timedelta(minutes=minutes))
            assert is_in(used)

        assert not is_in(idle)
    assert "session_over" in list_kinds()


def test_a_session_ends_after_its_time_however_much_it_is_used() -> None:
    make_officer()
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        client = sign_in()
        for minutes in range(0, 479, 50):
            clock.move_to(start + timedelta(minutes=minutes))
            assert is_in(client)
        clock.move_to(start + timedelta(hours=8))

        assert not is_in(client)


def test_who_signs_out_is_out_and_that_is_told() -> None:
    officer = make_officer()
    client = sign_in()
    key = client.session.session_key

    client.post("/account/logout/")

    assert not is_in(client)
    assert ("signed_out", {"officer": officer.pk}) in list_told()
    assert not Session.objects.filter(session_key=key).exists()


def test_a_session_that_did_not_begin_with_the_sign_in_is_none() -> None:
    client = Client()
    client.force_login(make_officer())

    assert not is_in(client)


def test_an_officer_sees_and_ends_own_sessions_only() -> None:
    make_officer()
    make_officer("ruth")
    here, there, ruths = sign_in(), sign_in(headers={"user-agent": FIREFOX}), sign_in("ruth")
    assert is_in(here)
    assert is_in(there)
    assert is_in(ruths)

    page = here.get("/account/sessions/").content.decode()
    assert "Firefox on Linux" in page
    assert page.count("this session") == 1
    assert len(re.findall(r"/account/sessions/\d+/end/", page)) == 2

    foreign = UserSession.objects.get(user__username="ruth")
    assert here.post(f"/account/sessions/{foreign.pk}/end/").status_code == 404
    assert here.post("/account/sessions/end-others/").status_code == 302
    assert (is_in(here), is_in(there), is_in(ruths)) == (True, False, True)
    assert "sessions_ended" in list_kinds()


def test_a_new_password_ends_the_other_sessions_and_keeps_this_one_listed() -> None:
    make_officer()
    here, there = sign_in(), sign_in()
    assert is_in(here)
    new = {"old_password": PASSWORD, "new_password1": "five red kites", "new_password2": "five red kites"}

    assert here.post("/admin/password_change/", new).status_code == 302

    assert (is_in(here), is_in(there)) == (True, False)
    keys = [one.session_key for one in UserSession.objects.purge_and_list(User.objects.get(username="olga"))]
    assert keys == [here.session.session_key]


def test_pages_for_people_and_the_api_ask_nothing_of_officers_sessions(
    django_assert_num_queries: Any,
) -> None:
    make_officer()
    client = sign_in()

    with django_assert_num_queries(0):
        client.get("/healthz")
        client.post("/api/v1/checks", {}, content_type="application/json")


def test_sessions_and_attempts_that_are_over_are_forgotten() -> None:
    make_officer()
    sign_in()
    Session.objects.update(expire_date=timezone.now() - timedelta(days=1))

    tasks.forget_sessions()

    assert tasks.forget_attempts() == 0
    assert not Session.objects.exists()


def test_browsers_are_called_as_people_know_them() -> None:
    assert tell_browser(FIREFOX) == "Firefox on Linux"
    assert tell_browser("curl/8") == "unknown browser"
