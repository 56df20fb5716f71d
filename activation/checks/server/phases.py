"""What a connection waits for, and how long it may."""

from collections.abc import Mapping
from enum import Enum
from typing import Final

from activation.checks.server.limits import Limits

SECOND: Final = 1_000_000_000  # in the clock's nanoseconds


class Phase(Enum):
    """What a connection waits for."""

    IDLE = "the first byte of a request"
    HEAD = "the rest of a head"
    BODY = "the rest of a body"
    ANSWER = "the application"
    CLIENT = "the client, to read what was answered"
    TURN = "its turn, after many requests at once"
    CLOSE = "the client, to close"


WAITS_FOR_INPUT: Final = frozenset({Phase.IDLE, Phase.HEAD, Phase.BODY})
MAY_HAVE_UNREAD: Final = frozenset({Phase.IDLE, Phase.CLIENT, Phase.CLOSE})


def patience(limits: Limits) -> Mapping[Phase, float]:
    """Return for each phase how many nanoseconds it may last."""
    seconds = {
        Phase.IDLE: limits.idle_seconds,
        Phase.HEAD: limits.head_seconds,
        Phase.BODY: limits.body_seconds,
        Phase.ANSWER: limits.answer_seconds,
        Phase.CLIENT: limits.slow_reader_seconds,
        Phase.CLOSE: limits.linger_seconds,
    }
    return {phase: number * SECOND for phase, number in seconds.items()}
