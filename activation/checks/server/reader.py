"""Takes whole requests out of the bytes that a connection receives. Knows no sockets and no clock."""

import re
from typing import Final

from activation.checks.server import parsing
from activation.checks.server.chunks import ChunkedBody
from activation.checks.server.heads import Heads
from activation.checks.server.http import Head, Refused
from activation.checks.server.limits import Limits

_BROKEN: Final = re.compile(rb"(?<!\r)\n|\r[^\n]|\0")  # what no complete head could hold


class Reader:
    """What one connection has received and nobody has taken yet."""

    def __init__(self, heads: Heads, limits: Limits) -> None:
        """Read heads through `heads`, and bodies within `limits`."""
        self.head: Head | None = None
        """The head that was read last, while its body is awaited."""
        self._heads = heads
        self._limits = limits
        self._buffer = bytearray()
        self._looked_at = 0
        self._has_line = False
        self._was_told_to_go_ahead = False
        self._chunked: ChunkedBody | None = None

    @property
    def held(self) -> int:
        """How many bytes wait here."""
        return len(self._buffer) + (self._chunked.size if self._chunked else 0)

    @property
    def is_empty(self) -> bool:
        """Whether nothing of a next request has arrived."""
        return self.head is None and not self._buffer

    def is_go_ahead_due(self) -> bool:
        """Return, once for each request, whether the client waits for `100 Continue` with the body."""
        is_due = self.head is not None and self.head.expects_continue and not self.held
        is_due, self._was_told_to_go_ahead = is_due and not self._was_told_to_go_ahead, True
        return is_due

    def feed(self, data: bytes) -> None:
        """Add what has arrived."""
        self._buffer += data

    def drop(self) -> None:
        """Forget everything that is held."""
        self.head, self._chunked, self._buffer = None, None, bytearray()

    def take(self) -> tuple[Head, bytes] | None:
        """Return the next whole request, or None if more must arrive.

        :raises Refused: if what has arrived is not the beginning of a request this server takes.
        """
        head = self.head or self._take_head()
        if head is None:
            return None
        body = self._chunked.take(self._buffer) if self._chunked else self._take_body(head)
        if body is None:
            return None
        self.head, self._chunked = None, None
        return head, body

    def _take_head(self) -> Head | None:
        if not self._buffer:
            return None
        end = self._buffer.find(b"\r\n\r\n", max(0, self._looked_at - 3)) + 4
        if end < 4:
            self._check_partial_head()
            return None
        if end > self._limits.head_bytes:
            raise _head_too_large()
        raw = bytes(self._buffer[:end])
        del self._buffer[:end]
        self._looked_at, self._has_line, self._was_told_to_go_ahead = 0, False, False
        self.head = self._heads.of(raw)
        self._chunked = ChunkedBody(self._limits) if self.head.chunked else None
        return self.head

    def _take_body(self, head: Head) -> bytes | None:
        length = head.content_length or 0
        if len(self._buffer) < length:
            return None
        body = bytes(self._buffer[:length])
        del self._buffer[:length]
        return body

    def _check_partial_head(self) -> None:
        """Refuse at once what can no longer become a head, instead of waiting for its time to run out."""
        if len(self._buffer) > self._limits.head_bytes:
            raise _head_too_large()
        if not self._has_line and b"\r\n" in self._buffer:
            parsing.match_line(self._buffer)
            self._has_line = True
        if _BROKEN.search(self._buffer, max(0, self._looked_at - 1)):
            raise parsing.malformed("The head of the request is malformed.")
        self._looked_at = len(self._buffer)


def _head_too_large() -> Refused:
    return Refused(431, "head_too_large", "Send fewer or shorter headers.")
