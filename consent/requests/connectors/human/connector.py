"""A task for a human. Pure: an officer sees what waits, with the system's instructions, and ends it."""

from collections.abc import Mapping

from consent.requests.connectors.interface import DeclaredSystem, Sink
from consent.requests.types import Outcome, Person, StepState

_WAITS = Outcome(state=StepState.WAITING, note="somebody does this by hand, and says here what was done")


class HumanConnector:
    """A system that a human looks into."""

    def __init__(self, system: DeclaredSystem) -> None:
        self._system = system

    def probe(self) -> str:
        """Say that a human is asked."""
        return "whoever has the task is shown the instructions: nothing is tried"

    def find(self, person: Person, sink: Sink, *, limit: int) -> Outcome:  # noqa: ARG002 - the interface
        """Show nothing: a human looks."""
        return _WAITS

    def collect(self, person: Person, sink: Sink, *, key: str) -> Outcome:  # noqa: ARG002
        """Have a human look for what is there."""
        return _WAITS

    def rectify(self, person: Person, corrections: Mapping[str, str], *, key: str) -> Outcome:  # noqa: ARG002
        """Have a human correct it."""
        return _WAITS

    def restrict(self, person: Person, *, key: str) -> Outcome:  # noqa: ARG002
        """Have a human mark it."""
        return _WAITS

    def erase(self, person: Person, *, key: str) -> Outcome:  # noqa: ARG002
        """Have a human erase it."""
        return _WAITS

    def verify_gone(self, person: Person, *, key: str) -> Outcome:  # noqa: ARG002
        """Have a human look whether anything is left."""
        return _WAITS
