"""What weighs asks again who is there. What was sent is neither done nor sent again."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from activation.checks.models import ApiClient
from config.roles.pages import list_addresses
from config.signing_in import fresh
from tests.admin_walk import NOBODY
from tests.signing_in_world import PASSWORD, list_kinds, make_officer, sign_in

pytestmark = pytest.mark.django_db
USERS, ADD = "/admin/auth/user/", "/admin/auth/user/add/"
NEW = {"username": "mallory", "password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}


PUBLISHES_ERASES_EXPORTS_OR_HOLDS_KEYS = re.compile(
    r"_(approve|publish|erase\w*|destroy|export|package|receipt|rotate|revoke|enter_secret|password_change"
    r"|connect(_\w+)?|disconnect|vendor)$"
)
"""What such a page's address ends in: whoever adds one names it in `fresh`."""


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
    named = fresh.PAGES | fresh.POSTS | set(fresh.PARTS)

    assert named - list_names() == set()
    assert {"admin:no_such_page"} - list_names()


def test_no_page_is_left_out_whose_name_says_that_it_publishes_erases_exports_or_holds_keys() -> None:
    names = {name for _, name in list_addresses() if PUBLISHES_ERASES_EXPORTS_OR_HOLDS_KEYS.search(name)}

    assert len(names) > 10
    assert {
        one for one in names if f"admin:{one}" not in fresh.PAGES and not one.endswith(fresh.ENDINGS)
    } == set()


@pytest.mark.parametrize(
    ("page", "arguments", "method"),
    [
        ("activation_desk_savedfilter_export", ["auth.user"], "get"),
        ("activation_desk_savedfilter_export", ["consent_ledger.auditleaf"], "post"),
        ("activation_desk_tracereport_step", [NOBODY, "csv"], "post"),
        ("activation_desk_breachreport_step", [NOBODY, "list"], "post"),
        ("activation_desk_personvisit_receipt", [NOBODY, "record"], "get"),
        ("activation_desk_personvisit_trace", [NOBODY], "post"),
        ("consent_policies_policyversion_approve", [1], "get"),
        ("consent_requests_request_do", [NOBODY, "erase-rest"], "post"),
        ("consent_requests_system_enter_secret", [1], "get"),
        ("axes_accessattempt_delete", [1], "post"),
    ],
)
def test_what_weighs_is_asked_for_first(stale: Client, page: str, arguments: list[Any], method: str) -> None:
    answer = getattr(stale, method)(reverse(f"admin:{page}", args=arguments))

    assert answer.headers.get("Location", "").startswith("/account/confirm/")


def test_other_steps_of_the_same_page_ask_for_nothing(stale: Client) -> None:
    address = reverse("admin:consent_requests_request_do", args=[NOBODY, "note"])

    assert not stale.post(address).headers.get("Location", "").startswith("/account/confirm/")


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


def test_a_dialog_leads_the_whole_page_to_the_question_and_back_to_where_it_was_opened(stale: Client) -> None:
    page = "/admin/consent_policies/policyversion/1/change/"
    headers = {"HX-Request": "true", "referer": f"http://testserver{page}"}

    answer = stale.get("/admin/consent_policies/policyversion/1/approve/", headers=headers)

    assert answer.status_code == 200
    assert answer["HX-Redirect"] == f"/account/confirm/?next={quote(page, safe='')}"


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


def test_mutant_that_forgets_a_name_does_it_at_once(monkeypatch: pytest.MonkeyPatch, stale: Client) -> None:
    """The tests above would see it."""
    monkeypatch.setattr(fresh, "PAGES", fresh.PAGES - {"admin:auth_user_add"})
    stale.post(ADD, NEW)

    assert User.objects.filter(username="mallory").exists()


def test_mutant_who_forgets_the_middleware_does_it_at_once(settings: Any, stale: Client) -> None:
    """The tests above would see it."""
    settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if "signing_in.fresh" not in one]
    client = Client()
    client.cookies = stale.cookies
    client.post(ADD, NEW)

    assert User.objects.filter(username="mallory").exists()
