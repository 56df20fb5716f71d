"""Points at which a process can die or lose its backend: around each statement and each commit."""

import logging
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from django.db import connection

from tests.chaos.plans import Doom, Fate, Place

logger = logging.getLogger(__name__)

LONGEST_WAIT = 0.3
"""Seconds that a dawdler waits for others: they may all wait for the lock that it holds."""
POLL = 0.005
_SIZE = "SELECT max(index) FROM consent_ledger_leaf"


@dataclass(slots=True)
class Points:
    """Counts the points that this process comes to, and lets its doom happen."""

    doom: Doom | None
    parameters: dict[str, Any]
    dawdles: int | None = None
    """Before which commit it waits."""
    passed: int = 0
    committed: int = 0

    def watch(self) -> None:
        """Count the statements and commits of Django's connection from now on."""
        connection.execute_wrappers.append(self._around_statement)
        commit = connection._commit  # type: ignore[attr-defined]  # there is no public place around a commit

        def around_commit() -> None:
            if self.committed + 1 == self.dawdles:
                self._dawdle()
            self.come()
            commit()
            self.committed += 1
            self._meet(Place.COMMITTED, self.committed)
            self.come()

        connection._commit = around_commit  # type: ignore[attr-defined]

    def come(self) -> None:
        """Count one point."""
        self.passed += 1
        self._meet(Place.POINT, self.passed)

    def _meet(self, place: Place, nth: int) -> None:
        if self.doom is None or (self.doom.place, self.doom.nth) != (place, nth):
            return
        if self.doom.fate is Fate.DIES:
            os.kill(os.getpid(), signal.SIGKILL)
        self._lose_backend()

    def _around_statement(
        self, execute: Callable[..., Any], statement: Any, parameters: Any, many: bool, context: Any
    ) -> Any:
        self.come()
        result = execute(statement, parameters, many, context)
        self.come()
        return result

    def _dawdle(self) -> None:
        """Let others overtake: wait, not for long, until the ledger has grown by what they wrote."""
        deadline = time.monotonic() + LONGEST_WAIT
        with suppress(psycopg.Error), psycopg.connect(**self.parameters, autocommit=True) as other:
            size = other.execute(_SIZE).fetchone()
            while other.execute(_SIZE).fetchone() == size and time.monotonic() < deadline:
                time.sleep(POLL)

    def _lose_backend(self) -> None:
        """Have this process's own backend terminated, and wait until it is gone."""
        session = connection.connection
        if session is None or session.closed:
            return
        pid = session.info.backend_pid
        logger.warning("backend %s is cut off at point %s", pid, self.passed)
        with suppress(psycopg.Error), psycopg.connect(**self.parameters, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])  # or the whole server is gone
