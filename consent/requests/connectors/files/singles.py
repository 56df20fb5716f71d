"""Files of which each is one person's: found by a path that their identifier is a part of."""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from consent.requests.connectors.files.store import ChangedMeanwhile, Found, Place
from consent.requests.connectors.interface import SystemFailed, SystemRefused

_PLACEHOLDER = re.compile(r"\{[a-z0-9_]+\}")
_MOST_SHOWN = 50 * 1024 * 1024
_PLAIN = re.compile(r"[A-Za-z0-9@+_.-]{1,200}")


class SingleFiles:
    """The files of one person."""

    def __init__(self, place: Place, path: str, values: Iterable[str], *, most: int) -> None:
        self._place, self._most = place, min(most, _MOST_SHOWN)
        head, tail = _PLACEHOLDER.split(path)
        self._paths = [head + _write(value) + tail for value in values]

    def count(self) -> int:
        """Return how many there are."""
        return sum(1 for _ in self._list())

    def list_rows(self) -> Iterator[dict[str, Any]]:
        """Yield each as a row: its JSON object, or its content."""
        for found in self._list():
            if found.size > self._most:
                raise SystemRefused("a person's file is larger than is collected")
            yield _read(b"".join(self._place.read(found)))

    def delete(self) -> int:
        """Remove them, and return how many there were.

        :raises SystemFailed: if one is written meanwhile: it is tried again.
        """
        done = 0
        for found in self._list():
            try:
                self._place.delete(found)
            except ChangedMeanwhile:
                raise SystemFailed("a person's file was written meanwhile") from None
            done += 1
        return done

    def _list(self) -> Iterator[Found]:
        for path in self._paths:
            if found := self._place.find(path):
                yield found


def _read(content: bytes) -> dict[str, Any]:
    try:
        told = json.loads(content)
    except (ValueError, RecursionError):
        return {"content": "base64:" + base64.b64encode(content).decode()}
    return told if isinstance(told, dict) else {"content": told}


def _write(value: str) -> str:
    """Return the identifier as a part of a path: it cannot lead out of its place."""
    if _PLAIN.fullmatch(value) and set(value) != {"."}:
        return value
    return quote(value, safe="@+").replace(".", "%2E")
