"""What is decided does not depend on the order in which the same was told: every small world, every order."""

from datetime import timedelta

import pytest

from tests.arrival_world import (
    DAY,
    MONDAY,
    ROWS,
    Recorder,
    expect,
    is_allowed,
    list_orders,
    list_worlds,
    tell_one_by_one,
)

SOON, LATER = MONDAY + 4 * DAY, MONDAY + 30 * DAY
"""Before and after the end of what was granted for a while."""


def check_every_order() -> None:
    """Noes that are told late change nothing; a yes that is told late may come to less, and never to more."""
    for world in list_worlds():
        in_time, _ = tell_one_by_one(world)
        for order in list_orders(world):
            late, told = tell_one_by_one(order)
            is_yes_late = any(one.is_yes and at != one.said_at for one, at in told)
            for at in (SOON, LATER):
                expected, found = (is_allowed(one.records, at=at) for one in (in_time, late))
                assert found == expected or (is_yes_late and not found), (order, at)


def test_whatever_is_told_first_the_same_is_decided() -> None:
    check_every_order()


def test_told_in_time_every_world_comes_to_what_the_rules_say() -> None:
    for world in list_worlds():
        in_time, _ = tell_one_by_one(world)
        assert is_allowed(in_time.records, at=SOON) == expect(world), world
