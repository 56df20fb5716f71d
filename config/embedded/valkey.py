"""An embedded Valkey: a broker in memory, reached by a socket only. The truth is in PostgreSQL."""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.embedded import processes, sockets
from config.embedded.account import Account
from config.embedded.processes import ServerFailed

START_TIMEOUT = 20.0  # seconds
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


@contextmanager
def running(*, home: Path, folder: Path, program: Path, account: Account) -> Iterator[str]:
    """Give the BROKER_URL of a server that runs for the length of the block.

    :raises ServerFailed: if it does not start.
    """
    command = server_command(program=program, folder=folder)
    server = processes.start(
        home=home, name="valkey", command=command, environment=ENVIRONMENT, account=account
    )
    try:
        _wait_until_it_answers(home, server, folder / sockets.VALKEY_SOCKET)
        yield sockets.broker_url(folder)
    finally:
        processes.stop(home, server)


def server_command(*, program: Path, folder: Path) -> list[str]:
    """Return the command that serves on a socket in `folder` and on no port, and keeps nothing on disk."""
    options = {
        "port": "0",
        "unixsocket": str(folder / sockets.VALKEY_SOCKET),
        "unixsocketperm": "700",
        "dir": str(folder),
        "save": "",
        "appendonly": "no",
        "maxmemory-policy": "noeviction",
    }
    return [str(program), *(word for name, value in options.items() for word in (f"--{name}", value))]


def _wait_until_it_answers(home: Path, server: processes.Process, address: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while not _answers(address):
        processes.must_live(home, server)
        if time.monotonic() > deadline:
            raise ServerFailed(f"Valkey does not answer.\n{processes.log_end(home, server.name)}")
        time.sleep(processes.POLL)


def _answers(address: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)
        try:
            client.connect(str(address))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False
