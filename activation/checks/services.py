"""Writes of the consent-check API: the keys of its callers, and decisions that are kept."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from activation.checks.keeping import settle
from activation.checks.kept import Form
from activation.checks.models import ApiKey
from activation.checks.rules import hash_key, new_key
from activation.checks.types import Scope
from consent.kernel.errors import AccordantError

__all__ = ["Form", "KeyNameTaken", "KeyNotFound", "create_key", "revoke_key", "settle"]


class KeyNameTaken(AccordantError):
    """Another key has this name."""

    code = "key_name_taken"
    status = 409


class KeyNotFound(AccordantError):
    """No key has this name."""

    code = "key_not_found"
    status = 404


def create_key(*, name: str, scopes: Iterable[Scope], valid_for: timedelta, at: datetime) -> str:
    """Make a key and return it. This is the only time it can be seen.

    :raises KeyNameTaken: if another key has this name.
    """
    key = new_key()
    try:
        with transaction.atomic():
            ApiKey.objects.create(
                name=name,
                key_hash=hash_key(key),
                scopes=sorted(set(scopes)),
                created_at=at,
                expires_at=at + valid_for,
            )
    except IntegrityError as error:
        raise KeyNameTaken(f"there is a key named {name!r}: revoke it or choose another name") from error
    return key


def revoke_key(*, name: str, at: datetime) -> None:
    """End a key at once. One already revoked stays as it is.

    :raises KeyNotFound: if no key has this name.
    """
    if not ApiKey.objects.filter(name=name).exists():
        raise KeyNotFound(f"there is no key named {name!r}")
    ApiKey.objects.filter(name=name, revoked_at__isnull=True).update(revoked_at=at)
