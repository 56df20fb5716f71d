"""What following and sweeping survive: deaths, each other, another ledger, keys away. And mutants."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connections

from activation.enforcement.membership.queries import list_held
from activation.enforcement.membership.types import HeldMember, Member
from activation.enforcement.suppression.finding import asking, feed, following, services, sweeping
from activation.enforcement.suppression.finding.feed import AnotherLedger
from activation.enforcement.suppression.models import FeedPosition, Suppression
from consent.keys import queries as keys
from consent.keys.types import KeysUnavailable
from consent.ledger.services import sequence_pending
from tests.integration.test_pull_through import OPEN, TOLD, change_policy_first, keys_of
from tests.integration.test_pull_through import (
    test_a_consent_that_ends_is_set_down_behind_what_people_said as an_expiry,
)
from tests.integration.test_pull_through import (
    test_a_no_said_after_a_link_takes_out_everybody_it_joins as a_link,
)
from tests.integration.test_pull_through import (
    test_a_stranger_who_turns_out_to_have_said_no_is_taken_out as a_stranger,
)
from tests.integration.test_pull_through import (
    test_a_suspended_destination_keeps_what_it_has_but_for_those_who_say_no as a_suspension,
)
from tests.integration.test_pull_through import test_a_tighter_policy_takes_out_whom_it_denies as a_policy
from tests.pull_through_world import (
    ALICE,
    BOB,
    LONG,
    Clock,
    grant,
    hold,
    list_waiting,
    make_shop,
    movable_clock,
    pull_through,
    ref_of,
    run,
    say,
)

__all__: list[str] = []
Fault = Callable[[], AbstractContextManager[object]]


class Killed(BaseException):
    """Stands for the death of the process."""


@pytest.fixture(autouse=True)
def clock() -> Iterator[Clock]:
    with movable_clock() as clock:
        yield clock


def make_held(clock: Clock) -> None:
    """Have both customers held, and Alice say no; nobody followed that yet."""
    make_shop()
    grant(ALICE, clock)
    grant(BOB, clock)
    run()
    pull_through()
    say(ALICE, "withdrawn")
    sequence_pending()


def killed_at(module: object, name: str, *, after: bool = False) -> AbstractContextManager[object]:
    """Let the process die when it calls `name` of `module`, or right after that."""
    original = getattr(module, name)

    def die(*arguments: Any, **options: Any) -> Any:
        if after:
            original(*arguments, **options)
        raise Killed

    return patch.object(module, name, die)


DEATHS: dict[str, Fault] = {
    "before it reads": lambda: killed_at(feed, "read_news"),
    "before it writes": lambda: killed_at(following, "set_down"),
    "between rows and position": lambda: killed_at(following, "set_down", after=True),
    "before the commit": lambda: killed_at(feed, "move_position", after=True),
    "after the commit": lambda: killed_at(following, "wake_for_destinations"),
}


def die_and_go_on(death: Fault) -> None:
    """Have a follower die, and another go on."""
    before = FeedPosition.objects.get(name="pull_through").position
    with death(), pytest.raises(Killed):
        services.follow_feed()
    moved = FeedPosition.objects.get(name="pull_through").position > before
    assert moved == Suppression.objects.exists()

    while not services.follow_feed():
        pass
    assert [ref for ref, _, _ in list_waiting()] == [ref_of(ALICE)]


@pytest.mark.usefixtures("committed_database")
@pytest.mark.parametrize("death", DEATHS.values(), ids=list(DEATHS))
def test_a_follower_that_dies_skips_no_entry_and_doubles_none(clock: Clock, death: Fault) -> None:
    make_held(clock)

    die_and_go_on(death)


@pytest.mark.usefixtures("committed_database")
def test_a_position_that_moves_before_the_rows_loses_withdrawals(clock: Clock) -> None:
    make_held(clock)

    def position_first(limit: int) -> Any:
        row = FeedPosition.objects.get(name="pull_through")
        news = feed.read_news(row, limit=limit)
        feed.move_position(news.entries[-1])
        return True, vars(following)["set_down"](following._list_denials(news.entries))

    with (
        patch.object(following, "_step", position_first),
        patch.object(following, "one_moment", nullcontext),
        pytest.raises(AssertionError),
    ):
        die_and_go_on(DEATHS["before it writes"])


@pytest.mark.usefixtures("committed_database")
def test_a_sweep_that_dies_leaves_its_pages_due(clock: Clock) -> None:
    make_held(clock)
    clock.pass_time()
    with killed_at(sweeping, "decide_pages", after=True), pytest.raises(Killed):
        services.sweep_pages(budget=LONG)
    assert not Suppression.objects.exists()

    assert services.sweep_pages(budget=LONG)
    assert {ref for ref, _, _ in list_waiting()} == {ref_of(ALICE), ref_of(BOB)}


@pytest.mark.usefixtures("committed_database")
@pytest.mark.parametrize("work", ["follow", "sweep"])
def test_of_two_workers_at_once_the_second_finds_nothing_to_do(clock: Clock, work: str) -> None:
    make_held(clock)
    clock.pass_time()
    acts: dict[str, tuple[object, str, Callable[[], bool]]] = {
        "follow": (following, "set_down", services.follow_feed),
        "sweep": (sweeping, "decide_pages", lambda: services.sweep_pages(budget=LONG)),
    }
    module, name, act = acts[work]
    inside, go_on = threading.Event(), threading.Event()
    original = getattr(module, name)

    def slowly(*arguments: Any) -> Any:
        inside.set()
        assert go_on.wait(60)
        return original(*arguments)

    first = threading.Thread(target=_alone(act))
    with patch.object(module, name, slowly):
        first.start()
        assert inside.wait(60)
        with patch.object(module, name, original):
            assert act()
        assert not Suppression.objects.exists()
        go_on.set()
        first.join(60)

    assert Suppression.objects.filter(subject_ref=ref_of(ALICE)).count() == 1


def _alone(act: Callable[[], object]) -> Callable[[], None]:
    def act_and_close() -> None:
        try:
            act()
        finally:
            connections.close_all()

    return act_and_close


@pytest.mark.django_db
def test_nothing_moves_in_another_ledger_until_somebody_says_so(clock: Clock) -> None:
    make_held(clock)
    FeedPosition.objects.filter(name="pull_through").update(last_hash=bytes(32))
    before = FeedPosition.objects.get(name="pull_through").position

    with pytest.raises(AnotherLedger):
        services.follow_feed()
    assert FeedPosition.objects.get(name="pull_through").position == before
    assert not list_waiting()

    services.begin_anew()
    pull_through()
    assert [ref for ref, _, _ in list_waiting()] == [ref_of(ALICE)]


@pytest.mark.django_db
def test_a_ledger_shorter_than_what_was_read_is_another_one(clock: Clock) -> None:
    make_held(clock)
    FeedPosition.objects.filter(name="pull_through").update(position=10_000)

    with pytest.raises(AnotherLedger):
        services.follow_feed()


def away(_: object) -> Any:
    """Stand for keys that cannot be asked for."""
    raise KeysUnavailable("away")


@pytest.mark.django_db
def test_keys_that_are_away_take_nobody_out_and_skip_nobody(clock: Clock) -> None:
    make_held(clock)
    clock.pass_time()
    before = FeedPosition.objects.get(name="pull_through").position
    with patch.object(keys, "get_keys", away):
        with pytest.raises(KeysUnavailable):
            services.follow_feed()
        with pytest.raises(KeysUnavailable):
            services.sweep_pages(budget=LONG)
    assert FeedPosition.objects.get(name="pull_through").position == before
    assert not list_waiting()

    pull_through()
    assert {ref for ref, _, _ in list_waiting()} == {ref_of(ALICE), ref_of(BOB)}


@pytest.mark.django_db
def test_keys_that_are_away_let_no_stranger_slip_by(clock: Clock) -> None:
    change_policy_first(OPEN)
    hold(Member(ref="", identifiers=TOLD, keys=keys_of("00007")))
    pull_through()
    say("00007", "objected")
    sequence_pending()
    before = FeedPosition.objects.get(name="pull_through").position

    with patch.object(keys, "get_keys", away), pytest.raises(KeysUnavailable):
        services.follow_feed()

    assert FeedPosition.objects.get(name="pull_through").position == before
    pull_through()
    assert [ref for ref, _, _ in list_waiting()] == [ref_of("00007")]


@pytest.mark.django_db
def test_who_cannot_be_read_while_keys_can_be_asked_is_taken_out(clock: Clock) -> None:
    make_held(clock)
    say(BOB, vital_interest="no")
    sequence_pending()
    ref, original = ref_of(BOB), keys.get_keys

    def without_bob(refs: Any) -> Any:
        return {one: key for one, key in original(refs).items() if one != ref}

    with patch.object(keys, "get_keys", without_bob):
        services.follow_feed()

    assert (ref, "change", "state_unavailable") in list_waiting()


def only_asked(refs: Any) -> list[Any]:
    """Look at nobody but those whom entries name."""
    return [frozenset({ref}) for ref in refs]


def no_strangers(refs: Any) -> list[HeldMember]:
    """Find nobody but those who were on record when they were sent."""
    return [one for one in list_held(refs) if one.member.ref]


MUTANTS: dict[str, tuple[object, str, Any]] = {
    "links are ignored": (following, "list_touched_groups", only_asked),
    "strangers are ignored": (following, "list_held", no_strangers),
    "a suspension is a denial": (asking, "lift_suspensions", lambda register: register),
    "ends are ignored": (sweeping, "list_due_pages", lambda **_: []),
    "another world is ignored": (sweeping, "list_due_pages", lambda **_: []),
}
SCENES: dict[str, tuple[bool, Callable[..., None], bool]] = {
    "links are ignored": (True, a_link, False),
    "strangers are ignored": (False, a_stranger, False),
    "a suspension is a denial": (True, a_suspension, False),
    "ends are ignored": (True, an_expiry, True),
    "another world is ignored": (True, a_policy, False),
}
"""Whether both are held before; the scene; whether it takes the clock."""


def _held(clock: Clock) -> None:
    make_shop()
    grant(ALICE, clock)
    grant(BOB, clock)
    run()
    pull_through()


@pytest.mark.django_db
@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_mutant_is_seen(clock: Clock, mutant: str) -> None:
    module, name, planted = MUTANTS[mutant]
    is_held, scene, takes_clock = SCENES[mutant]
    if is_held:
        _held(clock)
    with patch.object(module, name, planted), pytest.raises(AssertionError):
        scene(*([clock] if takes_clock else []))
