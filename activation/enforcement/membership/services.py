"""Writes of what destinations hold."""

import secrets
from collections.abc import Collection
from datetime import datetime

from activation.enforcement.membership.models import Holding
from activation.enforcement.membership.types import Name
from consent.keys import services as keys


def forget(*, holding_id: int, gone: Collection[Name], held_before: datetime | None = None) -> int:  # noqa: ARG001 - to come
    """Forget these people of the holding, and return how many were there."""
    return 0


def open_holding(*, destination: str, audience: str, purpose: str, controller: str) -> int:
    """Return the holding of these."""
    sealed = keys.seal_secret(secrets.token_hex(32), name="holding")
    made, _ = Holding.objects.get_or_create(
        destination=destination,
        audience=audience,
        purpose=purpose,
        controller=controller,
        defaults={"kek_version": sealed.version, "wrapped": sealed.wrapped, "sealed": sealed.sealed},
    )
    return made.pk
