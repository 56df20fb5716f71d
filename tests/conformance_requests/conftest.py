"""Each system is started once for a worker, and emptied before each test."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.conformance_requests.harness import Harness
from tests.conformance_requests.kinds import HARNESSES

Started = dict[str, Harness]


@pytest.fixture(scope="session")
def _systems() -> Iterator[tuple[ExitStack, Started]]:
    with ExitStack() as stack:
        yield stack, {}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what asks for a harness on each one, those of one kind by one worker."""
    own = {name for mark in metafunc.definition.iter_markers("parametrize") for name in _names(mark.args[0])}
    if "harness" in metafunc.fixturenames and "harness" not in own:
        named = [pytest.param(name, marks=pytest.mark.xdist_group(f"systems {name}")) for name in HARNESSES]
        metafunc.parametrize("harness", named, indirect=True)


def _names(named: str | tuple[str, ...]) -> tuple[str, ...]:
    return (named,) if isinstance(named, str) else named


@pytest.fixture
def harness(
    request: pytest.FixtureRequest,
    _systems: tuple[ExitStack, Started],
    tmp_path_factory: pytest.TempPathFactory,
) -> Harness:
    """Give the harness, its system empty and well."""
    stack, started = _systems
    name = request.param
    if name not in started:
        started[name] = stack.enter_context(HARNESSES[name](tmp_path_factory.mktemp(name)))
    started[name].reset()
    return started[name]
