"""Texts made to cost time or memory: ranges stay intervals, and what is refused is refused soon."""

import sys
import tracemalloc
from typing import Any

import pytest

from consent.signals.intervals import IdSet
from consent.signals.tcf import LONGEST, decode, decode_leniently, encode
from tests.tcf_hostile import HOSTILE

MEGABYTE = 1_000_000
MOST_STEPS = 15
"""Lines of our code for each character, at most: a bound that no busy machine changes."""


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_hostile_string_is_read_in_less_than_a_megabyte(name: str) -> None:
    text = HOSTILE[name]
    tracemalloc.start()
    try:
        decode_leniently(text)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert len(text) <= LONGEST
    assert peak < MEGABYTE


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_hostile_string_takes_few_steps_for_each_of_its_characters(name: str) -> None:
    text = HOSTILE[name]

    assert _count_steps(text) < MOST_STEPS * len(text) + 2_000


def test_the_widest_ranges_stay_single_intervals_and_come_back() -> None:
    text = HOSTILE["every range the widest"]
    tc = decode(text)

    assert tc.vendor_consents == tc.disclosed_vendors == IdSet(((1, 65535),))
    assert len(tc.publisher_restrictions) == 72
    assert all(one.vendors.intervals == ((1, 65535),) for one in tc.publisher_restrictions)
    assert encode(tc) == text


def _count_steps(text: str) -> int:
    """Return how many lines the decoder runs."""
    steps = 0

    def count(*_: Any) -> Any:
        nonlocal steps
        steps += 1
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        decode_leniently(text)
    finally:
        sys.settrace(before)
    return steps
