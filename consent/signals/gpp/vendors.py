"""Kinds of fields that hold vendors: `OptimizedRange` and `N-ArrayOfRanges`, in each form they are found.

The specification and the reference library differ here. `OptimizedRange` is by the specification a Boolean
and then either a range or a bitfield with its length in 16 bits. The reference (`@iabgpp/cmpapi` 3.2) writes
the highest id in 16 bits first, then the Boolean, then a range in Fibonacci coding or a bitfield; its earlier
versions did so with a range of 16-bit numbers. All three are read; the reference's is written, because it is
the only one that other readers understand.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from consent.signals.gpp import fibonacci
from consent.signals.gpp.cursor import Cursor
from consent.signals.gpp.kinds import Place, Whole
from consent.signals.gpp.types import Restriction
from consent.signals.intervals import IdSet, Interval

ID_BITS = 16
HIGHEST_PURPOSE = 24
TYPES = (0, 1, 2)
MOST_RESTRICTIONS = HIGHEST_PURPOSE * len(TYPES)


class Form(Enum):
    """How a set of vendors is written."""

    REFERENCE = "reference"
    SPECIFICATION = "specification"
    OLDER_REFERENCE = "older reference"


@dataclass(frozen=True, slots=True)
class Vendors:
    """A set of vendor ids, as a range or as a bitfield, whichever is shorter."""

    form: Form = Form.REFERENCE

    def read(self, cursor: Cursor) -> object:
        if self.form is Form.SPECIFICATION:
            return _read_as_specified(cursor)
        bit = cursor.at
        highest = cursor.number(ID_BITS)
        ids = self._read(cursor, highest)
        if ids.highest != highest:
            cursor.ignore("wrong_maximum", f"the highest id is {ids.highest} and not {highest}", bit)
        return ids

    def _read(self, cursor: Cursor, highest: int) -> IdSet:
        is_range = cursor.take(1) == "1"
        if is_range and self.form is Form.OLDER_REFERENCE:
            return _read_plain_range(cursor)
        start = cursor.at
        ids = fibonacci.read_range(cursor) if is_range else IdSet.of_bits(cursor.take(highest))
        if self.form is Form.REFERENCE:
            range_is_shorter = (
                cursor.at - start <= highest if is_range else fibonacci.is_shorter_as_range(ids)
            )
            if is_range != range_is_shorter:
                cursor.ignore("not_shortest", "the other of range and bitfield is to be taken", start)
        return ids

    def write(self, value: object, place: Place) -> str:
        return _write(place.ids(value, fibonacci.HIGHEST))

    def to_json(self, value: Any) -> object:
        return list(value)

    def from_json(self, value: Any, place: Place) -> object:
        return place.ids_from_json(value)

    def describe(self) -> str:
        return "set of ids, a Fibonacci range or a bitfield"


def _write(ids: IdSet) -> str:
    """Return the reference's form. A range is written only where a bitfield is not shorter."""
    highest = ids.highest
    if fibonacci.is_shorter_as_range(ids):
        return f"{highest:016b}1{fibonacci.write_range(ids)}"
    return f"{highest:016b}0{ids.to_bits(highest)}"


def _read_as_specified(cursor: Cursor) -> IdSet:
    if cursor.take(1) == "1":
        return fibonacci.read_range(cursor)
    bit = cursor.at
    length = cursor.number(ID_BITS)
    ids = IdSet.of_bits(cursor.take(length))
    if ids.highest != length:
        cursor.ignore("wrong_maximum", f"the highest id is {ids.highest} and not {length}", bit)
    return ids


def _read_plain_range(cursor: Cursor) -> IdSet:
    """Return the ids of a "Range (Int)"."""
    intervals: list[Interval] = []
    for first, last in _read_plain_items(cursor):
        if first > last or first == 0:
            cursor.ignore("inverted", f"a group from {first} to {last}", cursor.at - ID_BITS)
            continue
        if intervals and first <= intervals[-1][1] + 1:
            cursor.ignore("overlapping", f"the ids from {first} on are not behind the ones before")
        intervals.append((first, last))
    return IdSet.of_intervals(intervals) if cursor.reader.lenient else IdSet(tuple(intervals))


def _read_plain_items(cursor: Cursor) -> Iterator[Interval]:
    for _ in range(cursor.number(fibonacci.COUNT_BITS)):
        group = cursor.take(1) == "1"
        first = cursor.number(ID_BITS)
        yield first, cursor.number(ID_BITS) if group else first


@dataclass(frozen=True, slots=True)
class Restrictions:
    """What the publisher restricts vendors to: a list of purpose, type and vendor ids."""

    form: Form = Form.REFERENCE

    def read(self, cursor: Cursor) -> object:
        found: dict[tuple[int, int], Restriction] = {}
        count = cursor.number(fibonacci.COUNT_BITS)
        if count > MOST_RESTRICTIONS:
            cursor.refuse("beyond_maximum", f"{count} restrictions, and {MOST_RESTRICTIONS} can differ")
        for _ in range(count):
            bit = cursor.at
            key, type_ = cursor.number(6), cursor.number(2)
            ids = Vendors(self.form).read(cursor)
            if wrong := _wrong(key, type_):
                cursor.ignore("not_allowed", wrong, bit)
            elif (key, type_) in found:
                cursor.ignore("duplicate", f"purpose {key} is restricted so already", bit)
            elif isinstance(ids, IdSet):
                found[key, type_] = Restriction(key, type_, ids)
        return tuple(found.values())

    def write(self, value: object, place: Place) -> str:
        restrictions = place.items(value)
        seen: set[tuple[int, int]] = set()
        return f"{len(restrictions):012b}" + "".join(_write_one(one, place, seen) for one in restrictions)

    def to_json(self, value: Any) -> object:
        return [{"key": one.key, "type": one.type, "ids": list(one.ids)} for one in value]

    def from_json(self, value: Any, place: Place) -> object:
        return tuple(_restriction(one, place) for one in place.items(value))

    def describe(self) -> str:
        return "list of purpose (6 bits), type (2 bits: 0, 1, 2) and set of ids as above"


def _wrong(key: int, type_: int) -> str:
    if not 1 <= key <= HIGHEST_PURPOSE:
        return f"there is no purpose {key}: they are 1 to {HIGHEST_PURPOSE}"
    return "" if type_ in TYPES else f"there is no type {type_}: they are 0, 1, 2"


def _write_one(value: object, place: Place, seen: set[tuple[int, int]]) -> str:
    if not isinstance(value, Restriction):
        place.refuse("wrong_type", f"{value!r} is no restriction")
    number = Whole(6).write(value.key, place) + Whole(2).write(value.type, place)
    if wrong := _wrong(value.key, value.type):
        place.refuse("not_allowed", wrong)
    if (value.key, value.type) in seen:
        place.refuse("duplicate", f"purpose {value.key} is restricted so already")
    seen.add((value.key, value.type))
    return number + Vendors().write(value.ids, place)


def _restriction(value: object, place: Place) -> Restriction:
    if not isinstance(value, dict) or set(value) != {"key", "type", "ids"}:
        place.refuse("wrong_type", f"{value!r} is no object of key, type and ids")
    return Restriction(
        place.number(value["key"]), place.number(value["type"]), place.ids_from_json(value["ids"])
    )
