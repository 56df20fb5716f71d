"""Kinds of fields that hold vendors: `OptimizedRange` and `N-ArrayOfRanges`, in each form they are found.

The specification and the reference library differ here. `OptimizedRange` is by the specification a Boolean
and then either a range or a bitfield with its length in 16 bits. The reference (`@iabgpp/cmpapi` 3.2) writes
the highest id in 16 bits first, then the Boolean, then a range in Fibonacci coding or a bitfield; its earlier
versions did so with a range of 16-bit numbers. All three are read; the reference's is written, because it is
the only one that other readers understand.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from consent.signals.gpp import fibonacci
from consent.signals.gpp.cursor import Cursor
from consent.signals.gpp.kinds import Whole, expect_ids, expect_list, ids_from_json, refuse
from consent.signals.gpp.types import Restriction
from consent.signals.intervals import IdSet, Interval

ID_BITS = 16
HIGHEST_PURPOSE = 24
TYPES = (0, 1, 2)


class Form(Enum):
    """How a set of vendors is written."""

    REFERENCE = "reference"
    SPECIFICATION = "specification"
    OLDER_REFERENCE = "older reference"


@dataclass(frozen=True, slots=True)
class Vendors:
    """A set of vendor ids, as a range or as a bitfield, whichever is shorter."""

    form: Form = Form.REFERENCE

    def read(self, cursor: Cursor, fields: Mapping[str, Any]) -> object:
        bit = cursor.at
        ids = _read_as_specified(cursor) if self.form is Form.SPECIFICATION else self._read(cursor)
        if self.form is Form.REFERENCE and not cursor.reader.lenient:
            self._check_shortest(ids, cursor, bit)
        return ids

    def _read(self, cursor: Cursor) -> IdSet:
        bit = cursor.at
        highest = cursor.number(ID_BITS)
        if cursor.take(1) == "0":
            ids = IdSet.of_bits(cursor.take(highest))
        elif self.form is Form.OLDER_REFERENCE:
            ids = _read_plain_range(cursor)
        else:
            ids = fibonacci.read_range(cursor)
        if ids.highest != highest:
            cursor.ignore("wrong_maximum", f"the highest id is {ids.highest} and not {highest}", bit)
        return ids

    def _check_shortest(self, ids: IdSet, cursor: Cursor, bit: int) -> None:
        if _write(ids) != cursor.bits[bit : cursor.at]:
            cursor.ignore("not_shortest", "the other of range and bitfield is shorter", bit)

    def write(self, value: object, field: str, fields: Mapping[str, Any]) -> str:
        ids = expect_ids(value, field, fibonacci.HIGHEST)
        return _write(ids)

    def to_json(self, value: Any) -> object:
        return list(value)

    def from_json(self, value: Any, field: str) -> object:
        return ids_from_json(value, field)

    def describe(self) -> str:
        return "set of ids, a Fibonacci range or a bitfield"


def _write(ids: IdSet) -> str:
    """Return the reference's form. A range is written only where a bitfield is not shorter."""
    highest = ids.highest
    range_bits = fibonacci.write_range(ids) if len(ids.intervals) < 1 << fibonacci.COUNT_BITS else ""
    if range_bits and len(range_bits) <= highest:
        return f"{highest:016b}1{range_bits}"
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

    def read(self, cursor: Cursor, fields: Mapping[str, Any]) -> object:
        found: dict[tuple[int, int], Restriction] = {}
        for _ in range(cursor.number(fibonacci.COUNT_BITS)):
            bit = cursor.at
            key, type_ = cursor.number(6), cursor.number(2)
            ids = Vendors(self.form).read(cursor, fields)
            if wrong := _wrong(key, type_):
                cursor.ignore("not_allowed", wrong, bit)
            elif (key, type_) in found:
                cursor.ignore("duplicate", f"purpose {key} is restricted so already", bit)
            elif isinstance(ids, IdSet):
                found[key, type_] = Restriction(key, type_, ids)
        return tuple(found.values())

    def write(self, value: object, field: str, fields: Mapping[str, Any]) -> str:
        restrictions = expect_list(value, field)
        if len(restrictions) >= 1 << fibonacci.COUNT_BITS:
            refuse(field, "out_of_range", "more restrictions than 4,095")
        seen: set[tuple[int, int]] = set()
        return f"{len(restrictions):012b}" + "".join(_write_one(one, field, seen) for one in restrictions)

    def to_json(self, value: Any) -> object:
        return [{"key": one.key, "type": one.type, "ids": list(one.ids)} for one in value]

    def from_json(self, value: Any, field: str) -> object:
        return tuple(_restriction(one, field) for one in expect_list(value, field))

    def describe(self) -> str:
        return "list of purpose (6 bits), type (2 bits: 0, 1, 2) and set of ids as above"


def _wrong(key: int, type_: int) -> str:
    if not 1 <= key <= HIGHEST_PURPOSE:
        return f"there is no purpose {key}: they are 1 to {HIGHEST_PURPOSE}"
    return "" if type_ in TYPES else f"there is no type {type_}: they are 0, 1, 2"


def _write_one(value: object, field: str, seen: set[tuple[int, int]]) -> str:
    if not isinstance(value, Restriction):
        refuse(field, "wrong_type", f"{value!r} is no restriction")
    number = Whole(6).write(value.key, field, {}) + Whole(2).write(value.type, field, {})
    if wrong := _wrong(value.key, value.type):
        refuse(field, "not_allowed", wrong)
    if (value.key, value.type) in seen:
        refuse(field, "duplicate", f"purpose {value.key} is restricted so already")
    seen.add((value.key, value.type))
    return number + Vendors().write(value.ids, field, {})


def _restriction(value: object, field: str) -> Restriction:
    if not isinstance(value, dict) or set(value) != {"key", "type", "ids"}:
        refuse(field, "wrong_type", f"{value!r} is no object of key, type and ids")
    return Restriction(value["key"], value["type"], ids_from_json(value["ids"], field))
