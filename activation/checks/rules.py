"""The form of an API key and of its scopes. Pure."""

import hashlib
import re
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from activation.checks.types import NARROWED, TEST_SCOPES, ClientStatus, Scope
from consent.kernel.errors import AccordantError

PREFIX = "acc_"
"""So that a key found in a log or a repository is known for what it is."""
TEST_PREFIX = "acc_test_"
"""The same, of a key that is answered from the example data only."""

SOON = timedelta(days=14)
"""A client whose last key ends within this time should get another one."""
MAX_SCOPE = 250
_PURPOSE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")


class MalformedScope(AccordantError):
    """What was given is no scope, or none that the client may have."""

    code = "malformed_scope"


class TestKeyRefused(AccordantError):
    """A test key asked for something else than a decision on the example data."""

    code = "test_key"
    status = 403
    __test__ = False  # its name is no test's


def new_key(*, is_test: bool = False) -> str:
    """Return a new key: the prefix and 256 random bits."""
    return (TEST_PREFIX if is_test else PREFIX) + secrets.token_urlsafe(32)


def hash_key(key: str) -> bytes:
    """Return what is kept of `key`."""
    return hashlib.sha256(key.encode()).digest()


def read_scopes(given: Iterable[str], *, is_test: bool = False) -> list[str]:
    """Return the scopes in order, each once.

    :raises MalformedScope: if one is no scope, or none that a test key may have; or if there are none.
    """
    scopes = sorted({_read_scope(str(one)) for one in given})
    if not scopes:
        raise MalformedScope("name a scope: a client without one can do nothing")
    if is_test and (others := [one for one in scopes if one not in TEST_SCOPES]):
        raise MalformedScope(f"a test key writes and reads nothing real: it cannot have {', '.join(others)}")
    return scopes


def _read_scope(text: str) -> str:
    purpose = text.removeprefix(NARROWED)
    if len(text) <= MAX_SCOPE and purpose != text and _PURPOSE.fullmatch(purpose):
        return text
    try:
        return Scope(text).value
    except ValueError:
        raise MalformedScope(
            f"{text[:MAX_SCOPE]!r} is no scope: use {', '.join(Scope)}, or {NARROWED}<purpose>"
        ) from None


def tell_status(*, revoked_at: datetime | None, ends_at: datetime | None, at: datetime) -> ClientStatus:
    """Return where a client stands at `at` whose last key ends at `ends_at`."""
    if revoked_at is not None:
        return ClientStatus.REVOKED
    if ends_at is None or ends_at <= at:
        return ClientStatus.EXPIRED
    return ClientStatus.EXPIRING if ends_at <= at + SOON else ClientStatus.ACTIVE
