"""Reading one JSON object field by field, and collecting what is wrong with it."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from consent.kernel.times import read_time
from consent.records.types import Fault, FaultCode

SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")
EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far ahead of ours a source's clock may run."""

_FIELD_NAME = re.compile(r"[a-z_]{1,32}")


class Fields:
    """One JSON object of a row. A reader returns None for what is absent, null or faulty."""

    __slots__ = ("_path", "_values", "faults")

    def __init__(
        self, values: Mapping[str, Any], *, path: str, known: frozenset[str], faults: list[Fault]
    ) -> None:
        self._values = values
        self._path = path
        self.faults = faults
        if not values.keys() <= known:
            self._refuse_unknown(values.keys() - known)

    def _refuse_unknown(self, names: set[str]) -> None:
        for name in sorted(names):
            shown = name if _FIELD_NAME.fullmatch(name) else "(not a field's name)"  # it may be personal data
            self.fault(shown, FaultCode.UNKNOWN_FIELD, "there is no such field")

    def fault(self, name: str, code: FaultCode, message: str) -> None:
        """Note that the field `name` is wrong."""
        self.faults.append(Fault(f"{self._path}.{name}" if self._path else name, code, message))

    def text(self, name: str, *, required: bool = False) -> str | None:
        """Return the text of a field, as it was sent."""
        value = self._values.get(name)
        if value is None:
            if required:
                self.fault(name, FaultCode.MISSING_FIELD, "must be given")
            return None
        if not isinstance(value, str):
            self.fault(name, FaultCode.WRONG_TYPE, "must be a string")
            return None
        return value

    def slug(self, name: str) -> str | None:
        """Return the text of a field that holds a short name."""
        if self._values.get(name) is None:
            return None  # most fields of most rows: worth no further call
        value = self.text(name)
        if value is not None and not SLUG.fullmatch(value):
            self.fault(
                name, FaultCode.MALFORMED_VALUE, "must be 1 to 64 letters, digits, or _ . : - after the first"
            )
            return None
        return value

    def flag(self, name: str) -> bool:
        """Return the truth of a field; absent means False."""
        value = self._values.get(name)
        if value is not None and not isinstance(value, bool):
            self.fault(name, FaultCode.WRONG_TYPE, "must be true or false")
        return value is True

    def count(self, name: str) -> int | None:
        """Return the whole number of a field, from 1 to 2**31 - 1."""
        value = self._values.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            self.fault(name, FaultCode.WRONG_TYPE, "must be a whole number")
            return None
        if not 1 <= value < 2**31:
            self.fault(name, FaultCode.MALFORMED_VALUE, "must be 1 or more, and below 2**31")
            return None
        return value

    def past(self, name: str, *, at: datetime, within: timedelta | None = None) -> datetime:
        """Return the time of a field that tells when something happened; `at`, the present, if absent.

        Anything longer ago than `within` is a fault; if that is None, any past time will do.
        """
        moment = self.time(name, earliest=None if within is None else EARLIEST)
        if moment is None:
            return at
        if moment > at + CLOCK_TOLERANCE:
            self.fault(name, FaultCode.TIME_OUT_OF_BOUNDS, "lies more than 5 minutes in the future")
        elif within is not None and EARLIEST <= moment < at - within:
            self.fault(name, FaultCode.TIME_OUT_OF_BOUNDS, f"lies more than {within.days} days in the past")
        return moment

    def end(self, name: str, *, start: datetime) -> datetime | None:
        """Return the time of a field that tells when something that began at `start` ends."""
        moment = self.time(name)
        if moment is not None and moment <= start:
            self.fault(name, FaultCode.ENDS_BEFORE_START, "must lie after effective_at")
        return moment

    def time(self, name: str, *, earliest: datetime | None = EARLIEST) -> datetime | None:
        """Return the time of a field, in UTC; any before `earliest` is a fault."""
        if self._values.get(name) is None:
            return None
        value = self.text(name)
        if value is None:
            return None
        moment = read_time(value)
        if moment is None:
            self.fault(name, FaultCode.MALFORMED_TIME, "must be an RFC 3339 time with its offset")
        elif earliest is not None and moment < earliest:
            self.fault(name, FaultCode.TIME_OUT_OF_BOUNDS, "lies before 1995")
        return moment

    def objects(self, name: str, *, limit: int) -> list[tuple[str, Mapping[str, Any]]]:
        """Return the objects in the list of a field, each with its path."""
        value = self._values.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            self.fault(name, FaultCode.WRONG_TYPE, "must be a list")
            return []
        if len(value) > limit:
            self.fault(name, FaultCode.TOO_MANY, f"must hold at most {limit}")
            return []
        named = [(f"{name}[{place}]", entry) for place, entry in enumerate(value)]
        return [(path, entry) for path, entry in named if self._is_object(path, entry)]

    def _is_object(self, name: str, value: Any) -> bool:
        if isinstance(value, dict):
            return True
        self.fault(name, FaultCode.WRONG_TYPE, "must be an object")
        return False
