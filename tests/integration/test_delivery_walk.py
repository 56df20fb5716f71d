"""Killed, refused or cut off anywhere while it hands over, a run ends: its rows are there once, or none."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from activation.destinations.services import connect_destination
from activation.enforcement.models import EnforcementRun
from activation.enforcement.types import RunStatus
from consent.network.errors import DeliveryFailed, DeliveryRefused
from tests.conformance.harness import Fault, Harness
from tests.conformance.harness_postgresql import start as start_postgresql
from tests.deaths.client import DeathServer, death_server
from tests.deaths.connected import connected_to_fake, enforce_to_fake, open_fake
from tests.deaths.home import at_home, home_of
from tests.deaths.points import Fate
from tests.deaths.walking import ALLOWED, Rows, Walk
from tests.enforcement_world import JAN_1, make_world, read_csv, run, write_csv

LONGEST_SECONDS = 45
"""Several times what the settings of the recipient allow: the machine may be busy."""
FROM_HANDING_OVER = "recipient"
STEP = 3
SPREAD = [pytest.param(0, STEP, id="spread")]
THE_REST = [pytest.param(first, STEP, id=f"from-{first}", marks=pytest.mark.long) for first in (1, 2)]
FAKE, WATCHED = (f"tests.deaths.connected:{name}" for name in ("enforce_to_fake", "enforce_watched"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeathServer]:
    """Give the server that every walk of this module uses."""
    with death_server(tmp_path_factory.mktemp("deaths") / "errors.log") as found:
        yield found


@pytest.fixture(scope="module")
def crm(
    django_db_setup: None, django_db_blocker: object, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Harness]:
    """Give a database that is a recipient."""
    with django_db_blocker.unblock(), start_postgresql(tmp_path_factory.mktemp("crm")) as harness:  # type: ignore[attr-defined]
        yield harness


def hold_fake(folder: Path) -> Rows:
    """Return what the recipient beside `folder` has of its audience."""
    return open_fake(folder).list_taken("out") or []


def hold_file(folder: Path) -> Rows:
    """Return what lies in the folder for deliveries."""
    path = home_of(folder) / "deliveries" / "ads" / "out.csv"
    return list(read_csv(path)) if path.exists() else []


def connect(kind: str, settings: dict[str, object], secrets: dict[str, str] | None = None) -> None:
    """Connect the tests' destination."""
    connect_destination(
        slug="ads", connector=kind, settings=settings, secrets=secrets or {}, changed_by="officer", at=JAN_1
    )


def walk_delivery(walk: Walk, fate: Fate, first: int, step: int) -> None:
    """Meet `fate` at every `step`th point from just before the handing over on."""
    points = list(enumerate(walk.list_points(), 1))
    start = next(place for place, (_, name) in enumerate(points) if name.startswith(FROM_HANDING_OVER))
    chosen = points[start - 4 :][first::step]
    for nth, name in chosen:
        walk.meet(nth, name, fate)
    assert walk.faults == []
    assert walk.met >= len(chosen) * 0.8


def make_fake_walk(
    server: DeathServer, database: str, home: Path, entry: str = FAKE, *, replaces: bool = False
) -> Walk:
    """Return a walk to the recipient that is not here."""
    return Walk(
        server,
        database,
        home,
        entry=entry,
        come_next=enforce_to_fake,
        held=hold_fake,
        replaces=replaces,
        connected=connected_to_fake,
    )


@pytest.mark.parametrize(("first", "step"), [*SPREAD, *THE_REST])
@pytest.mark.parametrize("fate", list(Fate))
def test_a_delivery_that_ends_anywhere_is_there_once(
    committed_database: str, server: DeathServer, tmp_path: Path, fate: Fate, first: int, step: int
) -> None:
    make_world()

    walk_delivery(make_fake_walk(server, committed_database, tmp_path), fate, first, step)


