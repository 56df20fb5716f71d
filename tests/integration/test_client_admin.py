"""API clients in the admin: found, made, rotated and revoked by officers who may."""

import logging
import re
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from activation.checks import queries, services
from activation.checks.models import ApiClient, ApiKey
from activation.checks.rules import tell_status
from activation.checks.types import NO_LIMITS, ClientStatus, Limits
from consent.ledger.types import Stream
from tests.metered_world import make_key
from tests.trail_world import list_facts

pytestmark = pytest.mark.django_db
LIST = reverse("admin:activation_checks_apiclient_changelist")
ADD = reverse("admin:activation_checks_apiclient_add")
SHOWN_KEY = re.compile(r'id="new_key">(acc_[A-Za-z0-9_-]+)<')
FORM: dict[str, Any] = {"name": "tool", "scopes": ["check"], "days": 90}


def officer(*permissions: str) -> Client:
    """Return the browser of an officer with these permissions on API clients."""
    user = User.objects.create_user("olga", is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(codename__in=[f"{one}_apiclient" for one in permissions])
    )
    browser = Client()
    browser.force_login(user)
    return browser


@pytest.fixture
def browser() -> Client:
    return officer("view", "add", "rotate", "limit", "revoke")


def page_of(step: str) -> str:
    client = ApiClient.objects.get()
    return reverse(f"admin:activation_checks_apiclient_{step}", args=[client.pk])


def shown_key(answer: Any) -> str:
    found = SHOWN_KEY.search(answer.content.decode())
    assert found, answer.content.decode()[-3000:]
    return found[1]


def test_the_key_that_is_made_is_shown_in_the_answer_and_nowhere_else(
    browser: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    assert browser.get(ADD).status_code == 200

    answer = browser.post(ADD, FORM)
    key = shown_key(answer)

    caller = queries.authenticate(key=key, at=timezone.now())
    assert caller is not None
    assert caller.scopes == {"check"}
    assert (caller.name, caller.limits) == ("tool", NO_LIMITS)
    assert "no-store" in answer["Cache-Control"]
    assert answer.status_code == 200
    assert "Location" not in answer
    assert key not in caplog.text
    assert key not in str(dict(browser.session))
    assert key not in str(browser.cookies)
    for address in (LIST, page_of("change"), ADD):
        assert key not in browser.get(address).content.decode()


def test_what_the_form_asks_for_is_what_the_client_gets(browser: Client) -> None:
    sent = {
        **FORM,
        "scopes": ["check", "explain"],
        "purposes": "marketing.email\nmarketing.sms",
        "questions_per_minute": 5,
        "identifiers_per_day": 6,
    }
    caller = queries.authenticate(key=shown_key(browser.post(ADD, sent)), at=timezone.now())

    assert caller is not None
    narrowed = {"consents:write:marketing.email", "consents:write:marketing.sms"}
    assert caller.scopes == {"check", "explain", *narrowed}
    assert caller.limits == Limits(questions_per_minute=5, identifiers_per_day=6)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"scopes": []},
        {"scopes": ["everything"]},
        {"purposes": "Marketing"},
        {"days": 0},
        {"days": 10**6},
        {"questions_per_minute": 0},
        {"is_test": "on", "scopes": ["changes:read"]},
    ],
    ids=str,
)
def test_what_makes_no_sense_is_told_at_the_form_and_makes_nothing(
    browser: Client, changes: dict[str, Any]
) -> None:
    answer = browser.post(ADD, {**FORM, **changes})

    assert answer.status_code == 200
    assert not SHOWN_KEY.search(answer.content.decode())
    assert not ApiClient.objects.exists()


def test_a_name_is_used_once(browser: Client) -> None:
    browser.post(ADD, FORM)

    answer = browser.post(ADD, FORM)

    assert "there is a key named" in answer.content.decode()
    assert ApiKey.objects.count() == 1


def test_a_test_key_can_be_made_too(browser: Client) -> None:
    assert shown_key(browser.post(ADD, {**FORM, "is_test": "on"})).startswith("acc_test_")


def test_a_rotation_asks_first_and_then_shows_the_next_key(browser: Client) -> None:
    old = make_key().key
    assert browser.get(page_of("rotate")).status_code == 200
    assert ApiKey.objects.count() == 1

    new = shown_key(browser.post(page_of("rotate"), {"overlap_hours": "1.5", "days": "30"}))

    now = timezone.now()
    for hours, works in ((0, [True, True]), (1.6, [False, True])):
        at = now + timedelta(hours=hours)
        assert [queries.authenticate(key=key, at=at) is not None for key in (old, new)] == works


@pytest.mark.parametrize("overlap", ["-1", "nan", "inf", "99999", ""])
def test_an_overlap_that_makes_no_sense_rotates_nothing(browser: Client, overlap: str) -> None:
    make_key()

    browser.post(page_of("rotate"), {"overlap_hours": overlap, "days": "30"})

    assert ApiKey.objects.count() == 1


def test_revoking_asks_first_and_ends_every_key(browser: Client) -> None:
    key = make_key().key
    assert browser.get(page_of("revoke")).status_code == 200
    assert queries.authenticate(key=key, at=timezone.now()) is not None

    answer = browser.post(page_of("revoke"), follow=True)

    assert queries.authenticate(key=key, at=timezone.now()) is None
    assert "is revoked" in answer.content.decode()
    assert (
        "was revoked" in browser.post(page_of("rotate"), {"overlap_hours": "1", "days": "1"}).content.decode()
    )
    assert ApiKey.objects.count() == 1


