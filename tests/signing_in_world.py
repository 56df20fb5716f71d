"""Officers who sign in for real: by our page, with a password and a factor."""

import hashlib
import hmac
import json
import struct
from base64 import b32decode
from collections.abc import Mapping
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.models import User
from django.test import Client

from consent.ledger.models import PendingEvent
from consent.ledger.types import Stream

PASSWORD = "four blue lanterns at sea"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
LOGIN, FACTOR, CONFIRM = "/account/login/", "/account/factor/", "/account/confirm/"


def make_officer(name: str = "olga", **fields: Any) -> User:
    """Return an officer who may do everything, with a password."""
    return User.objects.create_superuser(username=name, password=PASSWORD, **fields)


def give_app(officer: User) -> None:
    """Give the officer an app that makes codes."""
    TOTP.activate(officer, SECRET)


def make_code(at: float) -> str:
    """Return what the app shows at a moment (RFC 6238)."""
    digest = hmac.new(b32decode(SECRET), struct.pack(">Q", int(at) // 30), hashlib.sha1).digest()
    start = digest[-1] & 0xF
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 10**6:06}"


def send_password(client: Client, name: str = "olga", password: str = PASSWORD, **more: Any) -> Any:
    """Send the sign-in page's form, and return the answer."""
    return client.post(f"{LOGIN}", {"username": name, "password": password, **more.pop("data", {})}, **more)


def sign_in(name: str = "olga", **more: Any) -> Client:
    """Return a browser in which the officer signed in by password."""
    client = Client(**more)
    assert send_password(client, name).status_code == 302
    return client


def list_told() -> list[tuple[str, Mapping[str, Any]]]:
    """Return what the audit stream was told, in its order."""
    rows = PendingEvent.objects.filter(stream=Stream.AUDIT).order_by("pk")
    return [(row.kind, json.loads(bytes(row.envelope))["body"]) for row in rows]


def list_kinds() -> list[str]:
    """Return the kinds of what was told."""
    return [kind for kind, _ in list_told()]


def count_factors(officer: User) -> int:
    """Return how many factors the officer has."""
    return int(Authenticator.objects.filter(user=officer).count())
