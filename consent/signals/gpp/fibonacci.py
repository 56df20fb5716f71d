"""Numbers and ranges in Fibonacci coding (GPP "Consent String Specification", "Fibonacci Encoding").

A codeword is the number's Zeckendorf sum, smallest term first, closed by one more 1: it ends at the first
"11", so a sequence of numbers needs no widths.
"""

import re
from functools import lru_cache

from consent.signals.gpp.cursor import Cursor
from consent.signals.intervals import IdSet, Interval

HIGHEST = 65_535
"""The highest id that a range may hold: ids are numbers of 16 bits everywhere else."""

COUNT_BITS = 12
MOST_ITEMS = 3_000
"""Of all ranges of a segment together. A set among 1,500 vendors needs 375 at most, as a bitfield is shorter
from there on; without a limit a hostile text, at four bits an item, would cost megabytes."""
_SHORTEST_ITEM = 4
"""Bits of a single id two behind the last; only the very first item can be shorter, by one."""

_TERMS = (
    *(1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987, 1597, 2584, 4181, 6765),
    *(10_946, 17_711, 28_657, 46_368),
)
_CODEWORD = "((?:0|10)*+11)"
_ITEM = re.compile(f"0{_CODEWORD}|1{_CODEWORD}{_CODEWORD}")


@lru_cache(maxsize=8192)
def to_codeword(number: int) -> str:
    """Return the bits of a number from 1 to 75,000 or so."""
    digits = []
    for term in reversed(_TERMS):
        if term <= number:
            number -= term
            digits.append("1")
        elif digits:
            digits.append("0")
    return "".join(reversed(digits)) + "1"


@lru_cache(maxsize=8192)
def from_codeword(bits: str) -> int:
    """Return the number of a codeword. A codeword of more terms than ids need is `HIGHEST` + 1."""
    if len(bits) > len(_TERMS) + 1:
        return HIGHEST + 1
    return sum(term for term, digit in zip(_TERMS, bits[:-1], strict=False) if digit == "1")


def read_range(cursor: Cursor, *, may_touch: bool = False) -> IdSet:
    """Return the ids of a "Range (Fibonacci)": a count, then single ids and groups, each by its offset.

    Offsets count from 1, so a range can be neither inverted nor overlap. Of items that touch, the
    specification says nothing: they could have been one group. A header's may; elsewhere a range that is not
    the shortest is refused, as forms are told apart by that. A lenient reader joins them.

    :raises MalformedSignal: if the range is cut off or an id too high, and for every fault strictly.
    """
    count = cursor.number(COUNT_BITS)
    cursor.items += count
    if cursor.items > MOST_ITEMS:
        cursor.refuse(
            "beyond_maximum", f"the ranges have more than {MOST_ITEMS} items", cursor.at - COUNT_BITS
        )
    intervals: list[Interval] = []
    bits, at, last = cursor.bits, cursor.at, 0
    for _ in range(count):
        item = _ITEM.match(bits, at)
        if item is None:
            cursor.refuse("truncated", "the range is cut off", len(bits))
        single, start, length = item.groups()
        first = last + from_codeword(single or start)
        if first == last + 1 and intervals and not may_touch:
            detail = f"the ids from {first} on touch the ones before: they are one group"
            cursor.ignore("not_shortest", detail, at)
        last = first if single else first + from_codeword(length)
        if last > HIGHEST:
            cursor.refuse("beyond_maximum", f"an id is over {HIGHEST}", at)
        intervals.append((first, last))
        at = item.end()
    cursor.at = at
    joins = may_touch or cursor.reader.lenient
    return IdSet.of_intervals(intervals) if joins else IdSet(tuple(intervals))


def is_shorter_as_range(ids: IdSet) -> bool:
    """Return whether the range of `ids` takes at most as many bits as a bitfield up to the highest."""
    runs, highest = ids.count_runs(), ids.highest
    if runs > MOST_ITEMS or COUNT_BITS + _SHORTEST_ITEM * runs - 1 > highest:
        return False
    return len(write_range(ids)) <= highest


def write_range(ids: IdSet) -> str:
    """Return the bits of a range of at most 4,095 intervals."""
    parts = [format(len(ids.intervals), "012b")]
    done = 0
    for first, last in ids.intervals:
        group = last - first
        parts.append(("1" if group else "0") + to_codeword(first - done))
        if group:
            parts.append(to_codeword(group))
        done = last
    return "".join(parts)
