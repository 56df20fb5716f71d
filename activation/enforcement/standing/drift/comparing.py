"""Holding what a run sent against what would be sent, identifier by identifier, part by part.

The unit is the identifier, since that is what evidence is kept by. An identifier was sent if a row with it
left; it is wrong now if the list has it in denied rows only. Where those were denied for several reasons, the
first one in the decision table counts; the lack of a string, which is in none, comes last.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from activation.decisions.reasons import ALLOWING, Reason
from activation.decisions.types import NOT_HONOURED
from activation.enforcement.standing.drift.spill import PARTS, Spill

_REASONS = (*(reason.value for reason in Reason), NOT_HONOURED)
_CODES = {reason: code for code, reason in enumerate(_REASONS)}
_ALLOWED = frozenset(_CODES[reason.value] for reason in ALLOWING)


@dataclass(slots=True)
class Figures:
    """What would become of the list at one moment, beside what the run sent."""

    rows_allowed: int = 0
    rows_denied: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    """Identifiers that were sent and would be denied, by reason."""
    regained: int = 0
    """Identifiers that the run denied and that would be sent."""
    new: int = 0
    """Identifiers that the run did not know and that would be sent."""


@dataclass(slots=True)
class Comparison:
    """The figures of all moments."""

    moments: list[Figures]
    sent: int = 0
    left_the_list: int = 0


class Comparing:
    """Takes what a run's evidence says and what every row would get, in any order; then sums up.

    It holds one part of 64 in memory at a time. The rest lies in a folder that goes when this is left.
    """

    def __init__(self, moments: int) -> None:
        self._result = Comparison([Figures() for _ in range(moments)])
        self._folder = TemporaryDirectory(prefix="accordant-drift-")
        folder = Path(self._folder.name)
        self._sent, self._denied = Spill(folder, "sent", 0), Spill(folder, "denied", 0)
        self._rows = Spill(folder, "rows", moments)

    def __enter__(self) -> Self:
        for spill in (self._sent, self._denied, self._rows):
            spill.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for spill in (self._sent, self._denied, self._rows):
            spill.__exit__(kind, error, trace)
        self._folder.cleanup()

    def add_evidence(self, member: bytes, *, was_sent: bool) -> None:
        """Take one member of the run's evidence."""
        (self._sent if was_sent else self._denied).add(member)

    def add_row(self, members: Iterable[bytes], reasons: Sequence[str]) -> None:
        """Take one row of the list: its members, and why it would leave or not, at each moment in turn."""
        for figures, reason in zip(self._result.moments, reasons, strict=True):
            if _CODES[reason] in _ALLOWED:
                figures.rows_allowed += 1
            else:
                figures.rows_denied += 1
        payload = bytes(_CODES[reason] for reason in reasons)
        for member in members:
            self._rows.add(member, payload)

    def sum_up(self) -> Comparison:
        """Return the figures of all that was taken."""
        for part in range(PARTS):
            self._add_part(part)
        return self._result

    def _add_part(self, part: int) -> None:
        sent = {member for member, _ in self._sent.read(part)}
        denied = {member for member, _ in self._denied.read(part)} - sent
        found: defaultdict[bytes, set[bytes]] = defaultdict(set)
        for member, payload in self._rows.read(part):
            found[member].add(payload)
        self._result.sent += len(sent)
        self._result.left_the_list += len(sent - found.keys())
        for member, payloads in found.items():
            for figures, codes in zip(self._result.moments, zip(*payloads, strict=True), strict=True):
                _count(figures, codes, was_sent=member in sent, was_denied=member in denied)


def _count(figures: Figures, codes: Iterable[int], *, was_sent: bool, was_denied: bool) -> None:
    reasons = set(codes)
    if reasons & _ALLOWED:
        figures.regained += was_denied
        figures.new += not was_sent and not was_denied
    elif was_sent:
        figures.wrong[_REASONS[min(reasons)]] += 1
