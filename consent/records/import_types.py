"""Values that describe what became of an imported file. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from consent.records.types import FaultCode


@dataclass(frozen=True, slots=True)
class RowFault:
    """Why one line of a file was rejected: the first thing wrong with it."""

    line: int
    """Counted from 1."""
    code: FaultCode
    message: str
    path: str = ""
    """Where in the row: a column, or a path from its root; empty for the row itself."""
    reason: str = ""
    """Of a signal that cannot be read: a stable word, as `consent.signals` gives it."""
    position: int | None = None
    """Of such a signal: the character, from 0, where that is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalCounts:
    """What became of the signals of a file."""

    recorded: int = 0
    repeated: int = 0
    """Those that were on record already: nothing was written."""
    conflicts: int = 0
    """What spoke against something else, of those recorded."""
    yes_not_recorded: int = 0
    """The conflicts that a yes lost."""
    unread: Mapping[str, int] = field(default_factory=dict)
    """Of those recorded: how many came to nothing for something, by the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What became of a file."""

    accepted: int
    rejected: int
    faults: tuple[RowFault, ...]
    """One for each rejected line, in order; at most the first `MAX_FAULTS` of them."""
    repeated: bool = False
    """True: the file was imported before; this is that import's report, and nothing was written."""
    signals: SignalCounts | None = None
    """None: the file held none."""
    choices: Mapping[str, int] = field(default_factory=dict)
    """How many choices were recorded, by what they say: `granted`, `refused`, …"""
    apart: int = 0
    """Of a dry run: the records about somebody of whom an earlier batch tells, too.

    A dry run weighs each batch against what is on record, without the batches before it.
    """


MAX_FAULTS = 10_000
"""How many rejected lines a report tells of; beyond it, lines are only counted."""
