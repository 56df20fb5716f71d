"""Reading the members of one JSON object, and collecting what is wrong with them."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from activation.checks.wire.errors import BodyTooLarge, Fault, MalformedRequest
from consent.kernel import canonical
from consent.kernel.times import read_time

LONGEST_STALENESS_S = 86_400
EARLIEST, LATEST = datetime(1995, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""Bounds of the times that may be asked about: far enough from the ends of what a date can hold."""

_JURISDICTION = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", re.ASCII)
_FIELD_NAME = re.compile(r"[a-z_]{1,32}", re.ASCII)
_LONGEST_LIST = 100
_LONGEST_NAME = 200


def open_body(body: bytes, *, limit: int) -> Mapping[str, Any]:
    """Return the JSON object in `body`.

    :raises BodyTooLarge: if it is longer than `limit` bytes.
    :raises MalformedJson: if it is no JSON that every parser reads alike.
    :raises MalformedRequest: if it is no object.
    """
    if len(body) > limit:
        raise BodyTooLarge(limit)
    value = canonical.loads(body)
    if not isinstance(value, dict):
        raise MalformedRequest([Fault("", "wrong_type", "must be an object")])
    return value


class Members:
    """One JSON object. A reader returns None for what is absent, null or faulty."""

    __slots__ = ("_path", "_values", "faults")

    def __init__(self, values: Mapping[str, Any], *, path: str, faults: list[Fault]) -> None:
        self._values, self._path, self.faults = values, path, faults

    def fault(self, name: str, code: str, message: str) -> None:
        """Note that the member `name` is wrong."""
        self.faults.append(Fault(f"{self._path}/{name}", code, message))

    def refuse_unknown(self, known: frozenset[str]) -> None:
        """Note each member that is not one of `known`."""
        for name in sorted(self._values.keys() - known):
            shown = name if _FIELD_NAME.fullmatch(name) else "(not a field's name)"  # it may be personal data
            self.fault(shown, "unknown_field", "there is no such field")

    def text(self, name: str, *, longest: int = _LONGEST_NAME) -> str | None:
        """Return the text of a member that may be absent."""
        value = self._values.get(name)
        if value is None:
            return None
        if type(value) is not str:
            self.fault(name, "wrong_type", "must be a string")
        elif not value:
            self.fault(name, "empty", "must not be empty")
        elif len(value) > longest:
            self.fault(name, "too_long", f"must have at most {longest} characters")
        else:
            return value
        return None

    def required_text(self, name: str, *, longest: int = _LONGEST_NAME) -> str:
        """Return the text of a member that must be there; "" beside a fault."""
        if self._values.get(name) is None:
            self.fault(name, "missing_field", "must be given")
            return ""
        return self.text(name, longest=longest) or ""

    def flag(self, name: str) -> bool:
        """Return the truth of a member; absent means False."""
        value = self._values.get(name)
        if value is not None and not isinstance(value, bool):
            self.fault(name, "wrong_type", "must be true or false")
        return value is True

    def seconds(self, name: str) -> timedelta | None:
        """Return the length of time that a member gives in seconds, up to a day."""
        value = self._values.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fault(name, "wrong_type", "must be a number")
        elif not 0 <= value <= LONGEST_STALENESS_S:
            self.fault(name, "out_of_bounds", f"must be from 0 to {LONGEST_STALENESS_S}")
        else:
            return timedelta(seconds=value)
        return None

    def count(self, name: str) -> int | None:
        """Return the whole number of a member, 0 or more."""
        value = self._values.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            self.fault(name, "wrong_type", "must be a whole number")
        elif value < 0:
            self.fault(name, "out_of_bounds", "must be 0 or more")
        else:
            return value
        return None

    def time(self, name: str) -> datetime | None:
        """Return the time of a member, in UTC."""
        text = self.text(name)
        if text is None:
            return None
        moment = read_time(text)
        if moment is None:
            self.fault(name, "malformed_time", "must be an RFC 3339 time with its offset")
        elif not EARLIEST <= moment < LATEST:
            self.fault(name, "out_of_bounds", f"must lie from {EARLIEST.year} on and before {LATEST.year}")
            return None
        return moment

    def jurisdiction(self, name: str) -> str | None:
        """Return the code of a place."""
        code = self.text(name)
        if code is not None and not _JURISDICTION.fullmatch(code):
            self.fault(name, "malformed_value", "must be a code such as DE or US-CA")
            return None
        return code

    def names(self, name: str) -> frozenset[str] | None:
        """Return the names in a member's list; None if it is absent or empty."""
        value = self._values.get(name)
        if value is None:
            return None
        if not isinstance(value, list) or not all(type(one) is str and one for one in value):
            self.fault(name, "wrong_type", "must be a list of strings that are not empty")
        elif len(value) > _LONGEST_LIST or any(len(one) > _LONGEST_NAME for one in value):
            self.fault(
                name, "too_long", f"must hold at most {_LONGEST_LIST}, of {_LONGEST_NAME} characters each"
            )
        else:
            return frozenset(value) or None
        return None

    def object(self, name: str) -> Mapping[str, Any] | None:
        """Return the object of a member that may be absent."""
        value = self._values.get(name)
        if value is not None and not isinstance(value, dict):
            self.fault(name, "wrong_type", "must be an object")
            return None
        return value

    def list(self, name: str) -> Sequence[Any] | None:
        """Return the list of a member that may be absent."""
        value = self._values.get(name)
        if value is not None and not isinstance(value, list):
            self.fault(name, "wrong_type", "must be a list")
            return None
        return value
