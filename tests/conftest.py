"""What holds for every test: one that uses the database may use both of them."""

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

DATABASE_FIXTURES = {"db", "transactional_db", "live_server"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Open both databases to every test that uses one, and keep what else its own marker says."""
    for item in items:
        own = item.get_closest_marker("django_db")
        if own or DATABASE_FIXTURES & set(getattr(item, "fixturenames", ())):
            arguments, options = (own.args, own.kwargs) if own else ((), {})
            if len(arguments) < 3:  # the third one names databases
                options = {"databases": "__all__", **options}
            item.add_marker(pytest.mark.django_db(*arguments, **options), append=False)


@pytest.fixture(scope="session")
def spark_session(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[SparkSession]":
    """One Spark for all tests of a process. Their group is `spark`, so that only one process has one."""
    from tests.spark_world import start_spark  # noqa: PLC0415 - few processes need it

    with start_spark(tmp_path_factory.mktemp("spark")) as session:
        yield session


def pytest_sessionstart() -> None:
    """Watch what is emitted from now on, and work out once what is the same for every test."""
    from tests import lineage_walk, remembered, static_files  # noqa: PLC0415 - Django is set up only now

    lineage_walk.install()
    remembered.install()
    static_files.install()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Begin a test with no events."""
    from tests.lineage_walk import WALK  # noqa: PLC0415 - as above

    WALK.begin()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Let a test fail whose events hold what none may."""
    from tests.lineage_walk import check  # noqa: PLC0415 - as above

    outcome = yield
    if faults := check(item):
        pytest.fail("what this test emitted leaks, or is in disorder:\n" + "\n".join(faults), pytrace=False)
    return outcome
