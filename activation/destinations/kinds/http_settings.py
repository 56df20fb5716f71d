"""What every kind that speaks HTTP asks for, and how its client is opened."""

from collections.abc import Mapping
from typing import Annotated

import msgspec

from activation.destinations.kinds.interface import Surroundings
from consent.network.client import GuardedClient, Limits, open_client
from consent.network.errors import DeliveryRefused
from consent.network.hosts import AddressRefused, read_url
from consent.network.patience import Patience

Columns = list[Annotated[str, msgspec.Meta(min_length=1, max_length=200)]]


class HttpSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How long a recipient's service is waited for."""

    timeout_seconds: Annotated[
        float, msgspec.Meta(ge=0.1, le=600, description="Seconds that one request may take")
    ] = 60.0
    attempts: Annotated[
        int, msgspec.Meta(ge=1, le=10, description="How often one request is tried before the delivery fails")
    ] = 4
    longest_wait_seconds: Annotated[
        float,
        msgspec.Meta(ge=0, le=600, description="Seconds that are waited at most between two attempts"),
    ] = 30.0


def open_service(url: str, settings: HttpSettings, surroundings: Surroundings) -> GuardedClient:
    """Return a client for the service at `url`, its address checked.

    :raises AddressRefused: if no recipient may be there.
    :raises NameNotResolved: if its host has no address now.
    """
    limits = Limits(
        connect_seconds=min(10.0, settings.timeout_seconds),
        read_seconds=settings.timeout_seconds,
        write_seconds=settings.timeout_seconds,
        total_seconds=settings.timeout_seconds,
    )
    return open_client(url, allow_local=surroundings.allow_local, limits=limits)


def patience_of(settings: HttpSettings) -> Patience:
    """Return how patiently the settings say to ask."""
    wait = settings.longest_wait_seconds
    return Patience(attempts=settings.attempts, first_wait_seconds=min(1.0, wait), longest_wait_seconds=wait)


def refuse_other_hosts(url: str, setting: str, endings: tuple[str, ...], surroundings: Surroundings) -> None:
    """Return if `url` is written plainly and its host is one of the platform's own.

    Credentials of a platform go to that platform: whoever may change settings may not send them elsewhere.
    Where local addresses are allowed, on a developer's machine, any host passes.

    :raises AddressRefused: otherwise.
    """
    try:
        host = read_url(url, allow_local=surroundings.allow_local).host
    except AddressRefused as refused:
        raise AddressRefused(f"{setting}: {refused}") from None
    if not surroundings.allow_local and not host.endswith(endings):
        raise AddressRefused(f"{setting}: the host must end in {' or '.join(endings)}")


def require_secrets(secrets: Mapping[str, str], *names: str) -> None:
    """Return if each credential is there and can go into a header.

    :raises DeliveryRefused: otherwise.
    """
    for name in names:
        value = secrets.get(name, "")
        if not value or not value.isascii() or not value.isprintable() or " " in value:
            raise DeliveryRefused(f"the credential {name} is missing or malformed: enter it again")
