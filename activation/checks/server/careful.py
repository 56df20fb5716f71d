"""The careful way through a connection: requests in pieces, many at once, answered later, or broken."""

import asyncio
from collections.abc import Awaitable
from functools import partial
from typing import Any, Final, cast

from activation.checks.server import parsing
from activation.checks.server.http import Head, LastResponse, Refused, closing, problem_response, without_body
from activation.checks.server.phases import WAITS_FOR_INPUT, Phase
from activation.checks.server.server import Server

_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


class CarefulConnection(asyncio.Protocol):
    """Takes what one client sends, in order, and always knows what it waits for."""

    def __init__(self, server: Server) -> None:
        """Serve one client of `server`."""
        self._server = server
        self._limits = server.limits
        self._heads = server.heads
        self._look_up = server.heads.known.get
        self._answer = server.answer
        self._count = server.metrics.count
        self._clock = server.clock
        self._reader = server.new_reader()
        self._transport: asyncio.Transport = cast("asyncio.Transport", None)
        self._is_quick = False
        """Whether nothing is held, awaited or ending, so that one whole request may take the quick way."""
        self._patience = server.patience
        self._phase = Phase.IDLE
        self._since = 0
        self._task: asyncio.Future[Any] | None = None
        self._is_stalled = self._has_ended = self._has_turn_coming = self._is_reading_paused = False
        self._held = self._lingered = 0

    # The careful way.

    def _receive(self, data: bytes) -> None:
        if self._phase is Phase.CLOSE:
            self._drop(data)
            return
        self._is_quick = False
        self._reader.feed(data)
        if self._phase in WAITS_FOR_INPUT:
            self._advance()
        else:
            self._settle()

    def _advance(self) -> None:
        """Take and answer whole requests, until one must wait or others must have their turn."""
        has_progressed = False
        for _ in range(self._limits.requests_a_turn):
            if self._task or self._is_stalled or self._phase is Phase.CLOSE or not self._take_one():
                break
            has_progressed = True
        else:
            self._wait_for_turn()
        self._settle(has_progressed=has_progressed)

    def _take_one(self) -> bool:
        """Ask the application what the next whole request asks; return whether there was one."""
        try:
            request = self._reader.take()
        except Refused as refused:
            self._refuse(refused)
            return False
        if request is None:
            if self._reader.is_go_ahead_due():
                self._transport.write(_CONTINUE)
            return False
        self._ask(*request)
        return True

    def _ask(self, head: Head, body: bytes) -> None:
        start = self._clock()
        answer: bytes | Awaitable[bytes]
        try:
            answer = self._server.own.get(head.path, self._answer)(head, body)
        except Exception as error:  # noqa: BLE001 - whatever it is, this request alone fails
            answer = self._server.answer_failure(error)
        self._take_answer(head, answer, start, head.size + len(body))

    def _take_answer(self, head: Head, answer: bytes | Awaitable[bytes], start: int, received: int) -> None:
        if isinstance(answer, bytes):
            self._deliver(head, answer, start, received)
            return
        try:
            self._task = asyncio.ensure_future(answer)
        except TypeError as error:  # neither bytes nor to be awaited
            self._deliver(head, self._server.answer_failure(error), start, received)
            return
        self._task.add_done_callback(partial(self._finish, head, start, received))

    def _finish(self, head: Head, start: int, received: int, task: asyncio.Future[Any]) -> None:
        """Write what was awaited, and go on with what has arrived meanwhile."""
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if task is not self._task:
            return  # the client has gone, or was answered already
        self._task = None
        answer = task.result() if error is None else self._server.answer_failure(error)
        if not isinstance(answer, bytes):
            answer = self._server.answer_failure(TypeError())
        self._deliver(head, answer, start, received)
        self._advance()

    def _deliver(self, head: Head, answer: bytes, start: int, received: int) -> None:
        self._count(head.place, answer, self._clock() - start, received)
        if head.method == b"HEAD":
            answer = type(answer)(without_body(answer))
        is_last = isinstance(answer, LastResponse) or not head.keep_alive or self._server.is_stopping
        self._transport.write(closing(answer) if is_last else answer)
        if is_last:
            self._linger()

    def _refuse(self, refused: Refused) -> None:
        """Answer that the request was refused, and end: what follows it cannot be trusted."""
        headers = [(b"Allow", parsing.ALLOW)] if refused.status == 405 else []
        answer = problem_response(
            refused.status, refused.code, str(refused), headers=headers, keep_alive=False
        )
        self._server.metrics.count_refusal(refused.status)
        self._transport.write(answer)
        self._linger()

    def _cancel_task(self) -> None:
        task, self._task = self._task, None
        if task is not None:
            task.cancel()

    # How it ends.

    def _linger(self) -> None:
        """Say that nothing more comes, and let the client close: closing first could lose the answer."""
        self._phase, self._since, self._is_quick = Phase.CLOSE, self._clock(), False
        self._drop_input()
        if self._has_ended:
            self._transport.close()
        elif not self._transport.is_closing():
            self._transport.write_eof()
            self._read_if(wanted=True)

    def _close(self) -> None:
        self._phase, self._since, self._is_quick = Phase.CLOSE, self._clock(), False
        self._transport.close()

    def _drop(self, data: bytes) -> None:
        self._lingered += len(data)
        if self._lingered > self._limits.linger_bytes:
            self._transport.close()

    def _drop_input(self) -> None:
        self._reader.drop()
        self._account()

    # What it waits for.

    def _settle(self, *, has_progressed: bool = False) -> None:
        """Find out what the connection waits for now, and since when."""
        self._account()
        if self._phase is Phase.CLOSE:
            return
        phase = self._find_phase()
        if phase is not self._phase or has_progressed:
            self._phase, self._since = phase, self._clock()
        if self._has_ended and phase in WAITS_FOR_INPUT:
            self._end_input(phase)
        elif self._server.is_stopping and phase is Phase.IDLE:
            self._close()
        elif self._server.buffered > self._limits.buffered_bytes and phase is Phase.BODY:
            self._refuse(Refused(503, "too_many_bodies", "Try again later."))
        else:
            self._is_quick = phase is Phase.IDLE and not self._server.is_stopping
            self._read_if(wanted=phase in WAITS_FOR_INPUT or self._has_room())

    def _has_room(self) -> bool:
        """Return whether more may arrive behind what is not answered yet."""
        if self._server.buffered > self._limits.buffered_bytes:
            return False
        return self._reader.held < self._limits.waiting_bytes

    def _end_input(self, phase: Phase) -> None:
        """Close behind the last answer; say so if the client stopped in the middle of a request."""
        if phase is Phase.IDLE:
            self._close()
        else:
            self._refuse(parsing.malformed("The request ended before it was whole."))

    def _read_if(self, *, wanted: bool) -> None:
        if wanted is not self._is_reading_paused or self._has_ended or self._transport.is_closing():
            return
        self._is_reading_paused = not wanted
        if wanted:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()

    def _account(self) -> None:
        """Add what is held here to what the whole server holds."""
        held = self._reader.held
        self._server.buffered += held - self._held
        self._held = held

    def _wait_for_turn(self) -> None:
        if not self._has_turn_coming:
            self._has_turn_coming = True
            asyncio.get_running_loop().call_soon(self._take_turn)

    def _take_turn(self) -> None:
        self._has_turn_coming = False
        self._advance()

    def _find_phase(self) -> Phase:
        if self._task is not None:
            return Phase.ANSWER
        if self._is_stalled:
            return Phase.CLIENT
        if self._has_turn_coming:
            return Phase.TURN
        if self._reader.is_empty:
            return Phase.IDLE
        return Phase.HEAD if self._reader.head is None else Phase.BODY
