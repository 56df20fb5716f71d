"""An outsider who keeps every checkpoint it sees, and later asks whether they are of one log."""

import threading
from dataclasses import dataclass, field
from typing import Any, Self

import psycopg

from consent.kernel.checkpoints import Checkpoint, read_checkpoint
from consent.kernel.notes import verify_note
from consent.kernel.signing import VerifyKey

POLL = 0.02
"""Seconds between looks."""
_NEWS = "SELECT note FROM consent_ledger_checkpoint ORDER BY number DESC LIMIT 1"


@dataclass(slots=True)
class Watcher:
    """Reads the newest checkpoint again and again, over a connection of its own, through every crash."""

    parameters: dict[str, Any]
    notes: list[bytes] = field(default_factory=list)
    """Every note that was seen, in the order of seeing it."""
    _stopped: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread = field(init=False)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._watch, name="watcher")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join(timeout=30)

    def _watch(self) -> None:
        while not self._stopped.is_set():
            try:
                with psycopg.connect(**self.parameters, autocommit=True) as connection:
                    self._look(connection)
            except psycopg.Error:
                self._stopped.wait(POLL)  # the server is being killed: it comes back

    def _look(self, connection: psycopg.Connection) -> None:
        while not self._stopped.wait(POLL):
            row = connection.execute(_NEWS).fetchone()
            if row is not None and row[0] not in self.notes[-1:]:
                self.notes.append(row[0])


def read_seen(notes: list[bytes], key: VerifyKey) -> list[Checkpoint]:
    """Return the checkpoints in `notes`, each of which `key` must have signed."""
    return [read_checkpoint(verify_note(note, key).text) for note in notes]
