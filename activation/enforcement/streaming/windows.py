"""A stream told in windows: it runs for weeks, and an auditor asks about yesterday.

A window begins with the first events after the one before, and ends when its time is over, when other rules
decide, or with the process. One without events is none. Each event that was committed is in one window; only
what a process committed in the second before it was killed is in none, and in its row neither.

All is told by the thread beside the loop, in the transaction that writes the stream's row. What is remembered
here moves on only when that transaction is known to be committed.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol
from uuid import UUID, uuid4

from django.db import DataError, OperationalError, connection

from activation.enforcement.streaming.figures import Figures, Stretch
from activation.enforcement.streaming.run_events import describe_window, without_counts
from activation.enforcement.streaming.types import StreamStatus, StreamTerms
from consent.ledger.queries import get_time
from lineage.events.types import RunDescription
from lineage.running import services as running

SILENCE = timedelta(minutes=2)
"""A living process writes once a second. One that is silent for so long is taken for dead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """How far lineage is told of the stream."""

    run_id: UUID | None = None
    """The window that is open."""
    begun_at: datetime | None = None
    before: Stretch = field(default_factory=Stretch)
    """What the windows that ended hold."""
    told: Stretch = field(default_factory=Stretch)
    """What those and the open one hold."""
    looked_at: datetime | None = None

    @classmethod
    def after(cls, told: Stretch, earlier: "_State") -> "_State":
        """Return the state in which no window is open, and all up to `told` is told."""
        return cls(before=told, told=told, looked_at=earlier.looked_at)


class _End(Protocol):
    """Ends a window."""

    def __call__(self, *, run: RunDescription, at: datetime) -> bool:
        """Return whether it was still open."""
        ...


class Windows:
    """Tells of one process's windows. For one thread."""

    def __init__(self, terms: StreamTerms, *, brokers: str, process: UUID) -> None:
        """Take the terms, the brokers as `host:port,…`, and the id of the process's row."""
        self._terms, self._brokers, self._process = terms, brokers, process
        self._length = timedelta(seconds=terms.window_seconds)
        self._state, self._next = _State(), _State()
        self._ended: list[Stretch] = []
        self._transaction: int | None = None
        """The one in which was told last, while nobody knows whether it was committed."""

    def tell(self, figures: Figures, *, is_last: bool = False) -> None:
        """Tell what happened since the last time, in the caller's transaction; then call `note_commit`."""
        self._settle()
        *ended, now = figures.take()
        self._ended += ended
        at, state = get_time(), self._state
        for stretch in self._ended:
            state = self._advance(state, stretch, at, running.complete)
        state = self._advance(state, now, at, self._ending(state, figures, at, is_last=is_last))
        self._next, self._transaction = replace(state, looked_at=at), _get_transaction()

    def note_commit(self) -> None:
        """Remember that what was told last counts."""
        self._state, self._transaction = self._next, None
        self._ended.clear()

    def _settle(self) -> None:
        """Find out what became of the last transaction, if it is not known.

        :raises OperationalError: if it has not ended yet.
        """
        if self._transaction is None:
            return
        try:
            status = _get_status(self._transaction)
        except DataError:  # the database was put back to before it
            self._transaction = None
            raise
        if status == "in progress":
            raise OperationalError("the last transaction has not ended yet")
        if status == "committed":
            self.note_commit()

    def _ending(self, state: _State, figures: Figures, at: datetime, *, is_last: bool) -> _End | None:
        """Return how the open window ends now; None if it does not."""
        if is_last and figures.status is StreamStatus.FAILED:
            return partial(running.fail, message=figures.error)
        is_over = state.begun_at is not None and at - state.begun_at >= self._length
        return running.complete if is_last or is_over else None

    def _advance(self, state: _State, now: Stretch, at: datetime, end: _End | None) -> _State:
        """Tell that it came to `now`, and with `end` that the window is over; return what is told then."""
        if state.run_id is None:
            if now.events == state.told.events:
                return state
            state = self._begin(state, now, at)
        run = self._describe(state, now)
        tell: _End = end or partial(running.keep, silence=SILENCE)
        if not tell(
            run=run, at=at
        ):  # this process hung, and was taken for dead: what is not told yet is another window's
            return self._advance(_State.after(state.told, state), now, at, end)
        if end is not None:
            return _State.after(now, state)
        return replace(state, told=now)

    def _begin(self, state: _State, now: Stretch, at: datetime) -> _State:
        """Begin a window when it was last seen that there was nothing."""
        begun_at, run_id = state.looked_at or at, uuid4()
        begun = replace(state, run_id=run_id, begun_at=begun_at)
        running.begin(run=without_counts(self._describe(begun, now)), at=begun_at, silence=SILENCE)
        return begun

    def _describe(self, state: _State, now: Stretch) -> RunDescription:
        return describe_window(
            self._terms,
            brokers=self._brokers,
            process=self._process,
            run_id=state.run_id or uuid4(),
            before=state.before,
            now=now,
        )


def _get_transaction() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")
        return int(cursor.fetchone()[0])


def _get_status(transaction: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_xact_status(%s::text::xid8)", [transaction])
        return str(cursor.fetchone()[0])
