"""Strict reading of a manifest's JSON: each field is taken once, by its type, and none may be left."""

import re
from typing import Any

from consent.kernel.errors import AccordantError

_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)


class MalformedManifest(AccordantError):
    """The file is not a manifest as this version writes it."""

    code = "malformed_manifest"


class Fields:
    """The fields of one JSON object, to be taken one by one."""

    def __init__(self, value: Any) -> None:
        if not isinstance(value, dict):
            raise MalformedManifest("an object was expected")
        self._left: dict[str, Any] = dict(value)

    def take(self, name: str) -> Any:
        """Return the field `name`.

        :raises MalformedManifest: if it is missing, or in the typed methods below, of another type.
        """
        if name not in self._left:
            raise MalformedManifest(f"the field {name} is missing")
        return self._left.pop(name)

    def end(self) -> None:
        """Return if every field was taken.

        :raises MalformedManifest: if one is left, which this version does not know.
        """
        if self._left:
            raise MalformedManifest("it has a field that this version does not know")

    def text(self, name: str) -> str:
        """Return a string."""
        return str(self._typed(name, str))

    def optional_text(self, name: str) -> str | None:
        """Return a string, or None for null."""
        value = self.take(name)
        if value is not None and not isinstance(value, str):
            raise MalformedManifest(f"the field {name} has another type")
        return value

    def count(self, name: str) -> int:
        """Return a whole number from 0."""
        return _count(name, self.take(name))

    def counts(self, name: str) -> dict[str, int]:
        """Return whole numbers by name."""
        return {key: _count(name, value) for key, value in self._typed(name, dict).items()}

    def array(self, name: str) -> list[Any]:
        """Return a list."""
        return list(self._typed(name, list))

    def texts(self, name: str) -> tuple[str, ...]:
        """Return strings."""
        found = self.array(name)
        if not all(isinstance(entry, str) for entry in found):
            raise MalformedManifest(f"the field {name} holds something else than strings")
        return tuple(found)

    def hash(self, name: str) -> str:
        """Return 64 hex digits."""
        return self._matching(name, _HASH)

    def digest(self, name: str) -> str:
        """Return `sha256:` and 64 hex digits."""
        return self._matching(name, _DIGEST)

    def _matching(self, name: str, form: re.Pattern[str]) -> str:
        value = self.text(name)
        if not form.fullmatch(value):
            raise MalformedManifest(f"the field {name} is no SHA-256")
        return value

    def _typed(self, name: str, expected: type) -> Any:
        value = self.take(name)
        if not isinstance(value, expected):
            raise MalformedManifest(f"the field {name} has another type")
        return value


def _count(name: str, value: Any) -> int:
    if type(value) is not int or value < 0:
        raise MalformedManifest(f"the field {name} is no count")
    return value
