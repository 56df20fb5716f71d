"""The small parts that all signals are read by: bits, sets of numbers, times."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.signals import tenths
from consent.signals.base64url import ALPHABET, from_bits, to_bits
from consent.signals.errors import Fault, MalformedSignal
from consent.signals.intervals import IdSet
from consent.signals.reading import Lenient, Strict


@given(st.text(ALPHABET))
def test_text_comes_back_from_its_bits(text: str) -> None:
    bits = to_bits(text, Strict())

    assert len(bits) == 6 * len(text)
    assert set(bits) <= {"0", "1"}
    assert from_bits(bits) == text


@pytest.mark.parametrize("value", range(64))
def test_each_character_stands_for_its_place_in_the_alphabet(value: int) -> None:
    assert int(to_bits(ALPHABET[value], Strict()), 2) == value


@pytest.mark.parametrize(
    ("text", "position"), [("AA+A", 2), ("=", 0), ("AAAA=", 4), ("A A", 1), ("AAé", 2), ("A\n", 1)]
)
def test_a_character_outside_the_alphabet_is_refused_or_ignored_with_its_place(
    text: str, position: int
) -> None:
    lenient = Lenient()

    with pytest.raises(MalformedSignal) as refused:
        to_bits(text, Strict())

    assert (refused.value.fault.reason, refused.value.fault.position) == ("not_base64url", position)
    assert to_bits(text, lenient) == to_bits(text[:position], Strict())
    assert [fault.position for fault in lenient.ignored] == [position]


@given(st.sets(st.integers(1, 70)))
def test_a_set_of_numbers_is_that_set(ids: set[int]) -> None:
    kept = IdSet.of(ids)

    assert set(kept) == ids
    assert list(kept) == sorted(ids)
    assert len(kept) == len(ids)
    assert bool(kept) == bool(ids)
    assert kept.highest == max(ids, default=0)
    assert [number for number in range(75) if number in kept] == sorted(ids)
    assert IdSet.of_bits(kept.to_bits(70)) == kept


@given(st.lists(st.tuples(st.integers(1, 40), st.integers(0, 9))))
def test_intervals_that_overlap_or_touch_are_joined(pairs: list[tuple[int, int]]) -> None:
    intervals = [(first, first + more) for first, more in pairs]

    kept = IdSet.of_intervals(intervals)

    assert set(kept) == {number for first, last in intervals for number in range(first, last + 1)}
    assert kept == IdSet.of(set(kept))


def test_bits_past_the_length_are_left_out() -> None:
    assert IdSet.of([1, 3, 4, 9]).to_bits(3) == "101"
    assert IdSet.of_intervals([(2, 65_535)]).to_bits(4) == "0111"


@given(st.integers(0, tenths.HIGHEST))
def test_a_time_comes_back_from_its_tenths(number: int) -> None:
    assert tenths.from_time(tenths.to_time(number)) == number


def test_times_are_rounded_down_to_tenths() -> None:
    assert tenths.to_time(0) == datetime(1970, 1, 1, tzinfo=UTC)
    assert tenths.from_time(datetime(1970, 1, 1, 0, 0, 1, 299_999, tzinfo=UTC)) == 12
    assert tenths.to_time(tenths.HIGHEST).year == 2187


def test_an_error_says_where_and_what() -> None:
    fault = Fault("truncated", "12 bits are missing", 4, 24, "CmpId")

    assert str(MalformedSignal(fault)) == "CmpId: 12 bits are missing at character 4"
    assert fault.at(10).position == 14
    assert fault.at(0) is fault
