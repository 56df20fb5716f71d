"""What one schedule does: who writes what, and what dies when. Pure: a seed gives one plan."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

WRITERS = 4
OPERATIONS = 12
PEOPLE = 5
WIDEST = 3
"""Rows of the largest operation."""


class Blow(StrEnum):
    """What is done to the running system from outside."""

    SEQUENCER_KILLED = "kill -9 the sequencer"
    WRITER_KILLED = "kill -9 a writer"
    SEQUENCER_CUT_OFF = "terminate the sequencer's backend"
    WRITER_CUT_OFF = "terminate a writer's backend"
    BACKEND_KILLED = "kill -9 a backend: the server ends all others and recovers"
    SERVER_QUIT = "SIGQUIT the server: an immediate stop, then recovery"
    SERVER_KILLED = "kill -9 the server and all its backends, then recovery"


class Fate(StrEnum):
    """What becomes of a process at a place of its own."""

    DIES = "dies"
    IS_CUT_OFF = "loses its backend"


@dataclass(frozen=True, slots=True)
class Operation:
    """One write: a row for each of `people`, in that order, in one transaction."""

    name: str
    people: tuple[str, ...]
    is_keyed: bool
    """True: it goes under an Idempotency-Key, and is sent again until it is acknowledged."""


class Place(StrEnum):
    """Where a doom waits."""

    POINT = "point"  # before or after a statement or a commit
    COMMITTED = "commit, when it is done and nobody was told"


@dataclass(frozen=True, slots=True)
class Doom:
    """The `nth` such place that a process comes to is its last."""

    nth: int
    place: Place
    fate: Fate

    def __str__(self) -> str:
        return f"{self.fate} at its {self.nth}. {self.place}"


@dataclass(frozen=True, slots=True)
class Plan:
    """One schedule. Dooms are for the first, second, … life of a process."""

    seed: int
    operations: tuple[tuple[Operation, ...], ...]
    """Of each writer."""
    blows: tuple[tuple[int, Blow, int], ...]
    """After how many acknowledged writes, what, and a number that picks the one who is hit."""
    sequencers: int
    sequencer_dooms: tuple[Doom, ...]
    writer_dooms: tuple[tuple[Doom, ...], ...]
    dawdles: tuple[int, ...]
    """Before which commit each writer waits until others' later writes have their places."""

    def tell(self) -> str:
        """Return the plan in lines, to run it again by its seed and to read what happened."""
        lines = [f"seed {self.seed}: {len(self.operations)} writers, {self.sequencers} sequencers"]
        lines += [f"  after {count} writes: {blow} ({pick})" for count, blow, pick in self.blows]
        lines += [f"  a sequencer {doom}" for doom in self.sequencer_dooms]
        for number, dooms in enumerate(self.writer_dooms):
            lines.append(f"  writer {number} dawdles before its {self.dawdles[number]}. commit")
            lines += [f"  writer {number} {doom}" for doom in dooms]
        return "\n".join(lines)


@dataclass(slots=True)
class _Draw:
    """The one source of chance of a plan."""

    seed: int
    chance: Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)  # noqa: S311 - no secret

    def operations(self, writer: int) -> Iterator[Operation]:
        people = [f"{self.seed:05}{number}" for number in range(PEOPLE)]
        for number in range(OPERATIONS):
            chosen = self.chance.sample(people, self.chance.randint(1, WIDEST))
            yield Operation(f"w{writer}-{number}", tuple(chosen), self.chance.random() < 0.5)

    def blows(self) -> Iterator[tuple[int, Blow, int]]:
        for _ in range(self.chance.randint(2, 4)):
            count = self.chance.randrange(WRITERS * OPERATIONS * 3 // 4)
            yield count, self.chance.choice(list(Blow)), self.chance.randrange(WRITERS)

    def dooms(self, most: int) -> Iterator[Doom]:
        for _ in range(self.chance.randint(0, most)):
            place = self.chance.choice(list(Place))
            nth = self.chance.randint(1, 60 if place is Place.POINT else 6)
            yield Doom(nth, place, self.chance.choice(list(Fate)))


def make_plan(seed: int) -> Plan:
    """Return the plan of `seed`."""
    draw = _Draw(seed)
    return Plan(
        seed=seed,
        operations=tuple(tuple(draw.operations(writer)) for writer in range(WRITERS)),
        blows=tuple(sorted(draw.blows())),
        sequencers=draw.chance.randint(1, 2),
        sequencer_dooms=tuple(draw.dooms(most=3)),
        writer_dooms=tuple(tuple(draw.dooms(most=2)) for _ in range(WRITERS)),
        dawdles=tuple(draw.chance.randint(1, 5) for _ in range(WRITERS)),
    )
