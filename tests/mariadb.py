"""A MariaDB for the tests: made in an empty folder, on a socket only, gone with the block."""

import os
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import pymysql

from config.env import home
from config.launch.mariadb import find_or_unpack

_START_TIMEOUT = 60.0  # seconds
_SCRIPTS = ("mysql_system_tables.sql", "mysql_performance_tables.sql", "mysql_system_tables_data.sql")


class MariaDB:
    """A server that runs for the length of the block.

    :raises NoMariaDB: if this machine has none, and none can be had; the message says what to do.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._program = folder, find_or_unpack(home())
        self._data = folder / "mariadb"
        self.socket = folder / "m.sock"

    def __enter__(self) -> Self:
        self._data.mkdir()
        scripts = b"".join((self._program.share / name).read_bytes() for name in _SCRIPTS)
        words = b"CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\n" + scripts
        subprocess.run(
            [*self._command(), "--bootstrap"],
            input=words,
            env=self._program.environment,
            check=True,
            capture_output=True,
        )
        self._log = (self._folder / "mariadb.log").open("wb")
        self._server = subprocess.Popen(
            [*self._command(), "--skip-networking", f"--socket={self.socket}"],
            env=self._program.environment,
            stdout=self._log,
            stderr=self._log,
        )
        self._await()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.kill()
        self._server.wait()
        self._log.close()

    def url(self, database: str) -> str:
        """Return the address of a database for its owner."""
        return f"mysql+pymysql://root@localhost/{database}?unix_socket={self.socket}&charset=utf8mb4"

    def execute(self, statement: str) -> None:
        """Carry out a statement as the owner."""
        with self._connect() as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            connection.commit()

    def _connect(self) -> "pymysql.Connection[pymysql.cursors.Cursor]":
        return pymysql.connect(unix_socket=str(self.socket), user="root")

    def _await(self) -> None:
        deadline = time.monotonic() + _START_TIMEOUT
        while True:
            try:
                with socket.socket(socket.AF_UNIX) as knocking:
                    knocking.connect(str(self.socket))
            except OSError:
                if self._server.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return

    def _command(self) -> list[str]:
        share = self._program.share
        return [
            str(self._program.path),
            "--no-defaults",
            f"--datadir={self._data}",
            f"--pid-file={self._folder / 'mariadb.pid'}",
            f"--lc-messages-dir={share}",
            f"--character-sets-dir={share / 'charsets'}",
            f"--plugin-dir={self._folder}",
            "--innodb-log-file-size=8M",
            "--innodb-buffer-pool-size=32M",
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-use-native-aio=0",
            "--skip-log-bin",
            "--performance-schema=OFF",
            *(["--user=root"] if os.geteuid() == 0 else []),
        ]
