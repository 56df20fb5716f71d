"""Consent checks while their processes are killed: no wrong allow, an answer to each, and they come back."""

import http.client
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from activation.checks import services
from activation.checks.types import NO_LIMITS, Scope
from consent.policies.queries import get_policy_in_force
from consent.records.rules.vocabulary import Vocabulary, read_vocabulary
from tests.chaos.check_load import Asked, Load, ask, record, running_load
from tests.chaos.check_plane import (
    CHECK_SERVER,
    LAX_SERVER,
    SEQUENCER,
    TAILER,
    CheckPlane,
    running_plane,
    until,
)
from tests.chaos.cluster import Cluster, django_connected
from tests.chaos.schedules import TEMPLATE
from tests.enforcement_world import publish_policy, register_ads

pytestmark = pytest.mark.xdist_group("chaos")

DATABASE = "chaos_checks"
BOUND = 1.0
PEOPLE = 300
"""For each schedule."""
ROUNDS = 10
BLOWS: dict[str, Callable[[CheckPlane], None]] = {
    "the tailer": lambda plane: plane.kill(TAILER),
    "a worker": lambda plane: plane.kill_worker(),
    "the parent": lambda plane: plane.kill(CHECK_SERVER),
    "the sequencer": lambda plane: plane.kill(SEQUENCER),
    "PostgreSQL": lambda plane: plane.kill_database(),
}


class World:
    """A plane on a shop's database, and new people for each schedule."""

    def __init__(self, cluster: Cluster, plane: CheckPlane, vocabulary: Vocabulary) -> None:
        self.cluster, self.plane, self.vocabulary = cluster, plane, vocabulary
        self._people = 0

    def make_people(self, number: int = PEOPLE) -> list[str]:
        """Return customers who have said yes."""
        people = [f"{one:05}" for one in range(self._people, self._people + number)]
        self._people += number
        with django_connected(self.cluster.parameters(DATABASE)):
            record(self.vocabulary, people, "granted")
        return people

    def make_key(self, name: str) -> str:
        """Return a key that may check and be told reasons, and has no limits."""
        with django_connected(self.cluster.parameters(DATABASE)):
            made = services.make_client(
                name=name,
                scopes=(Scope.CHECK, Scope.EXPLAIN),
                valid_for=timedelta(hours=1),
                limits=NO_LIMITS,
                at=timezone.now(),
            )
            return made.key

    def load(self, server: str = CHECK_SERVER) -> Load:
        """Return a load on new people that has not begun."""
        people = self.make_people()
        return Load(self.plane.ports[server], self.key, people)

    @property
    def key(self) -> str:
        """A key for this schedule."""
        return self.make_key(f"tool-{self._people}")

    def ask(self, key: str, person: str) -> Asked:
        """Ask the check server once."""
        connection = http.client.HTTPConnection("127.0.0.1", self.plane.ports[CHECK_SERVER], timeout=10)
        try:
            return ask(connection, key, person)
        finally:
            connection.close()


@pytest.fixture(scope="module")
def world(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    cluster.copy(template=TEMPLATE, name=DATABASE)
    with django_connected(cluster.parameters(DATABASE)):
        publish_policy()
        register_ads()
        policy = get_policy_in_force(at=timezone.now())
        assert policy is not None
        vocabulary = read_vocabulary(policy.canonical)
    folder = tmp_path_factory.mktemp("plane")
    with running_plane(cluster, DATABASE, folder, bound=BOUND) as plane:
        yield World(cluster, plane, vocabulary)
    cluster.drop(DATABASE)


@pytest.mark.parametrize(
    "rounds", [pytest.param(1, id="once"), pytest.param(ROUNDS, id="again", marks=pytest.mark.long)]
)
@pytest.mark.parametrize("struck", BLOWS)
def test_a_kill_lets_nobody_through_who_said_no_and_is_got_over(
    world: World, struck: str, rounds: int
) -> None:
    for _ in range(rounds):
        load = world.load()
        until(lambda load=load: world.ask(load.key, load.people[0]).allows)  # type: ignore[misc]
        with running_load(load, world.cluster, DATABASE, world.vocabulary):
            until(lambda load=load: load.has_answered(since=0))  # type: ignore[misc]

            BLOWS[struck](world.plane)

            _see_recovery(world.plane, load)
        assert load.find_faults(bound=BOUND) == []
    assert world.plane.gave_up == []


def _see_recovery(plane: CheckPlane, load: Load) -> None:
    """Wait until the store is fresh again, some are allowed, and new withdrawals are known."""
    since = time.monotonic()
    until(lambda: plane.is_ready() and load.has_answered(since=since + BOUND), within=20)
