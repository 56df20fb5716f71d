"""Killed, refused or cut off anywhere on its way, a run delivers whole or nothing, and the next is safe."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from activation.enforcement import services
from tests.deaths.client import DeathServer, death_server
from tests.deaths.jobs import Job
from tests.deaths.points import Fate
from tests.deaths.recipient import SAMPLE, FakeRecipient, deliver_sample
from tests.deaths.walking import Walk
from tests.enforcement_world import make_world

PARTS = 2
"""Of a walk to every point, for as many processes."""
STEP = 6
"""A walk that goes to every sixth point goes to all of them with `--long`."""
EVERYWHERE = [pytest.param(part, PARTS, id=f"part-{part + 1}") for part in range(PARTS)]
SPREAD = [pytest.param(1, STEP, id="spread")]
THE_REST = [
    pytest.param(first, STEP, id=f"from-{first}", marks=pytest.mark.long) for first in (0, 2, 3, 4, 5)
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeathServer]:
    """Give the server that every walk of this module uses."""
    with death_server(tmp_path_factory.mktemp("deaths") / "errors.log") as found:
        yield found


def walk_points(walk: Walk, fate: Fate, first: int, step: int) -> None:
    """Meet `fate` at every `step`th point, and hold that all of it is safe and most of it happened."""
    points = list(enumerate(walk.list_points(), 1))[first::step]
    for nth, name in points:
        walk.meet(nth, name, fate)
    assert walk.faults == []
    assert walk.met >= len(points) * 0.8


@pytest.mark.parametrize(("first", "step"), EVERYWHERE)
def test_a_run_that_is_killed_at_any_point_delivers_whole_or_nothing(
    committed_database: str, server: DeathServer, tmp_path: Path, first: int, step: int
) -> None:
    make_world()

    walk_points(Walk(server, committed_database, tmp_path), Fate.DIES, first, step)


@pytest.mark.parametrize(("first", "step"), [*SPREAD, *THE_REST])
@pytest.mark.parametrize("fate", [Fate.FULL, Fate.CUT_OFF])
def test_a_run_that_is_refused_something_at_any_point_delivers_whole_or_nothing(
    committed_database: str, server: DeathServer, tmp_path: Path, fate: Fate, first: int, step: int
) -> None:
    make_world()

    walk_points(Walk(server, committed_database, tmp_path), fate, first, step)


@pytest.mark.parametrize(("first", "step"), [*SPREAD, *THE_REST])
def test_a_run_that_is_killed_while_it_replaces_another_leaves_nothing_mixed(
    committed_database: str, server: DeathServer, tmp_path: Path, first: int, step: int
) -> None:
    make_world()

    walk_points(Walk(server, committed_database, tmp_path, replaces=True), Fate.DIES, first, step)


@pytest.mark.parametrize("fate", [Fate.DIES, Fate.FULL])
def test_a_run_that_ends_in_the_middle_of_a_write_delivers_whole_or_nothing(
    committed_database: str, server: DeathServer, tmp_path: Path, fate: Fate
) -> None:
    make_world()
    walk = Walk(server, committed_database, tmp_path)
    walk.list_points()
    sizes = sorted({bound for size in walk.list_sizes() for bound in (1, size // 2, size - 1)})

    for size in sizes:
        walk.meet_in_a_write(size, fate)

    assert walk.faults == []
    assert walk.met == len(sizes)


@pytest.mark.parametrize(
    ("mutant", "on_the_way", "fault"),
    [
        ("name_the_output_first", "os.rename", "an output that is not whole after it"),
        ("end_in_two_transactions", "commit", "lineage ['START']"),
        ("mark_after_the_files", "enforcement_segment", "held there and not in the membership after it"),
    ],
)
def test_a_run_that_is_not_safe_is_found(
    committed_database: str, server: DeathServer, tmp_path: Path, mutant: str, on_the_way: str, fault: str
) -> None:
    make_world()
    walk = Walk(server, committed_database, tmp_path, entry=f"tests.deaths.mutants:{mutant}")

    for nth, name in enumerate(walk.list_points(), 1):
        if on_the_way in name:
            walk.meet(nth, name, Fate.DIES)

    assert any(fault in one for one in walk.faults), walk.faults


def test_a_half_written_output_is_found(committed_database: str, server: DeathServer, tmp_path: Path) -> None:
    make_world()
    walk = Walk(server, committed_database, tmp_path, entry="tests.deaths.mutants:write_in_place")

    walk.meet_in_a_write(100, Fate.DIES)

    assert any("not whole after it" in one for one in walk.faults), walk.faults


def test_runs_that_nobody_closes_are_found(
    committed_database: str, server: DeathServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_world()
    walk = Walk(server, committed_database, tmp_path)
    walk.list_points()
    monkeypatch.setattr(services, "close_dead_runs", lambda: None)

    walk.meet_in_a_write(1, Fate.DIES)

    assert walk.faults


def test_a_recipient_has_all_or_nothing_wherever_a_delivery_dies(server: DeathServer, tmp_path: Path) -> None:
    entry, everybody = (
        "tests.deaths.recipient:deliver_sample",
        [{"email": one} for row in SAMPLE for one in row],
    )
    (tmp_path / "counted").mkdir()
    points = server.carry_out(Job(database="none", folder=str(tmp_path / "counted"), entry=entry)).points

    for nth, fate in product(range(1, len(points) + 1), [Fate.DIES, Fate.FULL]):
        folder = tmp_path / f"{fate}-{nth}"
        folder.mkdir()
        ending = server.carry_out(Job(database="none", folder=str(folder), entry=entry, nth=nth, fate=fate))

        assert ending.signal or ending.error
        assert FakeRecipient(folder).list_taken("sample") in (None, everybody)
        deliver_sample(folder)
        assert FakeRecipient(folder).list_taken("sample") == everybody
    assert len(points) >= 7
