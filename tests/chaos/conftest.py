"""One PostgreSQL for all schedules, and a migrated database to copy."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.plugin import DjangoDbBlocker

from config.databases import name_beside
from config.launch.arguments import DEFAULT_HOME
from tests.chaos import roles
from tests.chaos.check_world import World, running_world
from tests.chaos.cluster import Cluster, running_cluster
from tests.chaos.crew import Member
from tests.chaos.roles import Role
from tests.chaos.schedules import TEMPLATE


@pytest.fixture(scope="session")
def cluster(
    tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker
) -> Iterator[Cluster]:
    """A server of these tests' own: killing it disturbs nobody else.

    fsync is off: it tells the disk, which matters when the machine stops, and that is not claimed here. What
    a process has written to a file outlives the process either way. synchronous_commit stays on.
    """
    with running_cluster(DEFAULT_HOME / "chaos") as running, django_db_blocker.unblock():
        running.administer("ALTER SYSTEM SET fsync = off")
        running.administer("SELECT pg_reload_conf()")
        for name in (TEMPLATE, name_beside(TEMPLATE)):
            running.administer("CREATE DATABASE {}", name)
        _migrate(running, tmp_path_factory.mktemp("migrate"))
        yield running


@pytest.fixture(scope="session")
def check_world(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A shop whose checks are answered by processes of their own."""
    with running_world(cluster, tmp_path_factory.mktemp("plane")) as running:
        yield running


def _migrate(cluster: Cluster, folder: Path) -> None:
    member = Member(Role("migration", cluster.parameters(TEMPLATE), folder), roles.migrate)
    member.start()
    member.life.join()
    assert member.life.exitcode == 0, member.log_end()
