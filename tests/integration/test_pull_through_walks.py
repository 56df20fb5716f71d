"""Every short history of two people ends with those taken out whom the engine denies, and nobody else."""

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from django.db import transaction

from activation.enforcement.suppression.models import Suppression
from consent.subjects.queries import list_refs_after
from tests.enforcement_world import POLICY
from tests.pull_through_world import (
    ALICE,
    BOB,
    TIGHT,
    Clock,
    change_policy,
    decide_now,
    deliver,
    erase,
    grant,
    link,
    list_held_refs,
    list_waiting,
    make_shop,
    movable_clock,
    pull_through,
    run,
    say,
    unlink,
)

pytestmark = pytest.mark.django_db
Step = Callable[[Clock], object]
STEPS: Mapping[str, Step] = {
    "Alice says yes": lambda clock: grant(ALICE, clock),
    "Alice withdraws": lambda _: say(ALICE, "withdrawn"),
    "Alice objects": lambda _: say(ALICE, "objected"),
    "Alice is restricted": lambda _: say(ALICE, restricted="yes"),
    "Alice is erased": lambda _: erase(ALICE),
    "Bob says yes": lambda clock: grant(BOB, clock),
    "Bob withdraws": lambda _: say(BOB, "withdrawn"),
    "they are linked": lambda _: link(),
    "they are unlinked": lambda _: unlink(),
    "time passes": lambda clock: clock.pass_time(),
    "the policy is tightened": lambda _: change_policy(TIGHT),
    "the policy is loosened": lambda _: change_policy(POLICY),
    "a run is delivered": lambda clock: run(at=clock.now()),
    "those who said no are pulled through": lambda _: pull_through(),
    "the destination takes them out": lambda _: deliver(),
}
LONGEST = 7


@dataclass
class Walk:
    """A history so far, and every denial that there was in it."""

    clock: Clock
    steps: list[str] = field(default_factory=list)
    denials: set[tuple[str, str]] = field(default_factory=set)

    def take(self, step: str) -> None:
        """Let one thing happen, and note whom the engine denies then, and why."""
        STEPS[step](self.clock)
        self.steps.append(step)
        self.note()

    def note(self) -> None:
        """Note whom the engine denies now."""
        decisions = decide_now(list_refs_after("", limit=100), at=self.clock.now())
        self.denials |= {(ref, one.reason.value) for ref, one in decisions.items() if not one.allowed}

    @contextmanager
    def taken_back(self) -> Iterator[None]:
        """Undo everything that happens meanwhile."""
        offset, steps, denials = self.clock.offset, list(self.steps), set(self.denials)
        with transaction.atomic():
            yield
            transaction.set_rollback(True)
        self.clock.offset, self.steps, self.denials = offset, steps, denials

    def check(self) -> None:
        """Check that whoever is held and denied is on the way out, and nobody for what never was."""
        with self.taken_back():
            pull_through()
            self.note()
            held = list_held_refs()
            decisions = decide_now(held, at=self.clock.now())
            denied = {ref for ref, one in decisions.items() if not one.allowed}
            missed = denied - {ref for ref, _, _ in list_waiting()}
            assert not missed, self.steps
            told = set(Suppression.objects.values_list("subject_ref", "reason"))
            assert told <= self.denials, self.steps


@pytest.fixture
def walk() -> Iterator[Walk]:
    """Give the history in which both have said yes, and were sent."""
    with movable_clock() as clock:
        make_shop()
        grant(ALICE, clock)
        grant(BOB, clock)
        run(at=clock.now())
        pull_through()
        yield Walk(clock)


@pytest.mark.parametrize("first", STEPS)
def test_every_history_of_two_steps_ends_well(walk: Walk, first: str) -> None:
    walk.take(first)
    walk.check()
    for second in STEPS:
        with walk.taken_back():
            walk.take(second)
            walk.check()


@pytest.mark.parametrize("seed", range(12))
def test_longer_histories_end_well(walk: Walk, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a walk that can be repeated
    for _ in range(LONGEST):
        walk.take(chance.choice(list(STEPS)))
        walk.check()


@pytest.mark.long
@pytest.mark.parametrize("first", STEPS)
def test_every_history_of_three_steps_ends_well(walk: Walk, first: str) -> None:
    walk.take(first)
    for second in STEPS:
        with walk.taken_back():
            walk.take(second)
            for third in STEPS:
                with walk.taken_back():
                    walk.take(third)
                    walk.check()
