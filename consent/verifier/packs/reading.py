"""A pack's files, read from a folder or a zip archive that may have been made to harm.

Nothing is unpacked. Only names that belong into a pack are ever opened, symbolic links never; each file is
read up to a limit, whatever size the archive claims, and all of them together too.
"""

import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from consent.verifier.packs.layout import STATEMENT, MalformedPack

MAX_FILES = 500_000
MAX_FILE = 1 << 20
MAX_STATEMENT = 1 << 26
MAX_TOTAL = 1 << 32
"""The bytes that one verification reads of a zip archive, at most."""


_COMPRESSIONS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""The only two that the standard library unpacks no further than it is asked to."""
_UNREADABLE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, OSError)
"""What the standard library raises on an archive that is broken or encrypted."""


class PackFiles(Protocol):
    """The files of one pack."""

    @property
    def names(self) -> frozenset[str]:
        """Every file's name, with `/` between folders."""

    def read(self, name: str) -> bytes:
        """Return the content of the file `name`.

        :raises MalformedPack: if there is no such file, or it cannot be read safely.
        """


@contextmanager
def open_pack(path: Path) -> Iterator[PackFiles]:
    """Open the pack at `path`, a folder or a zip archive, for reading.

    :raises MalformedPack: if it is neither, or cannot be read safely. :raises OSError: if it cannot be read.
    """
    if path.is_dir():
        yield FolderFiles(path)
        return
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise MalformedPack("it is neither a folder nor a zip archive") from error
    with archive:
        yield ZipFiles(archive)


class FolderFiles:
    """The files of a pack that is a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names = _check_names(list(_walk(folder)))

    @property
    def names(self) -> frozenset[str]:
        """Every file's name."""
        return self._names

    def read(self, name: str) -> bytes:
        """Return the file's content."""
        if name not in self._names:
            raise MalformedPack(f"{name} is missing")
        with (self._folder / name).open("rb") as file:
            return _within_limit(name, file.read(_limit(name) + 1))


class ZipFiles:
    """The files of a pack that is a zip archive."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._left = MAX_TOTAL
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        if not _COMPRESSIONS.issuperset(entry.compress_type for entry in entries):
            raise MalformedPack("a file in it is neither stored nor deflated")
        self._names = _check_names([entry.filename for entry in entries])

    @property
    def names(self) -> frozenset[str]:
        """Every file's name."""
        return self._names

    def read(self, name: str) -> bytes:
        """Return the file's content."""
        if name not in self._names:
            raise MalformedPack(f"{name} is missing")
        try:
            with self._archive.open(name) as file:
                content = _within_limit(name, file.read(_limit(name) + 1))
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            NotImplementedError,
            RuntimeError,
            OSError,
        ) as error:
            raise MalformedPack(f"{name} cannot be unpacked") from error
        self._left -= len(content)
        if self._left < 0:
            raise MalformedPack(f"its files hold more than {MAX_TOTAL} bytes")
        return content


def _walk(folder: Path) -> Iterator[str]:
    for place, _, files in os.walk(folder, onerror=_raise):
        for file in files:
            path = Path(place, file)
            name = path.relative_to(folder).as_posix()
            if not stat.S_ISREG(path.lstat().st_mode):
                raise MalformedPack(f"{name!r} is no plain file")
            yield name
        linked = [one for one in Path(place).iterdir() if one.is_symlink()]
        if linked:
            raise MalformedPack(f"{linked[0].name!r} is a symbolic link")


def _raise(error: OSError) -> None:
    raise error


def _check_names(names: list[str]) -> frozenset[str]:
    found = frozenset(names)
    if len(names) > MAX_FILES:
        raise MalformedPack(f"it has more than {MAX_FILES} files")
    if len(found) != len(names):
        raise MalformedPack("the same name stands twice in the archive")
    if STATEMENT not in found:
        raise MalformedPack(f"there is no {STATEMENT} in it")
    return found


def _limit(name: str) -> int:
    return MAX_STATEMENT if name == STATEMENT else MAX_FILE


def _within_limit(name: str, content: bytes) -> bytes:
    if len(content) > _limit(name):
        raise MalformedPack(f"{name} is larger than {_limit(name)} bytes")
    return content
