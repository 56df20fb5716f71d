"""What the data map declares of a webhook's receiver. Pure."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from consent.network.errors import DeliveryRefused
from consent.network.hosts import read_url
from consent.requests.connectors.interface import SystemRefused


class WebhookSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of a system of the kind `webhook`."""

    url: Annotated[str, msgspec.Meta(max_length=2000, description="Where messages are sent")]
    timeout_seconds: Annotated[float, msgspec.Meta(ge=0.1, le=600, description="Of one question")] = 30.0
    attempts: Annotated[int, msgspec.Meta(ge=1, le=10, description="Before the step rests")] = 3


def read_settings(settings: Mapping[str, Any], *, allow_local: bool) -> WebhookSettings:
    """Return the settings of a webhook.

    :raises SystemRefused: if one is unknown or malformed.
    """
    try:
        read = msgspec.convert(dict(settings), WebhookSettings)
        read_url(read.url, allow_local=allow_local)
    except msgspec.ValidationError as error:
        raise SystemRefused(f"settings: {error}") from None
    except DeliveryRefused as refused:
        raise SystemRefused(f"settings: url: {refused}") from None
    return read
