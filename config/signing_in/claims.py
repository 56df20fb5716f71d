"""What an identity provider says of a sign-in there: by what, and when. Pure but for the settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

KEPT = ("amr", "acr", "auth_time")
"""What is kept of a token's claims. Names, addresses and groups are read and not kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Whether the provider asked for a factor, as far as we trust it to, and when the officer proved it."""

    has_factor: bool
    at: datetime | None


def find_proof(claims: Mapping[str, Any]) -> Proof:
    """Return what the claims say. Where we do not trust the provider's factors, it has none."""
    trusted: set[str] = set(settings.SINGLE_SIGN_ON_FACTORS)
    amr = claims.get("amr")
    said = {str(one) for one in amr} if isinstance(amr, list) else set()
    if isinstance(claims.get("acr"), str):
        said.add(claims["acr"])
    return Proof(has_factor=bool(trusted & said), at=_read_moment(claims.get("auth_time")))


def _read_moment(seconds: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, tz=UTC) if type(seconds) is int else None
    except (OverflowError, OSError, ValueError):
        return None
