"""What a path that decides is asked about canaries, and what a path is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from activation.decisions.register import Register
from activation.decisions.types import Question
from consent.kernel.errors import AccordantError
from consent.subjects.types import Identifier

Person = tuple[Identifier, ...]


class PathUnavailable(AccordantError):
    """The path is not in use here, or cannot answer now. Nobody is decided by it either."""

    code = "path_unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """One question about several canaries."""

    question: Question
    people: Sequence[Person]
    known_since: datetime
    """All that the answers rest on was recorded by then."""


@dataclass(frozen=True, slots=True)
class DecisionPath:
    """One way in which this installation comes to decisions."""

    name: str
    ask: Callable[[Sequence[Inquiry], datetime], list[list[bool]]]
    """Return for each inquiry whether each person is allowed at the moment given, in the order asked.

    Raises PathUnavailable if it answers nobody now.
    """


def lift_suspensions(register: Register) -> Register:
    """Return the register as if no destination were suspended."""
    return {slug: replace(entry, suspensions=()) for slug, entry in register.items()}
