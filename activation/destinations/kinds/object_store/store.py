"""The few requests that an object store is asked, and what its answers mean."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING

import obstore
from obstore.exceptions import (
    BaseError,
    InvalidPathError,
    NotSupportedError,
    PermissionDeniedError,
    UnauthenticatedError,
)
from obstore.store import S3Store

if TYPE_CHECKING:
    from obstore.store import S3Credential

from activation.destinations.kinds.object_store.settings import ObjectStoreSettings
from activation.destinations.kinds.object_store.tunnel import open_tunnel
from consent.network.errors import DeliveryFailed, DeliveryRefused
from consent.network.hosts import AddressRefused, WebAddress, read_url
from consent.network.resolving import check_web

_PART = 16 << 20
_PARTS_AT_ONCE = 2
_RETRIES = 1
_STATUS = re.compile(r"status code: ([0-9]{3})")
_PASSING_STATUS = frozenset({408, 409, 429})


@contextmanager
def open_store(
    settings: ObjectStoreSettings, credentials: Mapping[str, str], *, allow_local: bool
) -> Iterator[S3Store]:
    """Give the bucket, reached at checked addresses only.

    :raises DeliveryRefused: if the endpoint may not be connected to.
    :raises DeliveryFailed: if it has no address now.
    """
    address = read_endpoint(settings.endpoint, allow_local=allow_local)
    addresses = check_web(address, allow_local=allow_local)
    if address.scheme == "http":  # to a local address: its own, so that no name is looked up again
        host = f"[{addresses[0]}]" if addresses[0].version == 6 else str(addresses[0])
        yield _make(settings, credentials, f"http://{host}:{address.port}", proxy=None)
        return
    with open_tunnel(
        address.host, address.port, addresses, connect_seconds=settings.connect_seconds
    ) as proxy:
        yield _make(settings, credentials, f"https://{address.host}:{address.port}", proxy=proxy)


def read_endpoint(endpoint: str, *, allow_local: bool) -> WebAddress:
    """Return the parts of the endpoint's address.

    :raises AddressRefused: if it is not written plainly, or has a path.
    """
    address = read_url(endpoint, allow_local=allow_local)
    if address.target != "/":
        raise AddressRefused("write the endpoint without a path: the bucket is a setting of its own")
    return address


def put_object(store: S3Store, key: str, pieces: Iterator[bytes]) -> None:
    """Let the object be these bytes, all at once. Errors of `pieces` pass as they are.

    :raises DeliveryRefused, DeliveryFailed: if the store does not take it.
    """
    with telling():
        obstore.put(store, key, pieces, chunk_size=_PART, max_concurrency=_PARTS_AT_ONCE)


def get_object(store: S3Store, key: str) -> IO[bytes] | None:
    """Return the object's bytes in a file that nobody else sees, None if there is no such object.

    :raises DeliveryRefused, DeliveryFailed: if the store does not give it.
    """
    with telling():
        try:
            found = obstore.get(store, key)
        except FileNotFoundError as error:
            if "NoSuchBucket" in str(error):
                raise
            return None
        file = TemporaryFile()  # noqa: SIM115 - the caller closes it
        for piece in found.stream():
            file.write(piece)
    file.seek(0)
    return file


def try_store(store: S3Store, prefix: str) -> None:
    """Return if the store lets us list what is below the prefix.

    :raises DeliveryRefused, DeliveryFailed: if not.
    """
    with telling():
        next(iter(obstore.list(store, prefix, chunk_size=1)), None)


def _make(
    settings: ObjectStoreSettings, credentials: Mapping[str, str], endpoint: str, *, proxy: str | None
) -> S3Store:
    seconds = timedelta(seconds=settings.request_seconds)
    return S3Store(
        settings.bucket,
        config={
            "endpoint": endpoint,
            "region": settings.region,
            "virtual_hosted_style_request": False,  # one host, whose address was checked
        },
        client_options={
            "allow_http": proxy is None,
            "timeout": seconds,
            "connect_timeout": timedelta(seconds=settings.connect_seconds),
            **({"proxy_url": proxy} if proxy else {}),
        },
        retry_config={"max_retries": _RETRIES, "retry_timeout": seconds},
        # Not from the environment: this machine's own credentials are for this machine.
        credential_provider=partial(_show, dict(credentials)),
    )


def _show(credentials: Mapping[str, str]) -> "S3Credential":
    return {
        "access_key_id": credentials["access_key_id"],
        "secret_access_key": credentials["secret_access_key"],
        "token": None,
        "expires_at": None,
    }


@contextmanager
def telling() -> Iterator[None]:
    """Turn what the store says into what the operator can do: its own words may hold more than is ours.

    :raises DeliveryRefused: if it would say the same again; :raises DeliveryFailed: if it may not.
    """
    try:
        yield
    except (PermissionDeniedError, UnauthenticatedError):
        raise DeliveryRefused(
            "the object store says no: check the access key, and that it may list, get and put objects"
        ) from None
    except FileNotFoundError:
        raise DeliveryRefused("the object store has no such bucket: make it, or mend the name") from None
    except (InvalidPathError, NotSupportedError):
        raise DeliveryRefused("the object store cannot do what it takes, or have such a key") from None
    except BaseError as error:
        raise _tell(str(error)) from None


def _tell(said: str) -> DeliveryRefused | DeliveryFailed:
    found = _STATUS.search(said)
    status = int(found[1]) if found else 0
    if 400 <= status < 500 and status not in _PASSING_STATUS:
        return DeliveryRefused(
            f"the object store says no (HTTP {status}): check the settings and its own log"
        )
    if status:
        return DeliveryFailed(f"the object store cannot take it now (HTTP {status}): run again later")
    return DeliveryFailed("the object store is not reached, or does not answer in time: run again later")
