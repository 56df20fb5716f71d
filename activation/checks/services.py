"""Writes of the consent-check API: its clients and their keys, and decisions that are kept."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from activation.checks.keeping import settle
from activation.checks.kept import Form
from activation.checks.metering import flush_usage, note_use
from activation.checks.models import ApiClient, ApiKey
from activation.checks.rules import TestKeyRefused, hash_key, new_key, read_scopes
from activation.checks.types import Limits, NewKey
from consent.kernel.errors import AccordantError
from consent.ledger import services as ledger
from consent.ledger.types import NewEntry, Stream, rfc3339

__all__ = [
    "ClientRevoked",
    "Form",
    "KeyNameTaken",
    "KeyNotFound",
    "TestKeyRefused",
    "create_key",
    "flush_usage",
    "make_client",
    "note_use",
    "revoke_key",
    "rotate_key",
    "set_limits",
    "settle",
]

KEY_VALID_FOR = timedelta(days=90)
OVERLAP = timedelta(hours=24)
COMMAND_LINE = "command line"


class KeyNameTaken(AccordantError):
    """Another client has this name."""

    code = "key_name_taken"
    status = 409


class KeyNotFound(AccordantError):
    """No client has this name."""

    code = "key_not_found"
    status = 404


class ClientRevoked(AccordantError):
    """The client was revoked, and gets no new key."""

    code = "client_revoked"
    status = 409


@transaction.atomic
def make_client(
    *,
    name: str,
    scopes: Iterable[str],
    at: datetime,
    valid_for: timedelta = KEY_VALID_FOR,
    limits: Limits | None = None,
    is_test: bool = False,
    made_by: str = COMMAND_LINE,
) -> NewKey:
    """Make a client with its first key and return the key. This is the only time it can be seen.

    :raises MalformedScope: if one of the scopes is none, or none that a test key may have.
    :raises KeyNameTaken: if another client has this name.
    """
    limits = limits or Limits()
    held = read_scopes(scopes, is_test=is_test)
    try:
        with transaction.atomic():
            client = ApiClient.objects.create(
                name=name,
                scopes=held,
                is_test=is_test,
                questions_per_minute=limits.questions_per_minute,
                identifiers_per_day=limits.identifiers_per_day,
                created_at=at,
            )
    except IntegrityError as error:
        raise KeyNameTaken(f"there is a key named {name!r}: revoke it or choose another name") from error
    made = _make_key(client, valid_for=valid_for, at=at)
    facts = {"scopes": held, "is_test": is_test, "expires_at": rfc3339(made.expires_at), **_told(limits)}
    _tell("api_client_made", client, at=at, by=made_by, key=made.key_id, **facts)
    return made


def create_key(
    *,
    name: str,
    scopes: Iterable[str],
    valid_for: timedelta,
    at: datetime,
    limits: Limits | None = None,
    is_test: bool = False,
) -> str:
    """Make a client as `make_client` does, and return its key alone.

    :raises MalformedScope, KeyNameTaken: as `make_client` does.
    """
    made = make_client(name=name, scopes=scopes, at=at, valid_for=valid_for, limits=limits, is_test=is_test)
    return made.key


@transaction.atomic
def rotate_key(
    *,
    name: str,
    at: datetime,
    overlap: timedelta = OVERLAP,
    valid_for: timedelta = KEY_VALID_FOR,
    made_by: str = COMMAND_LINE,
) -> NewKey:
    """Give the client another key and return it; the ones it had end with the overlap, or earlier.

    This is the only time that the new key can be seen. An overlap of nothing ends the old ones at once.

    :raises KeyNotFound: if no client has this name. :raises ClientRevoked: if it was revoked.
    """
    client = _lock(name)
    if client.revoked_at is not None:
        raise ClientRevoked(f"{name!r} was revoked: make a new client instead")
    ends_at = at + overlap
    client.keys.filter(expires_at__gt=ends_at).update(expires_at=ends_at)
    made = _make_key(client, valid_for=valid_for, at=at)
    facts = {"expires_at": rfc3339(made.expires_at), "others_end_at": rfc3339(ends_at)}
    _tell("api_key_rotated", client, at=at, by=made_by, key=made.key_id, **facts)
    return made


@transaction.atomic
def revoke_key(*, name: str, at: datetime, made_by: str = COMMAND_LINE) -> None:
    """End a client, and every key it has, at once. One already revoked stays as it is.

    :raises KeyNotFound: if no client has this name.
    """
    client = _lock(name)
    if client.revoked_at is None:
        ApiClient.objects.filter(pk=client.pk).update(revoked_at=at)
        _tell("api_client_revoked", client, at=at, by=made_by)


@transaction.atomic
def set_limits(*, name: str, limits: Limits, at: datetime, made_by: str = COMMAND_LINE) -> None:
    """Hold a client to other limits: from its next question on, and in the check server within a second.

    What it has asked about today stays counted.

    :raises KeyNotFound: if no client has this name.
    """
    client = _lock(name)
    if client.limits != limits:
        ApiClient.objects.filter(pk=client.pk).update(**_told(limits))
        _tell("api_client_limited", client, at=at, by=made_by, **_told(limits))


def _lock(name: str) -> ApiClient:
    client = ApiClient.objects.select_for_update().filter(name=name).first()
    if client is None:
        raise KeyNotFound(f"there is no key named {name!r}")
    return client


def _make_key(client: ApiClient, *, valid_for: timedelta, at: datetime) -> NewKey:
    key, expires_at = new_key(is_test=client.is_test), at + valid_for
    row = ApiKey.objects.create(client=client, key_hash=hash_key(key), created_at=at, expires_at=expires_at)
    return NewKey(client_id=client.pk, key_id=row.pk, expires_at=expires_at, key=key)


def _told(limits: Limits) -> dict[str, int | None]:
    return {
        "questions_per_minute": limits.questions_per_minute,
        "identifiers_per_day": limits.identifiers_per_day,
    }


def _tell(kind: str, client: ApiClient, *, at: datetime, by: str, **facts: object) -> None:
    body = {"client": client.pk, "name": client.name, "by": by, "at": rfc3339(at), **facts}
    ledger.append(stream=Stream.AUDIT, entries=[NewEntry(kind, body)])
