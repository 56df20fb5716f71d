"""Writes that connect a destination to its recipient: settings in clear, credentials sealed.

The ledger learns the settings' digest and the names of the credentials, never what they are.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from django.db import transaction

from activation.destinations import queries
from activation.destinations.kinds.interface import Kind
from activation.destinations.kinds.settings import read_settings
from activation.destinations.models import Destination, DestinationCredential
from activation.destinations.recording import append_event, lock_destination
from activation.destinations.types import (
    ConnectorUnknown,
    DestinationNotConnected,
    MalformedCredentials,
    name_credential,
)
from consent.kernel import canonical
from consent.keys import queries as key_queries
from consent.keys import services as keys
from consent.keys.types import SealedSecret
from consent.ledger.types import rfc3339

_LONGEST_SECRET = 20_000


def connect_destination(
    *,
    slug: str,
    connector: str,
    settings: Mapping[str, Any],
    secrets: Mapping[str, str],
    changed_by: str,
    at: datetime,
) -> None:
    """Connect the destination by the kind `connector`, in place of how it was connected before.

    All credentials are needed anew: else who may change where data goes could send old ones there.

    :raises DestinationNotRegistered: if there is none.
    :raises ConnectorUnknown: if there is no such kind.
    :raises MalformedSettings, MalformedCredentials: if they are not what the kind asks for.
    :raises DeliveryRefused: if they make no sense together, or this installation does not allow it.
    :raises KeysUnavailable: if credentials cannot be sealed now.
    """
    kind = _find_kind(connector)
    read = read_settings(kind, settings)
    _check_secrets(kind, secrets)
    kind.open(read, secrets, queries.get_surroundings())
    written: dict[str, Any] = msgspec.to_builtins(read)
    sealed = _seal(slug, secrets)
    with transaction.atomic():
        destination = lock_destination(slug)
        destination.connector, destination.settings = kind.slug, written
        destination.connected_at, destination.connected_by = at, changed_by
        destination.save()
        destination.credentials.all().delete()
        _store(destination, sealed, at=at, changed_by=changed_by)
        body = {
            "destination": slug,
            "connector": kind.slug,
            "settings_digest": hashlib.sha256(canonical.dumps(written)).hexdigest(),
            "credentials": sorted(secrets),
        }
        append_event("destination_connected", {**body, **_by(changed_by, at)})


def disconnect_destination(*, slug: str, changed_by: str, at: datetime) -> None:
    """Take the destination's connector, its settings and its credentials away. Runs then write files only.

    :raises DestinationNotRegistered: if there is none; :raises DestinationNotConnected: if it has none.
    """
    with transaction.atomic():
        destination = _lock_connected(slug)
        connector = destination.connector
        destination.connector, destination.settings = "", {}
        destination.connected_at, destination.connected_by = None, ""
        destination.save()
        destination.credentials.all().delete()
        body = {"destination": slug, "connector": connector}
        append_event("destination_disconnected", {**body, **_by(changed_by, at)})


def rotate_credentials(*, slug: str, secrets: Mapping[str, str], changed_by: str, at: datetime) -> None:
    """Set these credentials anew; the settings, and the credentials that are not named, stay.

    :raises DestinationNotRegistered: if there is none; :raises DestinationNotConnected: if it has none.
    :raises MalformedCredentials: if they are not what the kind asks for.
    :raises KeysUnavailable: if they cannot be sealed now.
    """
    sealed = _seal(slug, secrets)
    with transaction.atomic():
        destination = _lock_connected(slug)
        _check_secrets(_find_kind(destination.connector), secrets)
        if not secrets:
            raise MalformedCredentials("name at least one credential to set anew")
        destination.credentials.filter(name__in=list(secrets)).delete()
        _store(destination, sealed, at=at, changed_by=changed_by)
        body = {"destination": slug, "credentials": sorted(secrets)}
        append_event("destination_credentials_rotated", {**body, **_by(changed_by, at)})


def rewrap_credentials() -> int:
    """Wrap the keys of all credentials under the newest master key, and return how many there were to do.

    :raises KeyUnreadable: if one does not open: its master key is missing.
    :raises KeysUnavailable: if the wrapper cannot be asked now.
    """
    newest, done = key_queries.get_newest_version(), 0
    with transaction.atomic():
        older = DestinationCredential.objects.filter(kek_version__lt=newest).select_related("destination")
        for row in older.select_for_update(of=("self",)).order_by("pk"):
            name = name_credential(row.destination.slug, row.name)
            sealed = keys.rewrap_secret(row.as_sealed(), name=name)
            row.kek_version, row.wrapped = sealed.version, sealed.wrapped
            row.save(update_fields=["kek_version", "wrapped"])
            done += 1
    return done


def _find_kind(connector: str) -> Kind:
    kind = queries.list_kinds().get(connector)
    if kind is None:
        known = ", ".join(queries.list_kinds())
        raise ConnectorUnknown(f"there is no such kind of destination: write one of {known}")
    return kind


def _check_secrets(kind: Kind, secrets: Mapping[str, str]) -> None:
    if unknown := set(secrets) - set(kind.secrets):
        known = ", ".join(kind.secrets) or "none"
        raise MalformedCredentials(
            f"{len(unknown)} credentials are not what {kind.slug} asks for: it asks for {known}"
        )
    for name, secret in secrets.items():
        if not secret or len(secret) > _LONGEST_SECRET or "\x00" in secret:
            raise MalformedCredentials(f"{name} is empty, or longer than {_LONGEST_SECRET} characters")


def _seal(slug: str, secrets: Mapping[str, str]) -> dict[str, SealedSecret]:
    return {
        name: keys.seal_secret(secret, name=name_credential(slug, name)) for name, secret in secrets.items()
    }


def _store(
    destination: Destination, sealed: Mapping[str, SealedSecret], *, at: datetime, changed_by: str
) -> None:
    DestinationCredential.objects.bulk_create(
        DestinationCredential(
            destination=destination,
            name=name,
            kek_version=one.version,
            wrapped=one.wrapped,
            sealed=one.sealed,
            set_at=at,
            set_by=changed_by,
        )
        for name, one in sealed.items()
    )


def _lock_connected(slug: str) -> Destination:
    destination = lock_destination(slug)
    if not destination.connector:
        raise DestinationNotConnected("the destination has no connector: connect it first")
    return destination


def _by(changed_by: str, at: datetime) -> dict[str, str]:
    return {"changed_by": changed_by, "changed_at": rfc3339(at)}
