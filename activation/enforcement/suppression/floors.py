"""Below which ids nothing waits in a holding, as this process saw last. Only to look in fewer places.

What went out leaves dead entries at the front of an index until the database clears them away, which a long
transaction elsewhere puts off. Without a floor each look would walk over all of them. A look without one,
every few seconds, finds what was written, or came back, below.
"""

from dataclasses import dataclass, field
from time import monotonic

_TRUSTED = 5.0  # seconds
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Floor:
    """The least ids to look at."""

    urgent: int = 0
    slow: int = 0


@dataclass(slots=True)
class Floors:
    """The floors of holdings, each trusted for some seconds after a look that needed none."""

    _known: dict[int, tuple[Floor, float]] = field(default_factory=dict)

    def get(self, holding_id: int) -> Floor:
        """Return the holding's floor."""
        floor, until = self._known.get(holding_id, (Floor(), 0.0))
        return floor if monotonic() < until else Floor()

    def raise_to(self, holding_id: int, *, urgent: int | None, slow: int | None, looked_from: Floor) -> None:
        """Remember the least ids that a look found; None: it found none, and says nothing."""
        _, until = self._known.get(holding_id, (Floor(), 0.0))
        if looked_from == Floor():
            until = monotonic() + _TRUSTED
        if len(self._known) > _MOST:
            self._known.clear()
        floor = Floor(urgent or looked_from.urgent, slow or looked_from.slow)
        self._known[holding_id] = floor, until

    def forget(self) -> bool:
        """Look everywhere again, and return whether there was any floor."""
        had_any = bool(self._known)
        self._known.clear()
        return had_any
