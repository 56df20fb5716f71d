"""The strings that a consent management platform keeps of people: rows of CSV, or an object a line.

The mapping's `signals` names the fields. A string is taken as it stands and decoded strictly, as one that
the API is sent: what a lenient reader would make of a damaged string is a guess, and no guess is recorded.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from consent.records.adapters.signal_fields import ISO, MILLISECONDS, SECONDS, read_pattern
from consent.records.adapters.telling import find_values, is_of_nobody, not_an_object, write_time
from consent.records.adapters.types import ImportMapping, MalformedHeader, Row, SignalFields, Translated
from consent.records.types import Fault, FaultCode

_Find = Callable[[str], Iterable[Any]]
"""Returns the values of a field that are not empty."""

_SENT, _NOT_SENT = frozenset({"1", "true"}), frozenset({"0", "false"})
_LATEST_SECOND = 253_402_300_799  # the end of the year 9999
_MOST_DIGITS = 15


def read_message(message: Any, mapping: ImportMapping) -> Translated:
    """Return the row of one object, or its faults."""
    if not isinstance(message, dict):
        return not_an_object()
    return _Reading(mapping, lambda name: _find(message, name)).finish()


class SignalTable:
    """A CSV file of strings."""

    def __init__(self, header: Sequence[str], mapping: ImportMapping) -> None:
        """Take the names in the first row.

        :raises MalformedHeader: if one stands twice, or one that the mapping names is not there.
        """
        if len(set(header)) != len(header):
            raise MalformedHeader("two columns have one name")
        named = mapping.signals.names if mapping.signals else ()
        if missing := sorted({*mapping.identifiers, *named} - set(header)):
            raise MalformedHeader(f"the mapping names columns that are not there: {', '.join(missing)}")
        self._header = tuple(header)
        self._mapping = mapping

    def read_cells(self, cells: Sequence[str]) -> Translated:
        """Return the row that the cells hold, or its faults."""
        if len(cells) != len(self._header):
            message = f"has {len(cells)} of {len(self._header)} columns"
            return Translated(faults=(Fault("", FaultCode.WRONG_COLUMN_COUNT, message),))
        row = {name: text for name, cell in zip(self._header, cells, strict=True) if (text := cell.strip())}
        return _Reading(self._mapping, lambda name: [row[name]] if name in row else []).finish()


class _Reading:
    """One row, field by field."""

    def __init__(self, mapping: ImportMapping, find: _Find) -> None:
        self._mapping = mapping
        self._fields = mapping.signals or SignalFields(strings={})
        self._find = find
        self._faults: list[Fault] = []
        self._names: dict[str, str] = {}

    def finish(self) -> Translated:
        """Return the row; nothing if all that it tells is that no signal was sent; or its faults."""
        identifiers = self._read_identifiers()
        gpc = self._read_gpc()
        signals: Row = {"gpc": True} if gpc else {}
        for name, field in self._fields.strings.items():
            if (value := self._one(f"signals.{name}", field)) is not None:
                signals[name] = value
        if not signals and gpc is None and not self._faults:
            self._fault("", FaultCode.EMPTY_ROW, "holds no signal")
        given = self._read_given() if signals else {}
        if self._faults:
            return Translated(faults=tuple(self._faults))
        if not signals:
            return Translated()
        return Translated(({"identifiers": identifiers, "signals": signals | given},), fields=self._names)

    def _read_identifiers(self) -> list[Row]:
        found: list[Row] = []
        for name, kind in self._mapping.identifiers.items():
            for value in self._find(name):
                if isinstance(value, bool) or not isinstance(value, str | int):
                    self._fault(name, FaultCode.WRONG_TYPE, "must be text or a whole number")
                elif not is_of_nobody(kind, text := str(value)):
                    self._names[f"identifiers[{len(found)}]"] = name
                    found.append({"kind": kind.value, "value": text})
        return found

    def _read_gpc(self) -> bool | None:
        """Return whether the signal was sent; None if nothing tells."""
        if self._fields.gpc is None or (value := self._one("signals.gpc", self._fields.gpc)) is None:
            return None
        text = str(value).lower()
        if text not in _SENT | _NOT_SENT:
            self._fault(self._fields.gpc, FaultCode.MALFORMED_VALUE, "must be 1 or true, or 0 or false")
        return text in _SENT

    def _read_given(self) -> Row:
        """Return what the signals were given under."""
        claims = self._mapping.claims
        given = {name: claims[name] for name in ("controller", "notice", "notice_version") if name in claims}
        if (name := self._fields.controller) is not None:
            given.pop("controller", None)
            if (controller := self._one("signals.controller", name)) is not None:
                given["controller"] = controller
        if (name := self._fields.effective_at) is not None:
            given["effective_at"] = self._read_time(name)
        places = [str(value).upper() for field in self._fields.jurisdictions for value in self._find(field)]
        if places:
            self._names["signals.jurisdictions"] = ", ".join(self._fields.jurisdictions)
            given["jurisdictions"] = places
        return given

    def _read_time(self, name: str) -> str | None:
        """Return the time in RFC 3339. What is old must not become new for want of its time."""
        value = self._one("signals.effective_at", name)
        if value is None:
            self._fault(name, FaultCode.MISSING_FIELD, "must tell when it was said")
            return None
        read = _write_time(value, self._fields.time_format, self._mapping)
        if read is None:
            expected = (
                "in ISO 8601, with its offset" if self._fields.time_format == ISO else "as time_format says"
            )
            self._fault(name, FaultCode.MALFORMED_TIME, f"must be a time {expected}")
        return read

    def _one(self, path: str, name: str) -> Any:
        """Return the value of a field that holds one; None if it is empty."""
        self._names[path] = name
        values = list(self._find(name))
        if len(values) > 1:
            self._fault(name, FaultCode.TOO_MANY, "must hold one value")
        return values[0] if values else None

    def _fault(self, path: str, code: FaultCode, message: str) -> None:
        self._faults.append(Fault(path, code, message))


def _find(message: dict[str, Any], name: str) -> Iterable[Any]:
    """Return the values of a field that bears the name as it stands, or else lies at that path."""
    return find_values({"": message[name]}, "") if name in message else find_values(message, name)


def _write_time(value: object, time_format: str, mapping: ImportMapping) -> str | None:
    if time_format in {SECONDS, MILLISECONDS}:
        return _write_number(value, 1 if time_format == SECONDS else 1000)
    if not isinstance(value, str):
        return None
    return write_time(value, mapping) if time_format == ISO else _write_pattern(value, time_format, mapping)


def _write_number(value: object, to_the_second: int) -> str | None:
    text = "" if isinstance(value, bool) or not isinstance(value, str | int) else str(value)
    if not (text.isascii() and text.isdigit()) or len(text) > _MOST_DIGITS:
        return None
    seconds, rest = divmod(int(text), to_the_second)
    if seconds > _LATEST_SECOND:
        return None
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest * 1000).isoformat()


def _write_pattern(text: str, pattern: str, mapping: ImportMapping) -> str | None:
    try:
        return read_pattern(text, pattern, mapping.time_zone).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        return None
