"""Passwords that are sent all at once, against a real database: no more are looked at than one by one."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from threading import Barrier
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.conf import settings as configured
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client

from tests.signing_in_world import PASSWORD, make_officer, send_password

PARALLEL = 16
LIMIT = configured.AXES_FAILURE_LIMIT
PATIENCE = 60.0  # seconds until a test that hangs fails


def send_at_once(send: Callable[[int], Any]) -> list[int]:
    """Send so many tries in threads that begin together, and return how each was answered."""
    ready = Barrier(PARALLEL)

    def work(place: int) -> int:
        ready.wait(PATIENCE)
        try:
            return int(send(place).status_code)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(PARALLEL) as threads:
        return sorted(threads.map(work, range(PARALLEL)))


def wrong_for_one_name(place: int) -> Any:
    """Try one name, each time from another network."""
    return send_password(Client(REMOTE_ADDR=f"198.51.100.{place}"), "olga", "wrong")


def wrong_from_one_network(place: int) -> Any:
    """Try one name after the other, all from one network."""
    return send_password(Client(), f"officer-{place}", "wrong")


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list that grows with each password that is looked at."""
    found: list[str] = []
    plain = ModelBackend.authenticate

    def note(self: ModelBackend, request: Any, **credentials: Any) -> Any:
        found.append(credentials["username"])
        return plain(self, request, **credentials)

    monkeypatch.setattr(ModelBackend, "authenticate", note)
    return found


@pytest.mark.usefixtures("committed_database")
def test_no_more_passwords_are_looked_at_for_a_name_than_its_limit(looked_at: list[str]) -> None:
    make_officer()

    answers = send_at_once(wrong_for_one_name)

    assert len(looked_at) == LIMIT
    assert answers.count(429) == PARALLEL - LIMIT + 1  # the last failure is told of the lock, too


@pytest.mark.usefixtures("committed_database")
def test_no_more_passwords_are_looked_at_from_a_network_than_its_limit(
    looked_at: list[str], settings: Any
) -> None:
    settings.SIGN_IN_FAILURES_BY_NETWORK = LIMIT

    send_at_once(wrong_from_one_network)

    assert len(looked_at) == LIMIT


@pytest.mark.usefixtures("committed_database")
def test_mutant_without_turns_lets_all_of_them_be_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """All sixteen stand before the password at one time: the tests above would see it."""
    together = Barrier(PARALLEL)
    monkeypatch.setattr("config.signing_in.accounts.taking_turns", lambda *_: nullcontext())
    monkeypatch.setattr(ModelBackend, "authenticate", lambda *_, **__: together.wait(PATIENCE) and None)

    send_at_once(wrong_for_one_name)

    assert AccessAttempt.objects.count() > LIMIT


@pytest.mark.django_db
def test_many_officers_of_one_network_sign_in_beside_somebody_who_is_locked_out() -> None:
    make_officer()
    make_officer("otto")
    for _ in range(LIMIT):
        send_password(Client(), "olga", "wrong")

    assert send_password(Client(), "olga").status_code == 429
    assert send_password(Client(), "otto").status_code == 302


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("proxies", "counted"), [(0, "10.0.0.1"), (1, "203.0.113.9"), (2, "198.51.100.7"), (3, "10.0.0.1")]
)
def test_the_network_is_counted_behind_our_proxies_and_not_as_the_caller_says(
    settings: Any, proxies: int, counted: str
) -> None:
    settings.PROXIES = proxies

    client = Client(REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="198.51.100.7, 203.0.113.9")
    send_password(client, "olga", "wrong")

    assert AccessAttempt.objects.get().ip_address == counted


@pytest.mark.django_db
def test_a_password_for_a_name_that_nobody_has_is_hashed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    make_officer()
    make_officer("gone", is_active=False)
    User.objects.create_user("single", is_staff=True)
    hashed: list[str] = []
    plain = MD5PasswordHasher.encode

    def note(hasher: MD5PasswordHasher, password: str, salt: str) -> str:
        hashed.append(password)
        return str(plain(hasher, password, salt))

    monkeypatch.setattr(MD5PasswordHasher, "encode", note)
    counts = {}

    for name in ("olga", "gone", "single", "nobody"):
        hashed.clear()
        send_password(Client(), name, PASSWORD[::-1])
        counts[name] = len(hashed)

    assert set(counts.values()) == {1}