@pytest.mark.parametrize(("first", "step"), [*SPREAD, *THE_REST])
def test_a_delivery_into_a_folder_that_is_killed_anywhere_is_there_once(
    committed_database: str, server: DeathServer, tmp_path: Path, first: int, step: int
) -> None:
    make_world()
    connect("file", {"folder": "ads", "format": "csv"})

    walk_delivery(
        Walk(server, committed_database, tmp_path, entry=WATCHED, held=hold_file), Fate.DIES, first, step
    )


@pytest.mark.xdist_group("conformance postgresql")
@pytest.mark.parametrize(("first", "step"), [*SPREAD, *THE_REST])
def test_a_delivery_into_a_table_that_is_killed_anywhere_is_there_once(
    committed_database: str, server: DeathServer, crm: Harness, tmp_path: Path, first: int, step: int
) -> None:
    make_world()
    connect("postgresql", crm.settings(), crm.secrets())
    hold: Callable[[Path], Rows] = lambda _: crm.held("out")  # noqa: E731 - of its own type

    walk_delivery(
        Walk(server, committed_database, tmp_path, entry=WATCHED, held=hold, empty=crm.reset),
        Fate.DIES,
        first,
        step,
    )


@pytest.mark.parametrize(
    ("mutant", "fault"),
    [
        ("forget_the_delivery", "a run that sent rows says that it did not"),
        ("keep_no_proof", "proof: FileNotFoundError"),
        ("mark_after_the_delivery", "held there and not in the membership after it"),
        ("forget_who_was_sent_by_a_failure", "held there and not in the membership after it"),
    ],
)
def test_a_delivery_that_is_not_safe_is_found(
    committed_database: str, server: DeathServer, tmp_path: Path, mutant: str, fault: str
) -> None:
    make_world()
    walk = make_fake_walk(server, committed_database, tmp_path, f"tests.deaths.mutants:{mutant}")
    fate = Fate.FULL if mutant in {"keep_no_proof", "forget_who_was_sent_by_a_failure"} else Fate.DIES

    for nth, name in enumerate(walk.list_points(), 1):
        if name.startswith(FROM_HANDING_OVER):
            walk.meet(nth, name, fate)

    assert any(fault in one for one in walk.faults), walk.faults


def test_a_delivery_that_lets_go_too_early_whom_it_replaces_is_found(
    committed_database: str, server: DeathServer, tmp_path: Path
) -> None:
    make_world()
    walk = make_fake_walk(
        server, committed_database, tmp_path, "tests.deaths.mutants:let_go_too_early", replaces=True
    )
    points = list(enumerate(walk.list_points(), 1))
    handing_over = next(nth for nth, name in points if name.startswith(FROM_HANDING_OVER))
    nth, name = [one for one in points[:handing_over] if "UPDATE" in one[1] and "run" in one[1]][-1]
    walk.meet(nth, name, Fate.DIES)

    assert any("not in the membership after it was closed" in one for one in walk.faults), walk.faults


@pytest.mark.django_db
@pytest.mark.xdist_group("conformance postgresql")
@pytest.mark.parametrize("fault", list(Fault))
def test_a_broken_database_fails_the_run_in_bounded_time_and_the_next_one_delivers(
    crm: Harness, tmp_path: Path, fault: Fault
) -> None:
    make_world()
    crm.reset()
    connect("postgresql", crm.settings(), crm.secrets())
    folder = tmp_path / "shop"
    folder.mkdir()
    write_csv(folder)
    began = time.monotonic()

    with at_home(folder):
        with crm.broken(fault), pytest.raises((DeliveryRefused, DeliveryFailed)):
            run(folder)
        took = time.monotonic() - began
        run(folder)

    assert took < LONGEST_SECONDS
    assert sorted(row["customer_id"] for row in crm.held("out")) == ALLOWED
    failed, completed = EnforcementRun.objects.order_by("started_at")
    assert (failed.status, completed.status) == (RunStatus.FAILED, RunStatus.COMPLETED)
