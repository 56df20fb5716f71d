"""What the register asks for of a webhook."""

from typing import Annotated

import msgspec

from activation.destinations.kinds.http_settings import HttpSettings


class WebhookSettings(HttpSettings, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A service that takes signed messages."""

    url: Annotated[
        str,
        msgspec.Meta(
            description="Where messages are sent: https://host/path, at a public address. It is shown in"
            " clear: put no token into it",
            max_length=2048,
        ),
    ]
    rows_a_message: Annotated[
        int, msgspec.Meta(ge=1, le=10_000, description="How many rows, or people, one message holds at most")
    ] = 500
