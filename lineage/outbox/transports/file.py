"""The file that events are emitted to.

The client's file transport opens the file anew for each event and writes text through a buffer. A line longer
than the buffer reaches the file in several writes, so that two processes can tear each other's lines; and a
process killed between two writes leaves half a line, to which the next event would be glued. Hence the lock
and the mending here. The file is the emitter's own: what follows its last line break is taken for the remains
of a killed process.
"""

import fcntl
import os
from pathlib import Path
from typing import Any, BinaryIO

from openlineage.client.client import Event
from openlineage.client.transport import FileTransport

_BLOCK = 65_536


class WholeLineFileTransport(FileTransport):
    """Appends one event a line: whole lines, on disk when `emit` returns, from any number of processes."""

    def emit(self, event: Event) -> Any:
        """Append `event`.

        :raises OSError: if the file cannot be opened or locked.
        :raises RuntimeError: if it cannot be written.
        """
        with Path(self.config.log_file_path).open("ab+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.truncate(_end_of_last_line(file))
            super().emit(event)
            os.fsync(file.fileno())


def _end_of_last_line(file: BinaryIO) -> int:
    """Return the offset just after the last line break, 0 if there is none."""
    end = file.seek(0, os.SEEK_END)
    while end > 0:
        start = max(0, end - _BLOCK)
        file.seek(start)
        line_break = file.read(end - start).rfind(b"\n")
        if line_break >= 0:
            return start + line_break + 1
        end = start
    return 0
