"""The heads of one worker, remembered by their exact bytes, so that the usual request is parsed once."""

from collections.abc import Collection, Mapping

from activation.checks.server import parsing
from activation.checks.server.http import NO_QUICK_WAY, Head
from activation.checks.server.limits import Limits


class Heads:
    """Gives a `Head` for the bytes of one. Safe because a head means the same each time it is sent.

    The key is the whole head, its empty line included: no shorter string can be taken for it.
    """

    def __init__(
        self, limits: Limits, *, places: Mapping[bytes, int], own_paths: Collection[bytes] = ()
    ) -> None:
        """Count requests to the paths in `places` there; keep `own_paths` off the quick way."""
        self.known: dict[bytes, Head] = {}
        self._limits = limits
        self._places = places
        self._own_paths = frozenset(own_paths)
        self._bytes = 0

    def of(self, raw: bytes) -> Head:
        """Return the head that `raw` holds.

        :raises Refused: if it does not hold exactly one that this server takes.
        """
        head = self.known.get(raw)
        if head is None:
            head = parsing.parse(raw, self._limits)
            head.size = len(raw)
            head.place = self._places.get(head.path, 0)
            if head.path in self._own_paths:
                head.quick_length = NO_QUICK_WAY
            self._remember(raw, head)
        return head

    def _remember(self, raw: bytes, head: Head) -> None:
        if len(raw) > self._limits.cached_head_bytes:
            return
        self._bytes += len(raw)
        if len(self.known) >= self._limits.cached_heads or self._bytes > self._limits.cached_bytes:
            self.known.clear()
            self._bytes = len(raw)
        self.known[raw] = head