def test_the_audit_stream_names_the_officer(browser: Client) -> None:
    shown_key(browser.post(ADD, FORM))
    shown_key(browser.post(page_of("rotate"), {"overlap_hours": "1", "days": "1"}))
    browser.post(page_of("revoke"))

    entries = list_facts(Stream.AUDIT)

    assert [entry.kind for entry in entries] == ["api_client_made", "api_key_rotated", "api_client_revoked"]
    named = f'"by":"officer {User.objects.get().pk}"'.encode()
    assert all(named in entry.envelope for entry in entries)


def test_limits_change_while_the_keys_go_on(browser: Client) -> None:
    key = make_key().key
    page = page_of("limit")
    assert "60000" in browser.get(page).content.decode()

    for sent in ({"questions_per_minute": "0"}, {"identifiers_per_day": "many"}):
        assert browser.post(page, sent).status_code == 200
    browser.post(page, {"questions_per_minute": "7", "identifiers_per_day": ""})

    caller = queries.authenticate(key=key, at=timezone.now())
    assert caller is not None
    assert caller.limits == Limits(questions_per_minute=7, identifiers_per_day=None)
    assert [entry.kind for entry in list_facts(Stream.AUDIT)] == [
        "api_client_made",
        "api_client_limited",
    ]


@pytest.mark.parametrize("permission", ["view", "add", "rotate", "limit", "revoke"])
def test_each_step_needs_its_own_permission(permission: str) -> None:
    make_key("first")
    browser = officer("view", permission) if permission != "view" else officer("view")
    pages = {"add": ADD, **{step: page_of(step) for step in ("rotate", "limit", "revoke")}}
    sent: dict[str, dict[str, Any]] = {
        "add": {**FORM, "name": "second"},
        "rotate": {"overlap_hours": "1", "days": "1"},
        "limit": {"questions_per_minute": "7", "identifiers_per_day": "7"},
        "revoke": {},
    }

    statuses = {step: browser.post(page, sent[step]).status_code for step, page in pages.items()}

    assert [step for step, status in statuses.items() if status != 403] == (
        [permission] if permission != "view" else []
    )
    assert ApiKey.objects.count() == (2 if permission in {"add", "rotate"} else 1)
    assert ApiClient.objects.filter(identifiers_per_day=7).exists() is (permission == "limit")
    assert ApiClient.objects.filter(revoked_at__isnull=False).exists() is (permission == "revoke")


def test_nobody_edits_or_deletes_a_client(browser: Client) -> None:
    make_key()
    client = ApiClient.objects.get()

    assert browser.post(page_of("change"), {"name": "other"}).status_code == 403
    assert browser.post(page_of("delete"), {"post": "yes"}).status_code == 403
    client.refresh_from_db()
    assert client.name == "tool"


def test_a_client_that_is_not_there_is_not_found(browser: Client) -> None:
    make_key()
    missing = page_of("rotate").replace(f"/{ApiClient.objects.get().pk}/", "/999999/")

    assert browser.get(missing).status_code == 404


STANDS = {
    "fresh": ("active", timedelta(days=90), False),
    "ending": ("expiring soon", timedelta(days=3), False),
    "over": ("expired", timedelta(seconds=0), False),
    "gone": ("revoked", timedelta(days=90), True),
}


def make_each() -> None:
    now = timezone.now()
    for name, (_, valid_for, is_revoked) in STANDS.items():
        services.make_client(name=name, scopes=["check"], at=now, valid_for=valid_for)
        if is_revoked:
            services.revoke_key(name=name, at=now)


def test_the_list_says_in_words_how_each_client_stands_and_when_it_was_used(browser: Client) -> None:
    make_each()
    key = ApiKey.objects.get(client__name="fresh")
    ApiKey.objects.filter(pk=key.pk).update(last_used_at=timezone.now().replace(year=2026, month=3, day=4))

    text = browser.get(LIST).content.decode()

    for word, _, _ in STANDS.values():
        assert word in text
    assert "2026-03-04" in text
    assert (
        "2026-03-04"
        in browser.get(
            reverse("admin:activation_checks_apiclient_change", args=[key.client_id])
        ).content.decode()
    )


@pytest.mark.parametrize("name", STANDS)
def test_the_filter_and_the_search_find_each(browser: Client, name: str) -> None:
    make_each()
    status = ClientStatus(STANDS[name][0]).name.lower()

    for query in ({"status": status}, {"q": name}):
        found = browser.get(LIST, query).context["cl"].queryset
        assert [client.name for client in found] == [name]
    assert browser.get(LIST, {"status": "nonsense"}).status_code == 200


def test_a_status_in_words_and_in_sql_are_one() -> None:
    make_each()
    services.rotate_key(name="over", at=timezone.now(), overlap=timedelta(0))
    clients: list[Any] = list(ApiClient.objects.with_keys())
    days = (-1, 0, 1, 3, 13, 14, 75, 76, 77, 90, 91)

    for status, day in product(ClientStatus, days):
        at = timezone.now() + timedelta(days=day)
        said = {
            one.name
            for one in clients
            if tell_status(revoked_at=one.revoked_at, ends_at=one.ends_at, at=at) is status
        }
        found = ApiClient.objects.with_keys().in_status(status, at=at)
        assert {one.name for one in found} == said


def test_a_rotated_out_key_leaves_its_client_active(browser: Client) -> None:
    services.make_client(name="over", scopes=["check"], at=timezone.now(), valid_for=timedelta(0))
    services.rotate_key(name="over", at=timezone.now())

    assert [one.name for one in browser.get(LIST, {"status": "active"}).context["cl"].queryset] == ["over"]
