"""Consent checks while their processes are killed: no wrong allow, an answer to each, and they come back."""

import time
from collections.abc import Callable

import pytest
from django.utils import timezone

from activation.checks import services
from tests.chaos.check_load import Load, running_load
from tests.chaos.check_plane import CHECK_SERVER, LAX_SERVER, SEQUENCER, TAILER, CheckPlane, until
from tests.chaos.check_world import BOUND, DATABASE, World
from tests.chaos.cluster import django_connected

pytestmark = pytest.mark.xdist_group("chaos")

ROUNDS = 10
BLOWS: dict[str, Callable[[CheckPlane], None]] = {
    "the tailer": lambda plane: plane.kill_until_stale(TAILER),
    "a worker": lambda plane: plane.kill_worker(),
    "the parent": lambda plane: plane.kill(CHECK_SERVER),
    "the sequencer": lambda plane: plane.kill_until_stale(SEQUENCER),
    "PostgreSQL": lambda plane: plane.kill_database(),
}
CUTS_CONNECTIONS = {"a worker", "the parent"}
"""Whose death may end a connection without an answer; no other may."""


@pytest.mark.parametrize(
    "rounds", [pytest.param(1, id="once"), pytest.param(ROUNDS, id="again", marks=pytest.mark.long)]
)
@pytest.mark.parametrize("struck", BLOWS)
def test_a_kill_lets_nobody_through_who_said_no_and_is_got_over(
    check_world: World, struck: str, rounds: int
) -> None:
    for _ in range(rounds):
        load = _run_schedule(check_world, BLOWS[struck])
        assert load.find_faults(bound=BOUND) == []
        assert struck in CUTS_CONNECTIONS or all(one.status for one in load.asked)
    assert check_world.plane.gave_up == []


def _run_schedule(world: World, strike: Callable[[CheckPlane], None]) -> Load:
    """Return what was written and asked while somebody was killed, and until all had recovered."""
    load = world.load()
    until(lambda: world.ask(load.key, load.people[0]).allows)
    with running_load(load, world.cluster, DATABASE, world.vocabulary):
        until(lambda: load.has_answered(since=0))
        strike(world.plane)
        _see_recovery(world.plane, load)
    return load


def _see_recovery(plane: CheckPlane, load: Load) -> None:
    """Wait until the store is fresh again, some are allowed, and new withdrawals are known."""
    since = time.monotonic()
    until(lambda: plane.is_ready() and load.has_answered(since=since + BOUND), within=20)


def test_a_check_server_that_may_be_an_hour_behind_is_seen_to_let_people_through(check_world: World) -> None:
    """The mutant: the load must find what it is there to find."""
    check_world.plane.add_check_server(LAX_SERVER, bound=3600)
    until(lambda: check_world.plane.is_ready(LAX_SERVER))
    load = check_world.load(LAX_SERVER)
    with running_load(load, check_world.cluster, DATABASE, check_world.vocabulary):
        until(lambda: load.has_answered(since=0))
        check_world.plane.kill_for_good(SEQUENCER)
        try:
            until(lambda: any("wrong allow" in fault for fault in load.find_faults(bound=BOUND)), within=20)
        finally:
            check_world.plane.start_again(SEQUENCER)
    check_world.plane.stop_unit(LAX_SERVER)
    until(check_world.plane.is_ready)


def test_a_revoked_key_is_refused_within_a_second(check_world: World) -> None:
    [person] = check_world.make_people(1)
    key = check_world.make_key("revoked")
    until(lambda: check_world.ask(key, person).allows)

    with django_connected(check_world.cluster.parameters(DATABASE)):
        services.revoke_key(name="revoked", at=timezone.now())
    revoked_at = time.monotonic()
    until(lambda: check_world.ask(key, person).status == 401)

    assert time.monotonic() - revoked_at < 1
    assert check_world.plane.is_ready()


def test_a_rotated_key_works_within_a_second_and_the_old_one_goes_on(check_world: World) -> None:
    [person] = check_world.make_people(1)
    old = check_world.make_key("rotated")
    until(lambda: check_world.ask(old, person).allows)

    with django_connected(check_world.cluster.parameters(DATABASE)):
        new = services.rotate_key(name="rotated", at=timezone.now()).key
    rotated_at = time.monotonic()
    until(lambda: check_world.ask(new, person).allows)

    assert time.monotonic() - rotated_at < 1
    assert check_world.ask(old, person).allows


def test_a_key_revoked_before_all_fell_silent_is_denied(check_world: World) -> None:
    [person] = check_world.make_people(1)
    key = check_world.make_key("unlucky")
    until(lambda: check_world.ask(key, person).allows)
    check_world.plane.kill_for_good(TAILER)
    with django_connected(check_world.cluster.parameters(DATABASE)):
        services.revoke_key(name="unlucky", at=timezone.now())
    try:
        check_world.cluster.stop()
        until(lambda: not check_world.plane.is_ready())
        answer = check_world.ask(key, person)
    finally:
        check_world.cluster.start()
        check_world.plane.start_again(TAILER)

    assert (answer.status, answer.allows, answer.reason) == (200, False, "state_unavailable")
    until(check_world.plane.is_ready)
