"""People withdraw, and are taken out of a destination, while everything on that way is killed at random."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from django.db import Error, connections
from django.utils import timezone

from activation.enforcement.membership import services as membership
from activation.enforcement.membership.models import Holding
from activation.enforcement.membership.queries import read_members
from activation.enforcement.membership.types import Member
from activation.enforcement.membership.world import world_digest
from activation.enforcement.suppression.models import Parcel, Suppression
from activation.enforcement.suppression.types import ParcelState, SuppressionState
from activation.snapshots.queries import open_snapshot
from consent.keys.types import KeysUnavailable
from consent.records.queries import get_vocabulary
from consent.records.types import Vocabulary
from consent.subjects.queries import find_subjects
from consent.subjects.types import Identifier, IdentifierKind
from tests.chaos.check_load import record
from tests.chaos.cluster import Cluster, django_connected
from tests.chaos.pipeline import outbox
from tests.chaos.pipeline.broker import Broker, running_broker
from tests.chaos.pipeline.crew import (
    CHILDREN,
    Crew,
    environment_of,
    start_beat,
    start_command,
    start_worker,
)
from tests.chaos.pipeline.plans import Blow, Plan
from tests.chaos.pipeline.receiver import Receiver, count_doubled, name_person
from tests.chaos.pipeline.schedules import OURS
from tests.chaos.schedules import TEMPLATE
from tests.enforcement_world import QUESTION, publish_policy, register_ads
from tests.fakes.service import running

PEOPLE, WITHDRAWING = 120, 60
PAUSE = 0.1
POLL = 0.1
LULL = 10.0
PATIENCE = 60.0
ADS = QUESTION["destination"]


@dataclass(frozen=True, slots=True)
class Left:
    """What was left at the end."""

    forgotten: list[str]
    """Who withdrew and was never taken out."""
    wronged: list[str]
    """Who did not withdraw and was taken out."""
    still_held: list[str]
    """Who was taken out, and of whom we believe that the destination holds them."""
    lost_from_sight: list[str]
    """Who did not withdraw, and of whom we no longer know that the destination holds them."""
    waiting: int | None
    doubled: int
    """Effects beyond one for each suppression: who withdraws twice may be taken out twice."""
    again: int = field(default=0, compare=False)
    """Suppressions of people of whom there was one on its way already."""
    apart: int = field(default=0, compare=False)
    """Parcels that were taken apart, and went out under other keys."""


@dataclass(slots=True)
class WholeWay:
    """One plan on one database."""

    cluster: Cluster
    plan: Plan
    folder: Path
    happened: Counter[str] = field(default_factory=Counter)

    def run(self) -> Left:
        """Run the plan, and return what it left."""
        database = f"chaos_whole_way_{self.plan.seed}"
        self.cluster.copy(template=TEMPLATE, name=database)
        try:
            with ExitStack() as stack:
                broker = stack.enter_context(running_broker())
                stack.enter_context(django_connected(self.cluster.parameters(database)))
                receiver = stack.enter_context(running(lambda: Receiver(seed=self.plan.seed)))
                people = [f"{number:05}" for number in range(PEOPLE)]
                vocabulary = _open_shop(receiver, people)
                crew = stack.enter_context(self._working(broker, database))
                chance = Random(self.plan.seed)  # noqa: S311 - no secret
                withdrawing = chance.sample(people, WITHDRAWING)
                self._withdraw(crew, receiver, vocabulary, withdrawing)
                self._wait_for_the_end(crew, receiver, withdrawing)
                crew.stop()
                return _count(people, withdrawing, receiver)
        finally:
            self.cluster.drop(database)

    @contextmanager
    def _working(self, broker: Broker, database: str) -> Iterator[Crew]:
        environment = environment_of(self.cluster, database, broker)
        options = (f"-c{CHILDREN}",)
        crew = Crew(
            self.cluster,
            database,
            broker,
            [start_worker("worker", OURS.application, environment, self.folder, *options)],
            [start_beat(OURS.application, environment, self.folder)],
            OURS.queue,
            self.happened,
            {
                Blow.SEQUENCER_KILLED: start_command("run_sequencer", environment, self.folder),
                Blow.FOLLOWER_KILLED: start_command("run_follower", environment, self.folder),
            },
        )
        try:
            for worker in crew.workers:
                worker.wait_until_ready()
            yield crew
        finally:
            crew.stop()

    def _withdraw(
        self, crew: Crew, receiver: Receiver, vocabulary: Vocabulary, withdrawing: list[str]
    ) -> None:
        blows = list(self.plan.blows)
        for count, person in enumerate(withdrawing):
            _say_no(vocabulary, person)
            while blows and blows[0][0] <= count:
                _, blow, pick = blows.pop(0)
                _wait_for_effects(crew, receiver, len(receiver.effects) + 1)
                crew.strike(blow, pick)
            crew.replace_ended()
            time.sleep(PAUSE)

    def _wait_for_the_end(self, crew: Crew, receiver: Receiver, withdrawing: list[str]) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            crew.replace_ended()
            done = {one.subject for one in receiver.effects}
            if done >= set(withdrawing) and outbox.count_waiting(ADS) == 0:
                return
            time.sleep(POLL)


def _open_shop(receiver: Receiver, people: list[str]) -> Vocabulary:
    """Let people say yes, and the destination hold them all."""
    publish_policy()
    register_ads()
    outbox.connect_registered(ADS, receiver)
    vocabulary = get_vocabulary(at=timezone.now())
    record(vocabulary, people, "granted")
    found = find_subjects([[Identifier(IdentifierKind.CUSTOMER_ID, person)] for person in people])
    told = [{IdentifierKind.CUSTOMER_ID: (name_person(person, 1),)} for person in people]
    with open_snapshot(at=timezone.now()) as snapshot:
        world = world_digest(snapshot.policy, snapshot.register)
    membership.add_members(
        destination=ADS,
        purpose=QUESTION["purpose"],
        controller=QUESTION["controller"],
        audience="customers",
        members=[Member(ref=ref, identifiers=names) for [ref], names in zip(found, told, strict=True)],
        world=world,
    )
    return vocabulary


def _say_no(vocabulary: Vocabulary, person: str) -> None:
    """Record the withdrawal until it is recorded: twice is as once."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            record(vocabulary, [person], "withdrawn")
        except (Error, KeysUnavailable):
            connections.close_all()
            time.sleep(POLL)
        else:
            return
    raise AssertionError("the server does not come back")


