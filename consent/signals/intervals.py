"""Sets of small positive numbers (vendors, purposes), kept as intervals.

A range section of 65,535 vendors stays one pair of numbers, so that a hostile string costs no memory.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from operator import itemgetter

Interval = tuple[int, int]
"""First and last number, both inside."""

_RUNS = re.compile("1+")


@dataclass(frozen=True, slots=True)
class IdSet:
    """A set of positive numbers. `intervals` are sorted and neither overlap nor touch."""

    intervals: tuple[Interval, ...] = field(default=())

    @classmethod
    def of(cls, ids: Iterable[int]) -> "IdSet":
        """Return the set of `ids`, in whatever order they come."""
        return cls.of_intervals((number, number) for number in ids)

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
        return cls(tuple((run.start() + 1, run.end()) for run in _RUNS.finditer(bits)))

    def to_bits(self, length: int) -> str:
        """Return `length` bits, number 1 first. Numbers past `length` are left out."""
        parts: list[str] = []
        done = 0
        for first, last in self.intervals:
            if first > length:
                break
            parts.append("0" * (first - 1 - done) + "1" * (min(last, length) - first + 1))
            done = min(last, length)
        return "".join(parts) + "0" * (length - done)

    @property
    def highest(self) -> int:
        """The highest number, or 0 of an empty set."""
        return self.intervals[-1][1] if self.intervals else 0

    def __contains__(self, number: object) -> bool:
        if not isinstance(number, int):
            return False
        place = bisect_right(self.intervals, number, key=itemgetter(0))
        return place > 0 and number <= self.intervals[place - 1][1]

    def __iter__(self) -> Iterator[int]:
        return chain.from_iterable(range(first, last + 1) for first, last in self.intervals)

    def __len__(self) -> int:
        return sum(last - first + 1 for first, last in self.intervals)

    def __bool__(self) -> bool:
        return bool(self.intervals)
