"""The order of the decision table: each reason alone, and every pair of them."""

from itertools import combinations
from typing import Any

import pytest

from activation.decisions.reasons import ALLOWING, Reason
from tests.decisions.world import BASE, answer, load, patched

FAULTS: list[dict[str, Any]] = load("precedence.yaml")
REASONS = [fault["reason"] for fault in FAULTS]
PAIRS = {
    f"{earlier['reason']}-{later['reason']}": (earlier, later)
    for earlier, later in combinations(FAULTS, 2)
    if later["reason"] not in earlier.get("apart_from", ())
}


def test_the_world_of_the_cases_allows() -> None:
    assert answer(BASE).reason is Reason.GRANTED


def test_every_reason_to_deny_has_a_fault() -> None:
    other_bases = {Reason.BASIS_CONDITION_UNMET}

    assert set(REASONS) == {*Reason} - ALLOWING - other_bases


def test_the_faults_follow_the_order_of_the_reasons() -> None:
    in_row_4 = {Reason.STATE_STALE, Reason.STATE_UNAVAILABLE}  # unreadable speaks before stale

    assert [r for r in REASONS if r not in in_row_4] == [r for r in Reason if r in set(REASONS) - in_row_4]


@pytest.mark.parametrize("fault", FAULTS, ids=REASONS)
def test_a_fault_alone_gives_its_reason(fault: dict[str, Any]) -> None:
    assert answer(patched(BASE, fault["given"])).reason == fault["reason"]


def speaking_of(earlier: dict[str, Any], later: dict[str, Any]) -> tuple[str, str]:
    """Return the reason given where both faults stand, and the one that must be given."""
    world = patched(patched(BASE, later["given"]), earlier["given"])
    expected = later if later["reason"] in earlier.get("yields_to", ()) else earlier
    return answer(world).reason.value, expected["reason"]


@pytest.mark.parametrize(("earlier", "later"), PAIRS.values(), ids=PAIRS)
def test_of_two_faults_the_earlier_speaks(earlier: dict[str, Any], later: dict[str, Any]) -> None:
    found, expected = speaking_of(earlier, later)

    assert found == expected
