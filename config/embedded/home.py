"""The folder that a local installation lives in, and the lock that gives it one owner at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.embedded.errors import EmbeddedError

LOCK = "lock"


class HomeInUse(EmbeddedError):
    """Another launcher runs its services in this home."""


class HomeNotOurs(EmbeddedError):
    """The home belongs to another account."""


def create(home: Path) -> None:
    """Make the folder. Root's servers run as another account, which has to pass through it, no more.

    :raises HomeNotOurs: if it exists and we may not write to it.
    """
    mode = 0o711 if os.geteuid() == 0 else 0o700
    try:
        home.mkdir(mode=mode, parents=True, exist_ok=True)
        ours = home.stat().st_uid == os.geteuid()
    except PermissionError:
        ours = False
    if not ours:
        message = f"{home} belongs to another account. Choose a --home of your own (or set ACCORDANT_HOME)."
        raise HomeNotOurs(message)


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """Own `home` for the length of the block. The system frees the lock however this process ends.

    :raises HomeInUse: if another process owns it.
    """
    create(home)
    with (home / LOCK).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            owner = file.read().strip() or "unknown"
            message = f"{home} is in use by process {owner}. Stop that one first, or choose another --home."
            raise HomeInUse(message) from error
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
