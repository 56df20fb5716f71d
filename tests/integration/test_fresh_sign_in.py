"""What weighs asks again who is there. What was sent is neither done nor sent again."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from activation.checks.models import ApiClient
from config.signing_in import fresh
from tests.signing_in_world import PASSWORD, list_kinds, make_officer, sign_in

pytestmark = pytest.mark.django_db
USERS, ADD = "/admin/auth/user/", "/admin/auth/user/add/"
NEW = {"username": "mallory", "password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}


@pytest.fixture(autouse=True)
def real(settings: Any) -> None:
    """Take away what lets other tests pass by the sign-in."""
    settings.UNMARKED_SESSIONS_ALLOWED = False


@pytest.fixture
def stale(settings: Any) -> Client:
    """Return a browser whose officer signed in a while ago."""
    make_officer()
    with time_machine.travel(timezone.now() - timedelta(minutes=16)):
        return sign_in()


def list_names() -> set[str]:
    """Return the name of every address of the service."""
    resolver = get_resolver()
    names = {name for name in resolver.reverse_dict if isinstance(name, str)}
    for space, (_, inner) in resolver.namespace_dict.items():
        names |= {f"{space}:{name}" for name in inner.reverse_dict if isinstance(name, str)}
    return names


def test_every_page_that_is_named_exists() -> None:
    named = fresh.PAGES | fresh.POSTS | set(fresh.WITH_NAME)

    assert named - list_names() == set()
    assert {"admin:no_such_page"} - list_names()


def test_what_is_read_asks_for_nothing(stale: Client) -> None:
    assert stale.get("/admin/").status_code == 200
    assert stale.get(USERS).status_code == 200


def test_a_form_that_was_sent_late_is_not_done_and_not_lost_without_a_word(stale: Client) -> None:
    answer = stale.post(ADD, NEW, headers={"referer": f"http://testserver{ADD}"})
    asked = stale.get(answer["Location"])
    back = stale.post(answer["Location"], {"password": PASSWORD})
    page = stale.get(back["Location"])

    assert answer["Location"] == "/account/confirm/?next=%2Fadmin%2Fauth%2Fuser%2Fadd%2F&posted=1"
    assert b"Nothing was done yet" in asked.content
    assert back["Location"] == ADD
    assert fresh.NOTHING_DONE in page.content.decode()
    assert not User.objects.filter(username="mallory").exists()
    assert "sign_in_confirmed" in list_kinds()

    assert stale.post(ADD, NEW).status_code == 302
    assert User.objects.filter(username="mallory").exists()


@pytest.mark.parametrize(
    "referer", ["https://evil.example/admin/", "//evil.example", "http://testserver/privacy/", ""]
)
def test_the_way_back_is_a_page_of_the_admin(stale: Client, referer: str) -> None:
    answer = stale.post(ADD, NEW, headers={"referer": referer})

    assert answer["Location"] == "/account/confirm/?next=%2Fadmin%2F&posted=1"


def test_a_wrong_password_confirms_nothing_and_counts(stale: Client) -> None:
    answer = stale.post("/account/confirm/?next=/admin/", {"password": "wrong"})

    assert answer.status_code == 400
    assert stale.get(ADD).status_code == 302
    assert list_kinds()[-1] == "sign_in_failed"


def test_a_key_for_the_api_is_made_only_by_who_is_there(stale: Client) -> None:
    stale.post("/admin/activation_checks/apiclient/add/", {"name": "shop"})

    assert not ApiClient.objects.exists()


def test_a_fresh_sign_in_is_not_asked_again() -> None:
    make_officer()

    assert sign_in().get(ADD).status_code == 200


def test_mutant_who_forgets_the_middleware_does_it_at_once(settings: Any, stale: Client) -> None:
    """The tests above would see it."""
    settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if "signing_in.fresh" not in one]
    client = Client()
    client.cookies = stale.cookies
    client.post(ADD, NEW)

    assert User.objects.filter(username="mallory").exists()