def _wait_for_effects(crew: Crew, receiver: Receiver, count: int) -> None:
    deadline = time.monotonic() + LULL
    while len(receiver.effects) < count and time.monotonic() < deadline:
        crew.replace_ended()
        time.sleep(POLL)


def _count(people: list[str], withdrawing: list[str], receiver: Receiver) -> Left:
    done = {one.subject for one in receiver.effects}
    holding = Holding.objects.get()
    held = {
        name.rpartition("-")[0]
        for member in read_members(holding.pk)
        for name in member.identifiers[IdentifierKind.CUSTOMER_ID]
    }
    return Left(
        forgotten=sorted(set(withdrawing) - done),
        wronged=sorted(done - set(withdrawing)),
        still_held=sorted(held & set(withdrawing)),
        lost_from_sight=sorted(set(people) - set(withdrawing) - held),
        waiting=outbox.count_waiting(ADS),
        doubled=max(0, count_doubled(receiver.effects) - _count_again()),
        again=_count_again(),
        apart=Parcel.objects.exclude(state=ParcelState.ACKNOWLEDGED).count(),
    )


def _count_again() -> int:
    """Return how many suppressions there are of people of whom there is an earlier one."""
    done = Suppression.objects.filter(destination=ADS, state=SuppressionState.ACKNOWLEDGED)
    return done.count() - done.values("subject_ref").distinct().count()
