"""A shop on a check plane: its policy, its people and its callers' keys."""

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from django.utils import timezone

from activation.checks import services
from activation.checks.types import NO_LIMITS, Scope
from consent.policies.queries import get_policy_in_force
from consent.records.rules.vocabulary import read_vocabulary
from consent.records.types import Vocabulary
from tests.chaos.check_load import Asked, Load, ask, record
from tests.chaos.check_plane import CHECK_SERVER, CheckPlane, running_plane
from tests.chaos.cluster import Cluster, django_connected
from tests.chaos.schedules import TEMPLATE
from tests.enforcement_world import publish_policy, register_ads

DATABASE = "chaos_checks"
BOUND = 1.0
"""Seconds that the check server's store may lack what happened."""
PEOPLE = 300
"""For each schedule."""


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


@contextmanager
def running_world(cluster: Cluster, folder: Path) -> Iterator[World]:
    """Give a shop whose checks are answered, on a database of its own."""
    cluster.copy(template=TEMPLATE, name=DATABASE)
    with django_connected(cluster.parameters(DATABASE)):
        publish_policy()
        register_ads()
        policy = get_policy_in_force(at=timezone.now())
        assert policy is not None
        vocabulary = read_vocabulary(policy.canonical)
    with running_plane(cluster, DATABASE, folder, bound=BOUND) as plane:
        yield World(cluster, plane, vocabulary)
    cluster.drop(DATABASE)
