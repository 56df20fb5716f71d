"""What a process that may die is asked to do, and what it tells if it does not. Values that JSON can hold."""

from dataclasses import dataclass, field
from typing import Any

from tests.deaths.points import Fate

ENFORCE = "tests.enforcement_world:run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One call, in a process of its own."""

    database: str
    folder: str
    """Handed to the call, as a path."""
    entry: str = ENFORCE
    options: dict[str, Any] = field(default_factory=dict)
    """Handed to the call by name."""
    nth: int = 0
    """The point of its doom; 0: none."""
    fate: Fate = Fate.DIES
    longest_file: int | None = None
    """Bytes that a file may have; whoever writes more meets the fate in the middle of the write."""
    bounded_from: str = ""
    """What the first point's name holds from which on that is so; empty: from the start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How the process ended."""

    signal: int
    """What killed it; 0: nothing did."""
    points: list[str] = field(default_factory=list)
    error: str = ""
    """The name of the error that the call raised."""
    told: str = ""
    """Its traceback."""
    peak_memory: int = 0
    """The most memory that the process held, in bytes."""
    modules: list[str] = field(default_factory=list)
    """What the process had loaded in the end."""
