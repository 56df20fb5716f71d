"""Gathering what one message tells of one person, by the mapping."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from consent.kernel.times import read_time
from consent.records.adapters.types import ImportMapping, Row, Translated
from consent.records.rules.fields import SLUG
from consent.records.types import NO, Choice, Fault, FaultCode
from consent.subjects.types import IdentifierKind

_NOTHING: Mapping[str, Any] = {}
_LATEST_SECOND = 253_402_300_799  # the end of the year 9999


class Telling:
    """Takes identifiers, then choices; what is wrong is kept as faults, which never repeat a value."""

    def __init__(self, mapping: ImportMapping, *, path: str = "") -> None:
        self.mapping = mapping
        self.faults: list[Fault] = []
        self._path = path
        self._identifiers: list[Row] = []
        self._choices: list[Row] = []

    def identify(self, message: Mapping[str, Any]) -> None:
        """Take the identifiers that stand in `message` where the mapping says."""
        for name, kind in self.mapping.identifiers.items():
            for value in find_values(message, name):
                if isinstance(value, bool) or not isinstance(value, str | int):
                    self.fault(name, FaultCode.WRONG_TYPE, "must be text or a whole number")
                elif not is_of_nobody(kind, text := str(value)):
                    self._identifiers.append({"kind": kind.value, "value": text})

    def say_bool(self, category: str, value: object, *, at: str | None, path: str) -> None:
        """Take a yes (`true`) or a plain no (`false`) to a category."""
        if isinstance(value, bool):
            self.say(category, Choice.GRANTED if value else self.mapping.no_means, at=at, path=path)
        else:
            self.fault(path, FaultCode.WRONG_TYPE, "must be true or false")

    def say(
        self, category: str, choice: str, *, at: str | None, path: str, more: Mapping[str, Any] = _NOTHING
    ) -> None:
        """Take what was said of a category of the source; `more` are further fields of the choice.

        Of a category that is not mapped, a yes is left out, as are shown, pending and the like, and a no is
        recorded as widely as the mapping says, or is a fault.
        """
        if category in self.mapping.not_ours:
            return
        purposes = self.mapping.purposes.get(category, ())
        if not purposes and choice in NO:
            if self.mapping.unmapped_no is None:
                self.fault(path, FaultCode.UNMAPPED_PURPOSE, "a no to what the mapping does not name")
                return
            purposes = (self.mapping.unmapped_no,)
        for purpose in purposes:
            self.add({"effective_at": at, **more, "purpose": purpose, "choice": str(choice)})

    def add(self, choice: Row) -> None:
        """Take a choice in our own words; what it leaves open is filled from the mapping's claims."""
        claims = dict(self.mapping.claims)
        if choice["choice"] in NO:
            claims.pop("controller", None)  # a no that names no controller speaks to every one
        self._choices.append(
            {**claims, **{name: value for name, value in choice.items() if value is not None}}
        )

    def time(self, value: object, path: str) -> str | None:
        """Return a time in RFC 3339; None, with a fault, if it is missing or cannot be read.

        What is old must not become new for want of its time.
        """
        if value is None or value == "":
            self.fault(path, FaultCode.MISSING_FIELD, "must tell when it was said")
            return None
        read = write_time(value, self.mapping) if isinstance(value, str) else None
        if read is None:
            self.fault(path, FaultCode.MALFORMED_TIME, "must be a time in ISO 8601, with its offset")
        return read

    def milliseconds(self, value: object, path: str) -> str | None:
        """Return a time given in milliseconds since 1970 in RFC 3339; None, with a fault, as `time`."""
        if value is None:
            self.fault(path, FaultCode.MISSING_FIELD, "must tell when it was said")
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < _LATEST_SECOND * 1000:
            self.fault(path, FaultCode.MALFORMED_TIME, "must be a whole number of milliseconds since 1970")
            return None
        seconds, rest = divmod(value, 1000)
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest * 1000).isoformat()

    def fault(self, path: str, code: FaultCode, message: str) -> None:
        """Note what is wrong, and where."""
        self.faults.append(Fault(f"{self._path}{path}", code, message))

    def finish(self) -> Translated:
        """Return the row, the faults, or neither where nothing was said of any purpose of ours."""
        if self.faults:
            return Translated(faults=tuple(self.faults))
        if not self._choices:
            return Translated()
        return Translated(rows=({"identifiers": self._identifiers, "choices": self._choices},))


def write_time(text: str, mapping: ImportMapping) -> str | None:
    """Return `text` in RFC 3339, by the mapping's time zone where it has no offset; None if it is no time."""
    if read_time(text) is not None:
        return text
    try:
        moment = datetime.fromisoformat(text.strip())
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=mapping.time_zone) if mapping.time_zone else moment
        return moment.astimezone(UTC).isoformat() if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def not_an_object(path: str = "") -> Translated:
    """Return the fault of a message that is no JSON object."""
    return Translated(faults=(Fault(path, FaultCode.WRONG_TYPE, "a message is a JSON object"),))


def show(name: str, place: int) -> str:
    """Return a category as a path shows it: by name, or by its place if the name could be anything."""
    return name if SLUG.fullmatch(name) else f"({place})"


def join(parts: list[Translated]) -> Translated:
    """Return the parts of one message as one: with a fault anywhere, the faults alone."""
    faults = tuple(fault for part in parts for fault in part.faults)
    return (
        Translated(faults=faults) if faults else Translated(tuple(row for part in parts for row in part.rows))
    )


def find_values(value: Any, name: str) -> Iterator[Any]:
    """Yield what stands at a dotted path; each entry where that is a list; nothing for what is empty."""
    for step in name.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    for entry in value if isinstance(value, list) else [value]:
        if entry is not None and entry != "":
            yield entry


def is_of_nobody(kind: IdentifierKind, text: str) -> bool:
    """Whether a device sent it in place of an advertising id, because its user limits tracking."""
    return kind is IdentifierKind.ADVERTISING_ID and not text.strip("0- ")
