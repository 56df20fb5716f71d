"""Where a store lies: one folder a generation, and a file that names the current one.

A rebuild writes a new folder beside the current one, which goes on being read until the file names the new.
"""

import secrets
import shutil
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lmdb

from activation.snapshots.store.wholeness import refuse_cut

_CURRENT = "CURRENT"
_MOST_BYTES = 1 << 38
"""Of address space; the file grows only as far as it is used."""
_MOST_READERS = 512
NAMES = (b"meta", b"tokens", b"people", b"index", b"stones", b"keys")


@dataclass(frozen=True, slots=True)
class Databases:
    """An open LMDB environment, and the tables in it."""

    environment: lmdb.Environment
    meta: Any
    tokens: Any
    people: Any
    index: Any
    stones: Any
    keys: Any


def current(home: Path) -> Path | None:
    """Return the folder of the current generation; None if there is none."""
    try:
        name = (home / _CURRENT).read_text(encoding="ascii").strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    folder = home / name
    return folder if name and folder.parent == home and folder.is_dir() else None


def new_generation(home: Path) -> Path:
    """Make and return an empty folder beside the current generation."""
    folder = home / f"generation-{secrets.token_hex(6)}"
    folder.mkdir(parents=True, mode=0o700)
    return folder


def make_current(home: Path, folder: Path) -> None:
    """Let readers go over to `folder`, and remove all others. Who reads one of those reads to its end."""
    draft = home / f".{_CURRENT}-{secrets.token_hex(6)}"
    draft.write_text(folder.name, encoding="ascii")
    draft.replace(home / _CURRENT)
    remove_others(home, folder)


def remove_others(home: Path, kept: Path | None) -> None:
    """Remove every generation but `kept`."""
    for other in home.glob("generation-*"):
        if other != kept:
            shutil.rmtree(other, ignore_errors=True)


def open_to_write(folder: Path) -> Databases:
    """Open a generation to write it. One process does.

    :raises lmdb.Error: if it is no LMDB environment, or is cut.
    """
    refuse_cut(folder)
    environment = lmdb.open(
        str(folder),
        map_size=_MOST_BYTES,
        max_dbs=len(NAMES),
        max_readers=_MOST_READERS,
        sync=False,
        metasync=False,
        readahead=False,
        mode=0o600,
    )
    return Databases(environment, *(environment.open_db(name) for name in NAMES))


def open_to_read(folder: Path) -> Databases:
    """Open a generation to read it.

    :raises lmdb.Error: if it is no whole LMDB environment.
    """
    refuse_cut(folder)
    environment = lmdb.open(
        str(folder),
        map_size=_MOST_BYTES,
        max_dbs=len(NAMES),
        max_readers=_MOST_READERS,
        readonly=True,
        create=False,
        readahead=False,
    )
    try:
        return Databases(environment, *(environment.open_db(name, create=False) for name in NAMES))
    except lmdb.Error:
        environment.close()
        raise


def boot_id() -> bytes:
    """Return 16 bytes that name this boot of the machine: two boots' monotonic clocks cannot be compared."""
    with suppress(OSError, ValueError):
        text = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
        return uuid.UUID(text.strip()).bytes
    return b"\0" * 16
