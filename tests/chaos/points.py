"""Points at which a process can die or lose its backend: around each statement and each commit."""

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
from django.db import connection

from tests.chaos.plans import Doom, Fate


@dataclass(slots=True)
class Points:
    """Counts the points that this process comes to, and lets its doom happen."""

    doom: Doom | None
    parameters: dict[str, Any]
    passed: int = 0

    def watch(self) -> None:
        """Count the statements and commits of Django's connection from now on."""
        connection.execute_wrappers.append(self._around_statement)
        commit = connection._commit  # type: ignore[attr-defined]  # there is no public place around a commit

        def around_commit() -> None:
            self.come()
            commit()
            self.come()

        connection._commit = around_commit  # type: ignore[attr-defined]

    def come(self) -> None:
        """Count one point."""
        self.passed += 1
        if self.doom is None or self.passed != self.doom.nth:
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

    def _lose_backend(self) -> None:
        """Have this process's own backend terminated, and wait until it is gone."""
        session = connection.connection
        if session is None or session.closed:
            return
        pid = session.info.backend_pid
        print(f"backend {pid} is cut off at point {self.passed}", file=sys.stderr, flush=True)
        try:
            with psycopg.connect(**self.parameters, autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])
        except psycopg.Error:
            pass  # the whole server is gone, and this backend with it
