"""The points that a process comes to: around what it does to files, to the database and to a recipient.

One of them can be its doom: it dies there, or is refused what it asks for.
"""

import errno
import os
import re
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import psycopg
from django.db import OperationalError, connection, connections

_WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|COPY|SELECT pg_\w*advisory|SELECT accordant_)", re.IGNORECASE)
_ON_FILES = frozenset(
    {
        "open",
        "os.rename",
        "os.remove",
        "os.link",
        "os.mkdir",
        "os.rmdir",
        "os.truncate",
        "shutil.move",
        "shutil.rmtree",
    }
)


class Fate(StrEnum):
    """What happens at the point of doom."""

    DIES = "dies"
    FULL = "full"  # a disk takes no more: ours, or the database's
    CUT_OFF = "cut_off"  # the database ends the session


@dataclass(frozen=True, slots=True)
class Doom:
    """Where and what."""

    nth: int
    """From 1; 0: nowhere, the points are only counted."""
    fate: Fate


@dataclass(slots=True)
class Points:
    """Counts the points that this process comes to, and lets its doom happen."""

    folder: str
    """Files elsewhere, and the audience's own, are passed over."""
    doom: Doom
    names: list[str] = field(default_factory=list)

    _from: tuple[str, Callable[[], object]] | None = None

    def from_point(self, name: str, begin: Callable[[], object]) -> None:
        """Call `begin` at the first point whose name holds `name`; now, if that is empty."""
        if name:
            self._from = name, begin
        else:
            begin()

    def watch(self) -> None:
        """Count from now on: it cannot be undone, so only a process that ends soon may ask for it."""
        global _watched  # noqa: PLW0603 - what a recipient of a test's asks, wherever it is called
        _watched = self
        sys.addaudithook(self._hear)
        for alias in connections:
            self._watch_database(alias)

    def come(self, name: str, fault: Callable[[], BaseException]) -> None:
        """Count one point; where it is the doom, die, or raise what `fault` makes.

        :raises BaseException: that.
        """
        self.names.append(name)
        if self._from and self._from[0] in name:
            self._from[1]()
            self._from = None
        if len(self.names) != self.doom.nth:
            return
        if self.doom.fate is Fate.DIES:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.doom.fate is not Fate.CUT_OFF:
            raise fault()
        _end_session()

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event not in _ON_FILES:
            return
        paths = [os.fsdecode(one) for one in arguments if isinstance(one, str | bytes | os.PathLike)]
        concerned = [path for path in paths if self._is_ours(path, event) and "audience." not in path]
        if concerned:
            self.come(f"{event} {_shorten(concerned[-1])}", _no_space)

    def _is_ours(self, path: str, event: str) -> bool:
        """A name without a folder is relative to an open one: a recipient's, or what is cleared away."""
        return path.startswith(self.folder) or (event != "open" and "/" not in path)

    def _watch_database(self, alias: str) -> None:
        watched: Any = connections[alias]  # there is no public place around a commit
        watched.execute_wrappers.append(self._around_statement)
        commit = watched._commit

        def around_commit() -> None:
            self.come(f"before the commit in {alias}", _no_space_there)
            commit()
            self.come(f"after the commit in {alias}", _no_space_there)

        watched._commit = around_commit

    def _around_statement(
        self, execute: Callable[..., Any], statement: Any, parameters: Any, many: bool, context: Any
    ) -> Any:
        if _WRITES.match(str(statement)):
            self.come(f"statement {' '.join(str(statement).split())[:60]}", _no_space_there)
        return execute(statement, parameters, many, context)


_watched: Points | None = None


def come(name: str, fault: Callable[[], BaseException]) -> None:
    """Count one point of whoever is watched; nobody is, in a test's own process."""
    if _watched is not None:
        _watched.come(name, fault)


def _shorten(path: str) -> str:
    return re.sub(r"[0-9a-f]{32}", "…", path.rpartition("/")[2])


def _no_space() -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _no_space_there() -> OperationalError:
    return OperationalError("could not extend file: No space left on device")


def _end_session() -> None:
    """Have this process's own session ended, and wait until it is."""
    session = connection.connection
    if session is None or session.closed:
        return
    parameters = connection.get_connection_params()
    parameters = {
        name: parameters[name]
        for name in ("dbname", "host", "port", "user", "password")
        if parameters.get(name)
    }
    with psycopg.connect(**parameters, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 10000)", [session.info.backend_pid])
