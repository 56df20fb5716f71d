"""Where in an event something stands, in words that are safe to show."""

import re
from collections.abc import Iterable

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}", re.ASCII)

Part = str | int
Path = tuple[Part, ...]


def write_path(parts: Iterable[Part]) -> str:
    """Return the path from the event: `$.inputs[0].facets.schema`.

    Names come from whoever sent the event. One that is no plain word, such as an e-mail address, a number or
    a text that is made to harm, is written as `*`.
    """
    return "$" + "".join(_write(part) for part in parts)


def _write(part: Part) -> str:
    if isinstance(part, int):
        return f"[{part}]"
    return f".{part}" if _NAME.fullmatch(part) else ".*"
