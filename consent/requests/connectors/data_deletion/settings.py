"""What the data map declares of a recipient, and what a recipient publishes of itself. Pure."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from consent.network.errors import DeliveryRefused
from consent.network.hosts import WebAddress, read_url
from consent.requests.connectors.interface import SystemRefused
from consent.subjects.types import IdentifierKind


class DataDeletionSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of a system of the kind `data_deletion`."""

    url: Annotated[str, msgspec.Meta(max_length=2000, description="https://host of the recipient, no path")]
    domain: Annotated[str, msgspec.Meta(max_length=253, description="Its eTLD+1: what it signs as (iss)")]
    form: Annotated[
        Literal["json", "jwt"],
        msgspec.Meta(description="json: {'rqJWT': …}; jwt: the token alone. The framework leaves it open"),
    ] = "json"
    types: Annotated[
        dict[str, IdentifierKind], msgspec.Meta(description="Its own types -> kinds of identifier")
    ] = {}
    believe_receipt: Annotated[
        bool, msgspec.Meta(description="Its signed receipt is enough: nobody looks whether it is gone")
    ] = False
    timeout_seconds: Annotated[float, msgspec.Meta(ge=0.1, le=600)] = 60.0
    attempts: Annotated[int, msgspec.Meta(ge=1, le=10)] = 3


class Supported(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of identifier that the recipient takes."""

    type: Annotated[str, msgspec.Meta(max_length=100)]
    format: Annotated[str, msgspec.Meta(max_length=100)]


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """A recipient's `dsrdelete.json`. What it has besides is passed by."""

    endpoint: Annotated[str, msgspec.Meta(max_length=2000)]
    identifiers: Annotated[tuple[Supported, ...], msgspec.Meta(max_length=200)]
    publicKey: Annotated[tuple[dict[str, Any], ...], msgspec.Meta(max_length=50)]  # noqa: N815 - the framework's
    vendorScriptRequirement: bool = False  # noqa: N815 - the framework's


def read_settings(settings: Mapping[str, Any], *, allow_local: bool) -> DataDeletionSettings:
    """Return the settings of a recipient.

    :raises SystemRefused: if one is unknown or malformed.
    """
    try:
        read = msgspec.convert(dict(settings), DataDeletionSettings)
        if read_url(read.url, allow_local=allow_local).target != "/":
            raise SystemRefused("settings: url: write it without a path: dsrdelete.json lies at the root")
    except msgspec.ValidationError as error:
        raise SystemRefused(f"settings: {error}") from None
    except DeliveryRefused as refused:
        raise SystemRefused(f"settings: url: {refused}") from None
    return read


def read_published(content: bytes) -> Published:
    """Return what the recipient publishes.

    :raises SystemRefused: if it is not of the framework's form.
    """
    try:
        return msgspec.json.decode(content, type=Published)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise SystemRefused("the recipient's dsrdelete.json is not of the framework's form") from None


def read_endpoint(published: Published, *, domain: str, host: str, allow_local: bool) -> WebAddress:
    """Return where the recipient takes requests.

    :raises SystemRefused: if that is outside of its domain: identifiers go to nobody else.
    """
    try:
        address = read_url(published.endpoint, allow_local=allow_local)
    except DeliveryRefused as refused:
        raise SystemRefused(f"the recipient's endpoint: {refused}") from None
    if address.host not in {host, domain} and not address.host.endswith(f".{domain}"):
        raise SystemRefused("the recipient's endpoint is outside of its domain")
    return address
