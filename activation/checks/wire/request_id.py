"""The id that a caller gives its request, and that comes back with every answer (`X-Request-ID`)."""

import re

HEADER = "X-Request-ID"
_ECHOED = re.compile(r"[\x20-\x7e]{1,200}")


def read_request_id(sent: str | None) -> str | None:
    """Return the id to answer with: what was sent, unless it is longer than 200 or no printable ASCII.

    Such a one is left out whole: a part of it would be another id.
    """
    return sent if sent is not None and _ECHOED.fullmatch(sent) else None
