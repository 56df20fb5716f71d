"""Kinds of fields: how each is read from bits, written to bits, and told in JSON.

Widths and meanings are of the GPP "Consent String Specification", "Section Encoding".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn, Protocol

from consent.signals import tenths
from consent.signals.errors import Fault, MalformedSignal
from consent.signals.gpp.cursor import Cursor
from consent.signals.intervals import IdSet

IGNORED = object()
"""What a lenient reader gets for a field whose value is ignored: the field is left out."""


@dataclass(frozen=True, slots=True)
class Place:
    """The field that a value is for, and the `fields` of its segment."""

    name: str
    fields: Mapping[str, Any]

    def refuse(self, reason: str, detail: str) -> NoReturn:
        """Refuse a value.

        :raises MalformedSignal: always.
        """
        raise MalformedSignal(Fault(reason, detail, field=self.name))

    def number(self, value: object) -> int:
        """Return `value` if it is a whole number.

        :raises MalformedSignal: if it is something else.
        """
        if isinstance(value, bool) or not isinstance(value, int):
            self.refuse("wrong_type", f"{value!r} is no whole number")
        return value

    def items(self, value: object) -> Sequence[object]:
        """Return `value` if it is a list or a tuple.

        :raises MalformedSignal: if it is something else.
        """
        if not isinstance(value, (list, tuple)):
            self.refuse("wrong_type", f"{value!r} is no list")
        return value

    def ids(self, value: object, highest: int) -> IdSet:
        """Return `value` if it is a set of ids from 1 to `highest`.

        :raises MalformedSignal: if it is something else.
        """
        if not isinstance(value, IdSet):
            self.refuse("wrong_type", f"{value!r} is no set of ids")
        if value and not 1 <= value.lowest <= value.highest <= highest:
            self.refuse("out_of_range", f"an id is not from 1 to {highest}")
        return value

    def ids_from_json(self, value: object) -> IdSet:
        """Return the set of a JSON list of ids.

        :raises MalformedSignal: if it is something else.
        """
        return IdSet.of(self.number(number) for number in self.items(value))


class Kind(Protocol):
    """What a field is made of."""

    def read(self, cursor: Cursor) -> object:
        """Return the value at the cursor, or `IGNORED`.

        :raises MalformedSignal: if the segment cannot be read on, and for every fault strictly.
        """

    def write(self, value: object, place: Place) -> str:
        """Return the bits of `value`.

        :raises MalformedSignal: if the kind does not allow it.
        """

    def to_json(self, value: Any) -> object:
        """Return `value` as JSON has it."""

    def from_json(self, value: Any, place: Place) -> object:
        """Return the value of what `to_json` gave.

        :raises MalformedSignal: if it is of another type.
        """

    def describe(self) -> str:
        """Return what the kind is, for the reference."""


class _AsItIs:
    def to_json(self, value: Any) -> object:
        return value


@dataclass(frozen=True, slots=True)
class Whole(_AsItIs):
    """A whole number of `bits` bits; only the `allowed` ones, if there are any."""

    bits: int
    allowed: tuple[int, ...] = ()

    def read(self, cursor: Cursor) -> object:
        bit = cursor.at
        number = cursor.number(self.bits)
        if self.allowed and number not in self.allowed:
            cursor.ignore("not_allowed", f"{number} is none of {self._listed()}", bit)
            return IGNORED
        return number

    def write(self, value: object, place: Place) -> str:
        number = place.number(value)
        if self.allowed and number not in self.allowed:
            place.refuse("not_allowed", f"{number} is none of {self._listed()}")
        if not 0 <= number < 1 << self.bits:
            place.refuse("out_of_range", f"{number} does not fit {self.bits} bits")
        return format(number, f"0{self.bits}b")

    def from_json(self, value: Any, place: Place) -> object:
        return place.number(value)

    def _listed(self) -> str:
        return ", ".join(map(str, self.allowed))

    def describe(self) -> str:
        return f"number of {self.bits} bits" + (f": {self._listed()}" if self.allowed else "")


@dataclass(frozen=True, slots=True)
class TwoBitList(_AsItIs):
    """A list of `count` numbers of two bits, each 0, 1 or 2."""

    count: int

    def read(self, cursor: Cursor) -> object:
        bit = cursor.at
        digits = cursor.take(2 * self.count)
        values = [int(digits[place : place + 2], 2) for place in range(0, 2 * self.count, 2)]
        for place, value in enumerate(values):
            if value > 2:
                cursor.ignore("not_allowed", f"item {place + 1} is 3: only 0, 1, 2 are", bit + 2 * place)
                values[place] = 0
        return tuple(values)

    def write(self, value: object, place: Place) -> str:
        values = place.items(value)
        if len(values) != self.count:
            place.refuse("wrong_length", f"{len(values)} items instead of {self.count}")
        each = Whole(2, (0, 1, 2))
        return "".join(each.write(one, place) for one in values)

    def to_json(self, value: Any) -> object:
        return list(value)

    def from_json(self, value: Any, place: Place) -> object:
        return tuple(place.number(one) for one in place.items(value))

    def describe(self) -> str:
        return f"{self.count} numbers of 2 bits: 0, 1, 2"


@dataclass(frozen=True, slots=True)
class Truth(_AsItIs):
    """Yes or no, in one bit."""

    def read(self, cursor: Cursor) -> object:
        return cursor.take(1) == "1"

    def write(self, value: object, place: Place) -> str:
        if not isinstance(value, bool):
            place.refuse("wrong_type", f"{value!r} is neither true nor false")
        return "1" if value else "0"

    def from_json(self, value: Any, place: Place) -> object:
        if not isinstance(value, bool):
            place.refuse("wrong_type", f"{value!r} is neither true nor false")
        return value

    def describe(self) -> str:
        return "true or false, 1 bit"


@dataclass(frozen=True, slots=True)
class Letters(_AsItIs):
    """A text of `count` letters, six bits each, counted from A."""

    count: int

    def read(self, cursor: Cursor) -> object:
        bit = cursor.at
        text = "".join(chr(65 + cursor.number(6)) for _ in range(self.count))
        if not text.isalpha():
            cursor.ignore("not_allowed", f"{text!r} has something else than letters", bit)
            return IGNORED
        return text

    def write(self, value: object, place: Place) -> str:
        if not isinstance(value, str) or len(value) != self.count:
            place.refuse("wrong_type", f"{value!r} is no text of {self.count} letters")
        if not (value.isascii() and value.isalpha()):
            place.refuse("not_allowed", f"{value!r} has something else than letters")
        return "".join(format(ord(letter) - 65, "06b") for letter in value)

    def from_json(self, value: Any, place: Place) -> object:
        if not isinstance(value, str):
            place.refuse("wrong_type", f"{value!r} is no text")
        return value

    def describe(self) -> str:
        return f"{self.count} letters of 6 bits"


@dataclass(frozen=True, slots=True)
class Time:
    """A time, in tenths of a second since 1970, in 36 bits."""

    def read(self, cursor: Cursor) -> object:
        return tenths.to_time(cursor.number(tenths.BITS))

    def write(self, value: object, place: Place) -> str:
        if not isinstance(value, datetime) or value.tzinfo is None:
            place.refuse("wrong_type", f"{value!r} is no time with a time zone")
        number = tenths.from_time(value)
        if not 0 <= number <= tenths.HIGHEST:
            place.refuse("out_of_range", f"{value.isoformat()} does not fit {tenths.BITS} bits")
        return format(number, f"0{tenths.BITS}b")

    def to_json(self, value: Any) -> object:
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def from_json(self, value: Any, place: Place) -> object:
        try:
            return datetime.fromisoformat(value)
        except (TypeError, ValueError):
            place.refuse("wrong_type", f"{value!r} is no time of ISO 8601")

    def describe(self) -> str:
        return "time, tenths of a second in 36 bits"


@dataclass(frozen=True, slots=True)
class Flags:
    """A set of ids, one bit each; `count` bits, or as many as the field of that name says."""

    count: int | str

    def read(self, cursor: Cursor) -> object:
        return IdSet.of_bits(cursor.take(self._count(cursor.fields)))

    def write(self, value: object, place: Place) -> str:
        count = self._count(place.fields)
        return place.ids(value, count).to_bits(count)

    def to_json(self, value: Any) -> object:
        return list(value)

    def from_json(self, value: Any, place: Place) -> object:
        return place.ids_from_json(value)

    def _count(self, fields: Mapping[str, Any]) -> int:
        return self.count if isinstance(self.count, int) else fields[self.count]

    def describe(self) -> str:
        return f"set of ids, {self.count if isinstance(self.count, int) else f'`{self.count}`'} bits"
