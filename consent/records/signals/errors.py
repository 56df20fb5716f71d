"""Why signals are refused, each with its place."""

from collections.abc import Sequence
from typing import Any

from consent.kernel.errors import AccordantError
from consent.records.types import SignalFault


class SignalsRefused(AccordantError):
    """A signal cannot be read: nothing of what it came with is written."""

    code = "malformed_signal"

    def __init__(self, faults: Sequence[SignalFault]) -> None:
        self.faults = tuple(faults)
        first = self.faults[0]
        place = "" if first.position is None else f" at character {first.position}"
        super().__init__(f"{first.signal}: {first.message}{place}")

    def members(self) -> dict[str, Any]:
        """Return the place of the first fault, and of all of them."""
        places = [
            {"signal": one.signal, "reason": one.reason, "position": one.position, "field": one.field or None}
            for one in self.faults
        ]
        return {**places[0], "errors": places}
