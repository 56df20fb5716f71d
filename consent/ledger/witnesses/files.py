"""A witness that is a file: on another machine's disk, in a bucket that is mounted, on paper that scrolls."""

import os
from dataclasses import dataclass
from pathlib import Path

from consent.kernel.witness import read_witness, write_line
from consent.ledger.types import StoredCheckpoint


@dataclass(frozen=True, slots=True)
class FileWitness:
    """Appends a line for each checkpoint, and never takes one away."""

    path: Path

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"file {self.path.name}"

    def get_size(self) -> int:
        """Return the highest size it has seen; 0 if none.

        :raises OSError: if the file cannot be read.
        :raises MalformedWitness: if it is no witness's file.
        """
        kept = self._read()
        return kept[-1][0] if kept else 0

    def holds(self, checkpoint: StoredCheckpoint) -> bool:
        """Return whether the highest checkpoint it has seen is this very tree."""
        return self._read()[-1:] == [(checkpoint.size, checkpoint.root)]

    def push(self, checkpoint: StoredCheckpoint) -> None:
        """Keep the checkpoint. What was seen before, or is smaller, is not written again.

        :raises OSError: if the file cannot be written.
        """
        if checkpoint.size <= self.get_size():
            return
        with self.path.open("ab") as file:
            file.write(write_line(checkpoint.note))
            file.flush()
            os.fsync(file.fileno())

    def _read(self) -> list[tuple[int, bytes]]:
        try:
            with self.path.open("rb") as lines:
                return [(one.checkpoint.size, one.checkpoint.root) for one in read_witness(lines)]
        except FileNotFoundError:
            return []
