"""One worker's server: its connections, its own answers, and the end of what takes too long."""

import logging
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Final

from activation.checks.server.heads import Heads
from activation.checks.server.http import Application, Head, problem_response, response
from activation.checks.server.limits import Limits
from activation.checks.server.metrics import MEDIA_TYPE, Metrics
from activation.checks.server.phases import patience
from activation.checks.server.reader import Reader
from activation.checks.server.shared_numbers import SharedNumbers

if TYPE_CHECKING:
    from activation.checks.server.protocol import Connection

logger = logging.getLogger(__name__)
_LIVES: Final = response(200, b'{"status": "ok"}')
_SAFE: Final = frozenset({b"GET", b"HEAD"})
_Answer = Callable[[Head, bytes], bytes | Awaitable[bytes]]


class Server:
    """What the connections of one worker share."""

    def __init__(
        self,
        application: Application,
        *,
        limits: Limits | None = None,
        counted: Metrics | None = None,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """Answer with `application`; count in `counted`; take times from `clock`, which never goes back."""
        self.answer: _Answer = application.answer
        self.limits = limits or Limits()
        self.metrics = counted or Metrics(SharedNumbers())
        self.clock = clock
        self.patience = patience(self.limits)
        self.own: Mapping[bytes, _Answer] = {b"/healthz": self._health, b"/metrics": self._show_metrics}
        self.heads = Heads(self.limits, places=self.metrics.places, own_paths=self.own)
        self.connections: set[Connection] = set()
        self.buffered = 0
        """How many bytes of unfinished requests all connections hold."""
        self.is_stopping = False

    def new_reader(self) -> Reader:
        """Return a reader for a new connection."""
        return Reader(self.heads, self.limits)

    def sweep(self) -> None:
        """End what takes too long, and let other workers see the numbers. Call it once a second."""
        now = self.clock()
        for connection in tuple(self.connections):
            try:
                connection.check_time(now)
            except Exception as error:  # noqa: BLE001 - one client's connection must not cost the others theirs
                logger.error("A connection failed: %s", place_of(error))  # noqa: TRY400 - it may name a caller
                connection.abort()
        self.metrics.publish()

    def begin_stop(self) -> None:
        """Close idle connections; every other one is closed behind its next answer."""
        self.is_stopping = True
        for connection in tuple(self.connections):
            connection.begin_stop()

    def abort(self) -> None:
        """End every connection at once."""
        for connection in tuple(self.connections):
            connection.abort()

    def answer_failure(self, error: BaseException) -> bytes:
        """Return the answer for a defect of the application; log where it is, and nothing of the request."""
        self.metrics.add("failures")
        logger.error("The application failed: %s", place_of(error))
        detail = "The service made an error. Nothing was decided."
        return problem_response(500, "internal_error", detail)

    def _health(self, head: Head, _: bytes) -> bytes:
        return _LIVES if head.method in _SAFE else _not_allowed()

    def _show_metrics(self, head: Head, _: bytes) -> bytes:
        if head.method not in _SAFE:
            return _not_allowed()
        return response(200, self.metrics.render(), content_type=MEDIA_TYPE)


def place_of(error: BaseException) -> str:
    """Return the error's type and where it rose. Its message may hold what a caller sent, and is left out."""
    frames = traceback.extract_tb(error.__traceback__)
    places = " < ".join(f"{frame.filename}:{frame.lineno}" for frame in reversed(frames[-5:]))
    return f"{type(error).__name__} at {places or 'an unknown place'}"


def _not_allowed() -> bytes:
    return problem_response(405, "method_not_allowed", "Use GET.", headers=[(b"Allow", b"GET, HEAD")])
