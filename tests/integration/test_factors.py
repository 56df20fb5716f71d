"""Factors: asked for, required, used once, limited, removed and reset."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from config.signing_in import attempts, factors
from config.signing_in.sealing import FactorUnreadable, seal, unseal
from tests.signing_in_world import (
    FACTOR,
    PASSWORD,
    SECRET,
    count_factors,
    give_app,
    list_kinds,
    list_told,
    make_code,
    make_officer,
    send_password,
    sign_in,
)

pytestmark = pytest.mark.django_db
APP = "/account/factors/app/"


@pytest.fixture(autouse=True)
def real(settings: Any) -> None:
    """Take away what lets other tests pass by the sign-in, and require factors."""
    settings.UNMARKED_SESSIONS_ALLOWED = False
    settings.REQUIRE_MFA = True


@pytest.fixture
def officer() -> User:
    """Return an officer with an app."""
    officer = make_officer()
    give_app(officer)
    return officer


def now() -> float:
    """Return the moment, as an app counts it."""
    return timezone.now().timestamp()


def enter(code: str, client: Client | None = None, *, name: str = "olga") -> tuple[Client, Any]:
    """Send the password, then a code; return the browser and the answer."""
    client = client or Client()
    send_password(client, name)
    return client, client.post(FACTOR, {"code": code})


def enrol(client: Client) -> None:
    """Set up an app in the browser, as the page asks it to."""
    client.get(APP)
    session = client.session
    session["mfa.totp.secret"] = SECRET
    session.save()
    assert client.post(APP, {"code": make_code(now())}).status_code == 302


def test_a_password_alone_lets_nobody_in_who_has_a_factor(officer: User) -> None:
    client = Client()
    answer = send_password(client)

    assert answer["Location"] == FACTOR
    assert client.get("/admin/").status_code == 302
    assert "signed_in" not in list_kinds()


def test_the_right_code_lets_in_and_is_told(officer: User) -> None:
    client, answer = enter(make_code(now()))

    assert answer["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200
    assert list_told()[-1] == ("signed_in", {"officer": officer.pk, "by": "password", "factor": True})


def test_a_code_that_was_used_is_worth_nothing(officer: User, settings: Any) -> None:
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}
    }  # another process
    code = make_code(now())
    enter(code)

    client, answer = enter(code)

    assert answer.status_code == 200
    assert client.get("/admin/").status_code == 302


def test_ten_wrong_codes_end_the_tries_and_time_or_an_administrator_begins_them_anew(officer: User) -> None:
    client = Client()
    send_password(client)
    with time_machine.travel(timezone.now(), tick=False):
        for _ in range(10):
            client.post(FACTOR, {"code": "000000"})
        refused = client.post(FACTOR, {"code": make_code(now())})
    assert b"Too many tries" in refused.content
    assert "factor_locked" in list_kinds()

    with time_machine.travel(timezone.now() + attempts.SPAN, tick=False):
        assert attempts.take_attempt(officer_id=officer.pk, at=timezone.now())
        for _ in range(10):
            attempts.take_attempt(officer_id=officer.pk, at=timezone.now())
        assert not attempts.take_attempt(officer_id=officer.pk, at=timezone.now())
        attempts.forgive(officer_id=officer.pk)
        assert attempts.take_attempt(officer_id=officer.pk, at=timezone.now())


def test_without_a_factor_the_admin_leads_to_setting_one_up() -> None:
    make_officer()
    client = sign_in()

    assert client.get("/admin/")["Location"] == "/account/factors/"
    assert client.post("/admin/auth/user/add/", {"username": "mallory"})["Location"] == "/account/factors/"
    assert b"Set up a factor to go on" in client.get("/account/factors/").content
    assert not User.objects.filter(username="mallory").exists()


def test_who_sets_up_an_app_gets_recovery_codes_once_and_is_let_in() -> None:
    make_officer()
    client = sign_in()
    enrol(client)

    first, second = (client.get("/account/factors/recovery-codes/").content.decode() for _ in range(2))

    codes = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()
    assert len(codes) == 10
    assert all(code in first and code not in second for code in codes)
    assert "data:text/plain" in first
    assert client.get("/admin/").status_code == 200
    assert "factor_added" in list_kinds()


def test_a_recovery_code_lets_in_once() -> None:
    make_officer()
    enrol(sign_in())
    code = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()[0]

    assert enter(code)[1].status_code == 302
    assert enter(code)[1].status_code == 200
    assert list_kinds().count("recovery_code_used") == 1


def test_nobody_takes_away_the_last_factor_where_one_is_required(settings: Any) -> None:
    officer = make_officer()
    client = sign_in()
    enrol(client)

    client.post("/account/factors/app/remove/")
    assert count_factors(officer) == 2

    settings.REQUIRE_MFA = False
    client.post("/account/factors/app/remove/")
    assert count_factors(officer) == 0
    assert "factor_removed" in list_kinds()


def test_the_secret_of_an_app_is_sealed_in_the_database_and_outlives_a_new_key(settings: Any) -> None:
    give_app(make_officer())
    kept = Authenticator.objects.get(type="totp").data["secret"]
    assert SECRET not in kept

    old, settings.SECRET_KEY = settings.SECRET_KEY, "another key, of the same length or so, for tests"
    with pytest.raises(FactorUnreadable):
        unseal(kept)
    settings.SECRET_KEY_FALLBACKS = [old]
    assert unseal(kept) == SECRET
    assert unseal(seal("x")) == "x"


def test_an_administrator_resets_anothers_factors_and_sessions_and_never_their_own(officer: User) -> None:
    theirs, _ = enter(make_code(now()))
    by = make_officer("ruth")
    give_app(by)
    client, _ = enter(make_code(now()), name="ruth")

    data = {"action": "reset_factors", "_selected_action": [officer.pk, by.pk]}
    client.post("/admin/auth/user/", data)

    assert (count_factors(officer), count_factors(by)) == (0, 1)
    assert theirs.get("/admin/").status_code == 302
    assert ("factors_reset", {"officer": by.pk, "of": officer.pk, "count": 1}) in list_told()


def test_only_a_superuser_resets_a_superusers_factors(officer: User) -> None:
    clerk = User.objects.create_user(username="clerk", password=PASSWORD, is_staff=True)

    with pytest.raises(factors.FactorsNotYours):
        factors.reset_factors(officer=officer, by=clerk)

    assert count_factors(officer) == 1


def test_times_of_tries_are_counted_from_the_first(officer: User) -> None:
    at = timezone.now()
    assert all(
        attempts.take_attempt(officer_id=officer.pk, at=at + timedelta(minutes=one)) for one in range(10)
    )
    assert not attempts.take_attempt(officer_id=officer.pk, at=at + timedelta(minutes=14))
    assert attempts.take_attempt(officer_id=officer.pk, at=at + timedelta(minutes=15))
