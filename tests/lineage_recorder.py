"""A transport of the client's own kind, for tests that look at what is emitted."""

from collections.abc import Callable
from typing import Any

from openlineage.client.client import Event
from openlineage.client.transport import Transport


class Recorder(Transport):
    """Keeps each event that it is given, after calling `before` with it; what that raises, `emit` raises."""

    def __init__(self, before: Callable[[Any], object] = lambda _: None) -> None:
        self.before = before
        self.events: list[Any] = []

    def emit(self, event: Event) -> None:
        """Keep `event`."""
        self.before(event)
        self.events.append(event)

    @property
    def types(self) -> list[str]:
        """The transitions that were emitted, in order."""
        return [event["eventType"] for event in self.events]
