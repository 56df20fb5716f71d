"""What is struck while suppressions are taken to their destinations. Pure: a seed gives one plan."""

from dataclasses import dataclass
from enum import StrEnum
from random import Random

SUBJECTS = 150
SUPPRESSIONS = 4 * SUBJECTS
"""Of the destination that honours keys: four of each subject, in order."""
KEYLESS_SUBJECTS = 30
PICKS = 1_000


class Blow(StrEnum):
    """What is done from outside."""

    CHILD_KILLED = "kill -9 a pool child"
    WORKER_KILLED = "kill -9 a worker and its children"
    BEAT_KILLED = "kill -9 the beat"
    BROKER_KILLED = "kill -9 Valkey: it comes back with nothing"
    BROKER_EMPTIED = "FLUSHALL"
    BROKER_POISONED = "messages in the queue that are none, or mean nothing"
    BACKEND_KILLED = "kill -9 a backend of a worker: the server ends all others and recovers"
    SERVER_STOPPED = "an immediate stop of PostgreSQL, and a start"
    SEQUENCER_KILLED = "kill -9 the sequencer"
    FOLLOWER_KILLED = "kill -9 the follower"


WORKERS_ONLY = (Blow.CHILD_KILLED, Blow.WORKER_KILLED)
DELIVERY = tuple(blow for blow in Blow if blow not in {Blow.SEQUENCER_KILLED, Blow.FOLLOWER_KILLED})
"""What can befall suppressions that are written already."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One schedule: after how many written suppressions, what, and a number that picks who is hit."""

    seed: int
    blows: tuple[tuple[int, Blow, int], ...]

    def tell(self) -> str:
        """Return the plan in lines."""
        lines = [f"  after {count} writes: {blow} ({pick})" for count, blow, pick in self.blows]
        return "\n".join([f"seed {self.seed}", *lines, ""])


def make_plan(
    seed: int, kinds: tuple[Blow, ...] = DELIVERY, *, blows: int = 14, of: int = SUPPRESSIONS
) -> Plan:
    """Return the plan of `seed`, for `of` writes: every one of `kinds` is in it, in chance's order."""
    chance = Random(seed)  # noqa: S311 - no secret
    drawn = [*kinds, *chance.choices(kinds, k=max(0, blows - len(kinds)))]
    chance.shuffle(drawn)
    counts = sorted(chance.randrange(of // 20, of) for _ in drawn)
    picks = [chance.randrange(PICKS) for _ in drawn]
    return Plan(seed, tuple(zip(counts, drawn, picks, strict=True)))
