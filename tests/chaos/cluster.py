"""A PostgreSQL of the chaos tests' own, that is killed and comes back."""

import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from django.db import connections
from psycopg import sql

from config.databases import KEYS, name_beside
from config.embedded import postgres, processes, sockets
from config.embedded.account import Account, choose
from config.embedded.binaries import Postgres, find_postgres
from config.embedded.births import birth_of
from config.embedded.home import locked
from config.embedded.keys import DATA, Keys, load_or_create

PROC = Path("/proc")
PATIENCE = 30.0
"""Seconds that a dying or recovering server gets."""
POLL = 0.02


@dataclass(slots=True)
class Cluster:
    """One durable server (fsync on). What was committed outlives its death, else it breaks its promise."""

    home: Path
    folder: Path
    program: Postgres
    account: Account
    keys: Keys
    _running: ExitStack = field(default_factory=ExitStack)

    def start(self) -> None:
        """Start the server, and wait until it takes connections: recovery from a crash included."""
        server = postgres.running(
            home=self.home,
            folder=self.folder,
            program=self.program,
            account=self.account,
            keys=self.keys,
            durable=True,
        )
        self._running.enter_context(server)

    def stop(self) -> None:
        """End what runs, in good order."""
        self._running.close()

    def quit(self) -> None:
        """Stop the server at once (`pg_ctl stop -m immediate`), and start it again."""
        os.kill(self._postmaster(), signal.SIGQUIT)
        self._restart()

    def kill(self) -> None:
        """Kill the server and all its backends (SIGKILL), and start it again."""
        postmaster = self._postmaster()
        os.kill(postmaster, signal.SIGSTOP)  # it makes no more children while we kill those it has
        children = children_of(postmaster)
        for pid in children:
            self.kill_backend(pid)
        deadline = time.monotonic() + PATIENCE
        while any(birth_of(pid) for pid in children) and time.monotonic() < deadline:
            time.sleep(POLL)
        os.kill(postmaster, signal.SIGKILL)
        self._restart()

    def kill_backend(self, pid: int) -> None:
        """Kill one backend (SIGKILL): the server ends all the others, and recovers by itself."""
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended by itself
            os.kill(pid, signal.SIGKILL)

    def parameters(self, database: str = "postgres") -> dict[str, Any]:
        """Return how to connect to `database`."""
        return {
            "host": str(self.folder),
            "port": sockets.POSTGRES_PORT,
            "user": postgres.ROLE,
            "password": self.keys.database_password,
            "dbname": database,
        }

    def url(self, database: str) -> str:
        """Return the DATABASE_URL of `database`."""
        return sockets.database_url(
            self.folder, user=postgres.ROLE, password=self.keys.database_password, name=database
        )

    def copy(self, *, template: str, name: str) -> None:
        """Make the database `name` from `template`, and the keys' one beside it from the template's."""
        self.administer("CREATE DATABASE {} TEMPLATE {}", name, template)
        self.administer("CREATE DATABASE {} TEMPLATE {}", name_beside(name), name_beside(template))

    def drop(self, name: str) -> None:
        """Drop the database `name` and the keys' one beside it, whoever is connected to them."""
        for one in (name, name_beside(name)):
            self.administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", one)

    def ask(self, statement: LiteralString, database: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """Return the rows that `statement` gives; wait for a server that is recovering.

        :raises psycopg.OperationalError: if it does not come back.
        """
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                with closing(psycopg.connect(**self.parameters(database), autocommit=True)) as server:
                    return server.execute(statement, parameters).fetchall()
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(POLL)

    def administer(self, statement: str, *names: str) -> None:
        """Execute `statement`, with names for its placeholders, outside of any transaction."""
        with closing(psycopg.connect(**self.parameters(), autocommit=True)) as server:
            server.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def _postmaster(self) -> int:
        [server] = [one for one in processes.registered(self.home) if one.name == "postgres"]
        return server.pid

    def _restart(self) -> None:
        self.stop()  # waits for what is dying
        self.start()


@contextmanager
def running_cluster(home: Path) -> Iterator[Cluster]:
    """Give a new cluster in `home`, for the length of the block. One that a killed run left is ended."""
    with ExitStack() as stack:
        stack.enter_context(locked(home))
        processes.stop_orphans(home)
        shutil.rmtree(home / DATA, ignore_errors=True)
        program = find_postgres()
        account = choose(program=program.program("postgres"), home=home)
        folder = stack.enter_context(sockets.socket_folder(home, account))
        cluster = Cluster(home, folder, program, account, load_or_create(home))
        stack.callback(cluster.stop)
        cluster.start()
        yield cluster


@contextmanager
def django_connected(parameters: dict[str, Any]) -> Iterator[None]:
    """Let Django, in this thread, use the database of `parameters`, and the keys' one beside it."""
    outer = {alias: connections[alias] for alias in connections}
    for alias, connection in outer.items():
        connections[alias] = connection.copy()
    point_at(parameters)
    try:
        yield
    finally:
        connections.close_all()
        for alias, connection in outer.items():
            connections[alias] = connection


def point_at(parameters: dict[str, Any], **options: str) -> None:
    """Let this thread's connections, not open yet, lead to `parameters`, and the keys' beside it."""
    beside = {**parameters, "dbname": name_beside(parameters["dbname"])}
    for alias, place in (("default", parameters), (KEYS, beside)):
        connections[alias].settings_dict.update(settings_of(place))
        connections[alias].settings_dict["OPTIONS"] = dict(options)


def settings_of(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return `parameters` as Django's settings name them."""
    return {
        "NAME": parameters["dbname"],
        "HOST": parameters["host"],
        "PORT": str(parameters["port"]),
        "USER": parameters["user"],
        "PASSWORD": parameters["password"],
    }


def children_of(parent: int) -> list[int]:
    """Return the processes that `parent` started and that run."""
    children = []
    for folder in PROC.glob("[0-9]*"):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended by itself
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(fields[1]) == parent:
                children.append(int(folder.name))
    return children
