"""Sets of small positive numbers (vendors, purposes), kept as intervals or as the bits they were read from.

A range section of 65,535 vendors stays one pair of numbers, and a bitfield stays the text of its bits until
somebody asks for its intervals: so that a hostile string costs no memory, and an honest one no time.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import chain, compress
from operator import itemgetter

Interval = tuple[int, int]
"""First and last number, both inside."""

_RUNS = re.compile("1+")
_ONE = ord("1")
_FLAGS = bytes.maketrans(b"01", b"\x00\x01")
_DENSE = 32
"""Up to as many places for each number a text of bits is made sooner than intervals are."""


class IdSet:
    """A set of positive numbers; it never changes. `intervals` are sorted and neither overlap nor touch."""

    __slots__ = ("_bits", "_intervals")
    _bits: str | None
    _intervals: tuple[Interval, ...] | None

    def __init__(self, intervals: tuple[Interval, ...] = ()) -> None:
        self._bits = None
        self._intervals = intervals

    @classmethod
    def of(cls, ids: Iterable[int]) -> "IdSet":
        """Return the set of `ids`, in whatever order they come."""
        numbers = list(ids)
        highest = max(numbers, default=0)
        if highest > _DENSE * len(numbers) or min(numbers, default=1) < 1:
            return cls.of_intervals((number, number) for number in numbers)
        bits = bytearray(b"0") * highest
        for number in numbers:
            bits[number - 1] = _ONE
        return cls.of_bits(bits.decode())

    @classmethod
    def of_intervals(cls, intervals: Iterable[Interval]) -> "IdSet":
        """Return the union of `intervals`, each first to last; they may overlap."""
        joined: list[Interval] = []
        for first, last in sorted(intervals):
            if joined and first <= joined[-1][1] + 1:
                joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
            else:
                joined.append((first, last))
        return cls(tuple(joined))

    @classmethod
    def of_bits(cls, bits: str) -> "IdSet":
        """Return the numbers whose bit is 1; the first bit is number 1."""
        made = cls.__new__(cls)
        made._bits = bits
        made._intervals = None
        return made

    @property
    def intervals(self) -> tuple[Interval, ...]:
        """First and last number of each run, in order."""
        if self._intervals is None:
            runs = map(re.Match.span, _RUNS.finditer(self._bits or ""))
            self._intervals = tuple((start + 1, end) for start, end in runs)
        return self._intervals

    def to_bits(self, length: int) -> str:
        """Return `length` bits, number 1 first. Numbers past `length` are left out."""
        if self._bits is not None:
            return self._bits[:length].ljust(length, "0")
        bits = bytearray(b"0") * length
        for first, last in self.intervals:
            if first > length:
                break
            end = min(last, length)
            bits[first - 1 : end] = b"1" * (end - first + 1)
        return bits.decode()

    def count_runs(self) -> int:
        """Return how many intervals there are, without making them."""
        if self._intervals is None:
            bits = self._bits or ""
            return bits.count("01") + bits.startswith("1")
        return len(self._intervals)

    @property
    def highest(self) -> int:
        """The highest number, or 0 of an empty set."""
        if self._intervals is None:
            return (self._bits or "").rfind("1") + 1
        return self._intervals[-1][1] if self._intervals else 0

    @property
    def lowest(self) -> int:
        """The lowest number, or 0 of an empty set."""
        if self._intervals is None:
            return (self._bits or "").find("1") + 1
        return self._intervals[0][0] if self._intervals else 0

    def __contains__(self, number: object) -> bool:
        if not isinstance(number, int):
            return False
        if self._bits is not None:
            return 0 < number <= len(self._bits) and self._bits[number - 1] == "1"
        place = bisect_right(self.intervals, number, key=itemgetter(0))
        return place > 0 and number <= self.intervals[place - 1][1]

    def __iter__(self) -> Iterator[int]:
        if self._bits is not None:
            return compress(range(1, len(self._bits) + 1), self._bits.encode().translate(_FLAGS))
        return chain.from_iterable(range(first, last + 1) for first, last in self.intervals)

    def __len__(self) -> int:
        if self._bits is not None:
            return self._bits.count("1")
        return sum(last - first + 1 for first, last in self.intervals)

    def __bool__(self) -> bool:
        return "1" in self._bits if self._bits is not None else bool(self._intervals)

    def __eq__(self, other: object) -> bool:
        return self.intervals == other.intervals if isinstance(other, IdSet) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.intervals)

    def __repr__(self) -> str:
        return f"IdSet({self.intervals!r})"
