"""Wherever a worker dies, and however two of them interleave: everybody is taken out, once, in order."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction
from django.db.models.functions import Now

from activation.destinations.kinds.interface import Removal
from activation.enforcement.suppression import delivering
from activation.enforcement.suppression.models import Parcel, Suppression
from activation.enforcement.suppression.parcels import take_parcel
from tests.deaths.client import DeathServer, death_server
from tests.deaths.jobs import Job
from tests.deaths.points import Fate
from tests.deaths.taking_out import FolderDestination, hand_over, list_schedules
from tests.lineage_told import list_runs
from tests.suppression_world import FakeDestination, make_destination, make_holding, make_suppression

ENTRY = "tests.deaths.taking_out:hand_over"
LEASE = timedelta(minutes=1)
STEP = 4
SPREAD = [pytest.param(0, STEP, id="spread")]
THE_REST = [pytest.param(first, STEP, id=f"from-{first}", marks=pytest.mark.long) for first in (1, 2, 3)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeathServer]:
    """Give the server that every walk of this module uses."""
    with death_server(tmp_path_factory.mktemp("deaths") / "errors.log") as found:
        yield found


def make_waiting() -> list[str]:
    """Let Anna wait in two audiences, and twice in one; return the addresses in the order of the ids."""
    one, other = make_holding(), make_holding(audience="others")
    rows = [(one, "anna", "anna1"), (one, "ben", "ben"), (one, "anna", "anna2"), (other, "anna", "anna3")]
    for holding, ref, name in rows:
        make_suppression(holding, ref, emails=(f"{name}@customers.example",))
    return [f"{name}@customers.example" for _, _, name in rows]


def find_faults(taken: list[str], told: list[str]) -> list[str]:
    """Return what is wrong with the end: each taken out once, Anna in order, all acknowledged and wiped."""
    found = [f"{one} was taken out {taken.count(one)} times" for one in told if taken.count(one) != 1]
    of_anna = [one for one in taken if one.startswith("anna")]
    if of_anna != sorted(of_anna):
        found.append(f"out of order: {of_anna}")
    found += [f"lineage hears of a parcel {kinds}" for kinds in list_untold()]
    left = Suppression.objects.exclude(state="acknowledged", sealed=b"").count()
    return [*found, f"{left} are not acknowledged"] if left else found


def list_untold() -> list[list[str]]:
    """Return what lineage hears of each parcel that has ended, where that is not its one START and ending."""
    runs, endings = (
        list_runs("suppress."),
        {"acknowledged": "COMPLETE", "taken_apart": "ABORT", "refused": "FAIL"},
    )
    ended = Parcel.objects.exclude(state="waiting").order_by("pk").values_list("pk", "state")
    return [runs.get(pk, []) for pk, state in ended if runs.get(pk) != ["START", endings[state]]]


def outlive() -> None:
    """Let the leases of the dead be over, and all rests."""
    Parcel.objects.filter(state="waiting").update(
        leased_until=Now() - timedelta(seconds=1), next_attempt_at=None
    )


@pytest.mark.parametrize(("first", "step"), [*SPREAD, *THE_REST])
@pytest.mark.parametrize("fate", list(Fate))
def test_a_worker_that_ends_anywhere_loses_nobody_and_doubles_nothing(
    committed_database: str, server: DeathServer, tmp_path: Path, fate: Fate, first: int, step: int
) -> None:
    make_destination()
    faults, met = [], 0
    counted = tmp_path / "counted"
    counted.mkdir()
    make_waiting()
    points = server.carry_out(Job(database=committed_database, folder=str(counted), entry=ENTRY)).points
    assert len(points) > 20
    chosen = list(enumerate(points, 1))[first::step]
    for nth, name in chosen:
        folder = tmp_path / f"at-{nth}"
        folder.mkdir()
        told = make_waiting()
        ending = server.carry_out(
            Job(database=committed_database, folder=str(folder), entry=ENTRY, nth=nth, fate=fate)
        )
        met += bool(ending.signal or ending.error)
        outlive()
        hand_over(folder)
        found = find_faults(FolderDestination(folder).list_taken(), told)
        faults += [f"{fate} at {nth}, {name}: {fault}" for fault in found]
    assert faults == []
    if fate is Fate.DIES:
        assert met == len(chosen)


class Worker:
    """Takes a parcel, hands it over and writes it down, one of these at a time."""

    def __init__(self, destination: FakeDestination) -> None:
        self._steps = self._work(destination)

    def step(self) -> None:
        """Do the next thing."""
        next(self._steps)

    def _work(self, destination: FakeDestination) -> Iterator[None]:
        hand = delivering.Hand("ads", destination.open)
        while True:
            parcel = take_parcel(destination="ads", lease=LEASE)
            yield
            if parcel is None:
                continue
            handed = delivering.hand_over(parcel, hand)
            yield
            if handed is not None:
                handed.write_down()
            yield


def run_schedule(schedule: str) -> list[str]:
    """Return what is wrong after two workers, A and B, took their steps so; at X all leases are over."""
    told, destination = make_waiting(), FakeDestination()
    workers = {"A": Worker(destination), "B": Worker(destination)}
    for letter in schedule:
        if letter == "X":
            outlive()
        else:
            workers[letter].step()
    outlive()
    destination.deliver_all()
    for _ in range(3):  # whoever was late comes now
        for worker in workers.values():
            worker.step()
    return [*find_faults(destination.taken, told), *destination.faults]


def look_at_schedules(schedules: Iterator[str]) -> list[str]:
    """Return the schedules that end wrongly, with how."""
    faults = []
    for schedule in schedules:
        with transaction.atomic():
            found = run_schedule(schedule)
            transaction.set_rollback(True)
        faults += [f"{schedule}: {fault}" for fault in found]
    return faults


@pytest.mark.django_db
@pytest.mark.parametrize("first", ["A", "AX", "AAX"])
def test_no_interleaving_of_two_workers_breaks_the_order_or_doubles_anything(first: str) -> None:
    make_destination()

    assert look_at_schedules(first + rest for rest in list_schedules("ABX", 4)) == []


@pytest.mark.django_db
@pytest.mark.long
def test_no_longer_interleaving_does_either() -> None:
    make_destination()

    assert look_at_schedules(list_schedules("ABX", 8)) == []


class Killed(BaseException):
    """The process is gone: nothing of ours runs any more."""


@pytest.mark.django_db
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_worker_killed_around_the_handing_over_loses_nobody(when: str) -> None:
    make_destination()
    told, destination = make_waiting(), FakeDestination()

    def die(_: Removal) -> None:
        raise Killed

    setattr(destination, when, die)
    with pytest.raises(Killed):
        destination.deliver_all()
    setattr(destination, when, lambda _: None)
    outlive()
    destination.deliver_all()

    assert find_faults(destination.taken, told) == []


def test_schedules_are_all_there_are() -> None:
    everything: Callable[[int], list[str]] = lambda length: list(list_schedules("ABX", length))  # noqa: E731

    assert len(set(everything(3))) == 27
