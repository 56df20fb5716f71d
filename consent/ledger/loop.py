"""The sequencer at work: one process at a time, others stand by."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from django.db import Error, connection

from consent.ledger import queries
from consent.ledger.sequencing import SEQUENCER_LOCK, sequence_pending
from consent.ledger.signing import sign_checkpoint
from consent.ledger.witnesses.guard import WitnessGuard

logger = logging.getLogger(__name__)

POLL = 0.02
"""Seconds between looks at an empty queue. A look costs an idle database about 0.1 ms."""
CHECKPOINT_EVERY = 0.2
"""Seconds between checkpoints while there is news."""
RETRY = 1.0
"""Seconds between tries to become the sequencer, and after the database failed."""


@dataclass(slots=True)
class SequencerLoop:
    """Sequences and signs until `should_stop`. `wait` sleeps at most so many seconds; `clock` counts them."""

    should_stop: Callable[[], bool]
    wait: Callable[[float], object]
    clock: Callable[[], float]
    guard: WitnessGuard
    limit: int = 2000
    told: int = 0
    is_signed: bool = False
    signed_at: float = float("-inf")

    def run(self) -> None:
        """Work until told to stop; stand by while another process is the sequencer.

        A lost database is waited for. The lock goes with the connection, so who comes back must win it anew.

        :raises KeyNotHandedOver, LogRolledBack: if this ledger must not be signed by us; nothing was.
        """
        while not self.should_stop():
            try:
                if _is_elected():
                    logger.info("this process is the sequencer")
                    self.guard.begin()
                    self._work()
            except Error:
                logger.exception("the database failed; the sequencer tries again")
            connection.close()  # and with it the lock, if we held it
            if not self.should_stop():
                self.wait(RETRY)

    def _work(self) -> None:
        while not self.should_stop():
            if is_idle := queries.get_oldest_pending() is None:
                self.wait(POLL)
            else:
                sequence_pending(limit=self.limit)
            self.is_signed &= is_idle
            if not self.is_signed and self.clock() - self.signed_at >= CHECKPOINT_EVERY:
                self._sign()
        while sequence_pending(limit=self.limit) == self.limit:
            pass  # what is committed when we are told to stop gets its place still; what comes later waits
        self._sign()

    def _sign(self) -> None:
        self.signed_at = self.clock()
        if not self.guard.may_sign():
            return
        sign_checkpoint()
        self.is_signed = True
        if (last := queries.get_checkpoint()) and last.size > self.told:
            self.guard.tell(last)
            self.told = last.size


def _is_elected() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [SEQUENCER_LOCK])
        return bool(cursor.fetchone() == (True,))
