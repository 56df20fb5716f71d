"""Where the servers' sockets lie: in the home, unless its path is too long for a socket's address."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from config.embedded.account import Account

LONGEST_ADDRESS = 103  # bytes; Linux takes 107, macOS 103
POSTGRES_PORT = 5432  # only part of the socket's name: no server listens on a port
POSTGRES_SOCKET = f".s.PGSQL.{POSTGRES_PORT}"
VALKEY_SOCKET = "valkey.sock"
NAMES = (POSTGRES_SOCKET, VALKEY_SOCKET)
RECORD = "sockets"
PREFIX = "accordant-"


@contextmanager
def socket_folder(home: Path, account: Account) -> Iterator[Path]:
    """Give a folder that only `account` may enter, and that holds sockets for the length of the block."""
    _forget(home)
    inside = home / "run"
    if fits(inside):
        inside.mkdir(mode=0o700, exist_ok=True)
        folder = inside
    else:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    (home / RECORD).write_text(str(folder))
    account.adopt(folder)
    try:
        yield folder
    finally:
        _forget(home)


def current(home: Path) -> Path | None:
    """Return the folder of the sockets that are in use in `home`, if any."""
    record = home / RECORD
    return Path(record.read_text()) if record.exists() else None


def fits(folder: Path) -> bool:
    """Return whether sockets in `folder` have addresses that the system takes."""
    return len(os.fsencode(folder / POSTGRES_SOCKET)) <= LONGEST_ADDRESS


def database_url(folder: Path, *, user: str, password: str, name: str) -> str:
    """Return the DATABASE_URL of a server with its socket in `folder`."""
    return f"postgresql://{quote(user)}:{quote(password, safe='')}@/{name}?host={quote(str(folder), safe='')}"


def broker_url(folder: Path) -> str:
    """Return the BROKER_URL of a server with its socket in `folder`."""
    return f"redis+socket://{quote(str(folder / VALKEY_SOCKET))}"


def _forget(home: Path) -> None:
    """Remove the sockets of the run that ends, or of one that could not clean up."""
    folder = current(home)
    if folder and folder.name.startswith(PREFIX):
        shutil.rmtree(folder, ignore_errors=True)
    for name in (*NAMES, f"{POSTGRES_SOCKET}.lock"):
        (home / "run" / name).unlink(missing_ok=True)
    (home / RECORD).unlink(missing_ok=True)
