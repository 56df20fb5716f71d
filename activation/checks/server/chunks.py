"""Takes a chunked body out of what has arrived, strictly and within bounds."""

import re
from typing import Final

from activation.checks.server import parsing
from activation.checks.server.http import Refused
from activation.checks.server.limits import Limits

_SIZE: Final = re.compile(rb"([0-9A-Fa-f]{1,8})((?:;[\t\x20-\x7e]*)?)")
_NO_NUMBER_YET: Final = -1


class ChunkedBody:
    """One chunked body while it arrives. Extensions and trailers are checked, bounded and dropped."""

    def __init__(self, limits: Limits) -> None:
        """Begin a body within `limits`."""
        self._limits = limits
        self._body = bytearray()
        self._left = _NO_NUMBER_YET
        self._chunks = 0
        self._extension_bytes = 0

    @property
    def size(self) -> int:
        """How much of the body has been taken so far."""
        return len(self._body)

    def take(self, buffer: bytearray) -> bytes | None:
        """Take what belongs to the body from the front of `buffer`; return the body once it is whole.

        :raises Refused: if it is malformed, or more than the limits allow.
        """
        position = 0
        while self._left != 0:
            step = self._take_size if self._left < 0 else self._take_data
            after = step(buffer, position)
            if after is None:
                break
            position = after
        del buffer[:position]
        return self._finish(buffer) if self._left == 0 else None

    def _take_size(self, buffer: bytearray, start: int) -> int | None:
        """Read one size line from `start`; return where its data begins, or None if it is not all there."""
        end = buffer.find(b"\r\n", start, start + self._limits.chunk_line_bytes + 2)
        if end < 0:
            self._check_partial(buffer, start)
            return None
        line = _SIZE.fullmatch(buffer, start, end)
        if line is None:
            raise parsing.malformed("A chunk's size is malformed.")
        self._left = int(line[1], 16)
        self._chunks += 1
        self._extension_bytes += len(line[2])
        self._check_bounds()
        return end + 2

    def _take_data(self, buffer: bytearray, start: int) -> int | None:
        """Copy one whole chunk; return where the next begins, or None if it is not all there."""
        end = start + self._left
        ending = bytes(buffer[end : end + 2])
        if not b"\r\n".startswith(ending):
            raise parsing.malformed("A chunk does not end where its size says.")
        if len(ending) < 2:
            return None
        self._body += memoryview(buffer)[start:end]
        self._left = _NO_NUMBER_YET
        return end + 2

    def _finish(self, buffer: bytearray) -> bytes | None:
        """Take the trailers; return the body if they are all there."""
        end = 2 if buffer.startswith(b"\r\n") else buffer.find(b"\r\n\r\n") + 4
        is_whole = end != 3
        if (end if is_whole else len(buffer)) > self._limits.trailer_bytes:
            raise Refused(431, "trailers_too_large", "Send no trailers, or shorter ones.")
        if not is_whole:
            return None
        parsing.check_trailers(bytes(buffer[:end]))
        del buffer[:end]
        return bytes(self._body)

    def _check_bounds(self) -> None:
        if len(self._body) + self._left > self._limits.body_bytes:
            raise parsing.body_too_large()
        if self._chunks > self._limits.chunks:
            raise Refused(413, "too_many_chunks", "Send larger chunks.")
        if self._extension_bytes > self._limits.chunk_extension_bytes:
            raise parsing.malformed("Send no chunk extensions.")

    def _check_partial(self, buffer: bytearray, start: int) -> None:
        rest = bytes(buffer[start : start + self._limits.chunk_line_bytes + 2])
        if b"\n" in rest or len(rest) > self._limits.chunk_line_bytes:
            raise parsing.malformed("A chunk's size is malformed.")
