"""An embedded PostgreSQL: made once, started and stopped with the launcher, reached by a socket only."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from psycopg import sql

from config.databases import name_beside
from config.embedded import processes, sockets
from config.embedded.account import Account
from config.embedded.binaries import BUILTIN_LOCALE_SINCE, Postgres
from config.embedded.errors import EmbeddedError
from config.embedded.keys import DATA, Keys
from config.embedded.processes import ServerFailed

ROLE = DATABASE = "accordant"
DATABASES = (DATABASE, name_beside(DATABASE))  # the second one holds the data keys
WORKSHOP = "postgres-new-"
REFUSED = "password authentication failed"
START_TIMEOUT = 60.0  # seconds; recovery after a crash included
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class WrongVersion(EmbeddedError):
    """The data was written by another major version of PostgreSQL."""


@contextmanager
def running(
    *, home: Path, folder: Path, program: Postgres, account: Account, keys: Keys, durable: bool
) -> Iterator[str]:
    """Give the DATABASE_URL of a server that runs for the length of the block.

    :raises WrongVersion: if the home's data needs another PostgreSQL.
    :raises ServerFailed: if it cannot be made or does not start.
    """
    data = _prepared(home=home, program=program, account=account, keys=keys)
    _drop_stale_lock(data)
    command = server_command(program=program, data=data, folder=folder, durable=durable)
    server = processes.start(
        home=home, name="postgres", command=command, environment=ENVIRONMENT, account=account
    )
    try:
        _create_databases(_connected(home, server, folder, keys.database_password))
        yield url(folder, keys)
    finally:
        processes.stop(home, server)


def exists(home: Path) -> bool:
    """Return whether `home` holds a database already."""
    return (home / DATA).exists()


def url(folder: Path, keys: Keys) -> str:
    """Return the DATABASE_URL of the server with its socket in `folder`."""
    return sockets.database_url(folder, user=ROLE, password=keys.database_password, name=DATABASE)


def server_command(*, program: Postgres, data: Path, folder: Path, durable: bool) -> list[str]:
    """Return the command that serves `data` on a socket in `folder` and on no port."""
    options = {
        "listen_addresses": "",
        "port": str(sockets.POSTGRES_PORT),
        "unix_socket_directories": _quoted(folder),
        "unix_socket_permissions": "0700",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_min_messages": "warning",
        "log_min_error_statement": "panic",  # statements hold personal data
        **({} if durable else NOT_DURABLE),
    }
    settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    return [program.program("postgres"), "-D", str(data), *settings]


def initdb_command(*, program: Postgres, data: Path, password_file: Path) -> list[str]:
    """Return the command that makes `data`: UTF-8, and an order of text that no system library changes."""
    locale = ["--locale=C"]
    if program.major >= BUILTIN_LOCALE_SINCE:
        locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return [
        program.program("initdb"),
        f"--pgdata={data}",
        f"--username={ROLE}",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--no-instructions",
        *locale,
    ]


def _quoted(folder: Path) -> str:
    """Return `folder` as one item of a list setting."""
    return '"' + str(folder).replace('"', '""') + '"'


def _prepared(*, home: Path, program: Postgres, account: Account, keys: Keys) -> Path:
    """Return the data folder, made if it is missing: whole or not at all."""
    data = home / DATA
    if exists(home):
        _check_version(data, program)
        account.adopt(data)
    else:
        _initialise(home=home, data=data, program=program, account=account, keys=keys)
    return data


def _check_version(data: Path, program: Postgres) -> None:
    major = (data / "PG_VERSION").read_text().strip()
    if major != str(program.major):
        raise WrongVersion(
            f"{data} was written by PostgreSQL {major}, and {program.folder} holds {program.major}. "
            f"Install PostgreSQL {major}, or remove the whole folder {data.parent} to start anew."
        )


def _initialise(*, home: Path, data: Path, program: Postgres, account: Account, keys: Keys) -> None:
    """Make a database beside `data`, then move it there: a run that is killed leaves no half of one."""
    for leftover in home.glob(f"{WORKSHOP}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=WORKSHOP, dir=home, ignore_cleanup_errors=True) as name:
        workshop = Path(name)
        password_file = workshop / "password"
        password_file.write_text(keys.database_password)
        account.adopt(workshop)
        command = initdb_command(program=program, data=workshop / DATA, password_file=password_file)
        done = subprocess.run(  # noqa: S603 - a program of an installed package
            [*account.prefix, *command],
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            check=False,
            **account.identity,
        )
        if done.returncode:
            raise ServerFailed(f"initdb failed.\n{done.stdout}{done.stderr}")
        (workshop / DATA).rename(data)


def _drop_stale_lock(data: Path) -> None:
    """Remove the lock file of a dead server whose number some process has, if only one waiting for burial.

    PostgreSQL would take that process for a server. The caller owns the home and has ended every server in
    it. A number that nobody has is PostgreSQL's own to judge: it looks for what a killed server left behind.
    """
    lock = data / "postmaster.pid"
    with suppress(FileNotFoundError, ProcessLookupError):
        pid = int(lock.read_text().split("\n", 1)[0])
        with suppress(PermissionError):  # it exists, and belongs to somebody else
            os.kill(pid, 0)
        lock.unlink()


def _connected(home: Path, server: processes.Process, folder: Path, password: str) -> psycopg.Connection:
    """Return a connection, once the server takes one."""
    deadline = time.monotonic() + START_TIMEOUT
    while True:
        try:
            return psycopg.connect(
                host=str(folder),
                port=sockets.POSTGRES_PORT,
                user=ROLE,
                password=password,
                dbname="postgres",
                autocommit=True,
            )
        except psycopg.OperationalError as error:
            processes.must_live(home, server)
            if time.monotonic() > deadline or REFUSED in str(error):
                log = processes.log_end(home, server.name)
                raise ServerFailed(f"PostgreSQL does not take our connection: {error}\n{log}") from error
            time.sleep(processes.POLL)


def _create_databases(connection: psycopg.Connection) -> None:
    """Make our databases, if they are missing."""
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database")
        there = {name for (name,) in cursor.fetchall()}
        for name in DATABASES:
            if name not in there:
                cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
