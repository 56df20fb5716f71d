"""One client's connection as the event loop sees it, with a quick way for the usual request."""

import asyncio
from typing import cast

from activation.checks.server.careful import CarefulConnection
from activation.checks.server.http import Head, Refused
from activation.checks.server.phases import MAY_HAVE_UNREAD, Phase


class Connection(CarefulConnection):
    """Receives requests and writes their answers in the order of the requests."""

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, unless there are too many already."""
        self._transport = cast("asyncio.Transport", transport)
        self._since = self._clock()
        server = self._server
        server.metrics.add("opened")
        if len(server.connections) >= 2 * self._limits.connections:  # even refusing has its bound
            self._phase = Phase.CLOSE
            self._transport.abort()
        elif server.is_stopping:
            self._refuse(Refused(503, "stopping", "Connect again."))
        elif len(server.connections) >= self._limits.connections:
            self._refuse(Refused(503, "too_many_connections", "Try again later."))
        else:
            self._is_quick = True
        server.connections.add(self)

    def data_received(self, data: bytes) -> None:
        """Answer what `data` completes."""
        if self._is_quick:
            end = data.find(b"\r\n\r\n") + 4
            head = self._look_up(data[:end]) or self._read_head(data, end)
            if head is not None and head.quick_length == len(data) - end:
                start = self._since = self._clock()
                try:
                    answer = self._answer(head, data[end:])
                except Exception as error:  # noqa: BLE001 - whatever it is, this request alone fails
                    answer = self._server.answer_failure(error)
                if answer.__class__ is bytes:
                    self._transport.write(answer)
                    self._count(head.place, answer, self._clock() - start, len(data))
                    return
                self._is_quick = False
                self._take_answer(head, answer, start, len(data))
                self._settle(has_progressed=True)
                return
        self._receive(data)

    def _read_head(self, data: bytes, end: int) -> Head | None:
        """Return a head that is met for the first time; None leaves it to the careful way."""
        if not 4 <= end <= self._limits.head_bytes:
            return None
        try:
            return self._heads.of(data[:end])
        except Refused:
            return None

    def eof_received(self) -> bool:
        """Answer what was asked before the client stopped sending; then close."""
        self._has_ended = True
        if self._phase is Phase.CLOSE:
            return False
        self._settle()
        return True

    def pause_writing(self) -> None:
        """Answer nothing more until the client reads."""
        self._is_stalled = True
        self._settle()

    def resume_writing(self) -> None:
        """Go on: the client reads."""
        self._is_stalled = False
        self._advance()

    def connection_lost(self, _: Exception | None) -> None:
        """Give up what was awaited for this client."""
        self._phase, self._is_quick = Phase.CLOSE, False
        self._server.connections.discard(self)
        self._server.metrics.add("closed")
        self._drop_input()
        self._cancel_task()

    # What the server calls.

    def check_time(self, now: int) -> None:
        """End what has taken too long at `now`."""
        waited = now - self._since
        if self._phase in MAY_HAVE_UNREAD and self._has_unread():
            if waited > self._patience[Phase.CLIENT]:
                self.abort()
        elif waited > self._patience.get(self._phase, waited):
            self._end_phase(self._phase)

    def _end_phase(self, phase: Phase) -> None:
        if phase is Phase.IDLE:
            self._close()
        elif phase is Phase.ANSWER:
            self._cancel_task()
            self._refuse(Refused(503, "answer_timeout", "The answer took too long. Nothing was decided."))
        elif phase in {Phase.HEAD, Phase.BODY}:
            self._refuse(Refused(408, "request_timeout", "Send a request at once, without long pauses."))
        else:
            self.abort()

    def _has_unread(self) -> bool:
        return self._phase is Phase.CLIENT or self._transport.get_write_buffer_size() > 0

    def begin_stop(self) -> None:
        """Close now if idle, else behind the next answer."""
        self._is_quick = False
        if self._phase is Phase.IDLE:
            self._close()

    def abort(self) -> None:
        """End the connection at once."""
        self._phase, self._is_quick = Phase.CLOSE, False
        self._cancel_task()
        self._transport.abort()
