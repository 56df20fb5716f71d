"""How often a password may be wrong: by the name that was typed, and by the network that it came from.

django-axes counts in the database. What was typed is kept as a keyed hash only: people type passwords there.
"""

import hmac
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from config.signing_in.telling import tell
from consent.network.visitors import find_network

Credentials = Mapping[str, Any] | None


def hash_name(name: str) -> str:
    """Return what attempts for `name` are counted under, whether an account has it or not."""
    key = settings.SECRET_KEY.encode()
    return hmac.new(key, f"sign-in name:{name.strip().casefold()}".encode(), sha256).hexdigest()


def find_name(request: HttpRequest, credentials: Credentials) -> str:
    """Return the hash of the name that is tried (`AXES_USERNAME_CALLABLE`)."""
    name = (credentials or {}).get("username") or request.POST.get("username", "")
    return hash_name(str(name))


def find_address(request: HttpRequest) -> str | None:
    """Return the network that a request comes from as an address (`AXES_CLIENT_IP_CALLABLE`)."""
    network = find_network(request.META, proxies=settings.PROXIES)
    return None if network == "unknown" else network.partition("/")[0]


class Handler(AxesDatabaseHandler):  # type: ignore[misc]  # axes has no types
    """Counts by name and by network, with a limit for each: many officers may share one network."""

    def get_failures(self, request: HttpRequest, credentials: Any = None) -> int:
        """Return the larger of both counts, by the scale of names."""
        counts = [
            attempts.aggregate(sum=Sum("failures_since_start"))["sum"] or 0
            for attempts in self.get_user_attempts(request, credentials)
        ]
        by_name, by_network = counts
        return max(by_name, by_network * settings.AXES_FAILURE_LIMIT // settings.SIGN_IN_FAILURES_BY_NETWORK)

    def reset_user_attempts(self, request: HttpRequest, credentials: Any = None) -> int:
        """Forget the failures of the name that signed in; the network's stay: others are behind it too."""
        return forgive_name_hash(find_name(request, credentials))


def forgive_name_hash(hashed: str) -> int:
    """Forget the failures under a name's hash, and return how many rows that were."""
    deleted, _ = AccessAttempt.objects.filter(username=hashed).delete()
    return int(deleted)


def refuse(
    request: HttpRequest, response: HttpResponse | None = None, credentials: Credentials = None
) -> HttpResponse:
    """Answer who is locked out: the same whether an account has the name or not (`AXES_LOCKOUT_CALLABLE`)."""
    del response, credentials
    if getattr(request, "axes_failures_since_start", None) is not None:  # this failure was the last one
        tell("sign_in_locked")
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    return render(request, "signing_in/locked.html", {"minutes": minutes}, status=429)
