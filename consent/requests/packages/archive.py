"""The ZIP file of a package, written from its first byte to its last: nothing is gone back to.

Names are the package's own, never taken from data. Times are the package's, so nothing tells of the machine.
"""

import hashlib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import IO, Protocol, cast

_BUFFER = 1 << 16
_READABLE_BY_OWNER = 0o600 << 16


class Sink(Protocol):
    """Takes bytes in their order."""

    def write(self, content: bytes) -> int:
        """Take the next bytes."""
        ...

    def flush(self) -> None:
        """Do what is left to do with them."""
        ...


class FileWriter:
    """One file in the archive, while it is written."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target = target
        self._hash = hashlib.sha256()
        self._waiting: list[bytes] = []
        self._size = 0

    @property
    def digest(self) -> str:
        """`sha256:` and the hex digest of what was written out."""
        return f"sha256:{self._hash.hexdigest()}"

    def write(self, text: str) -> None:
        """Add text, as UTF-8. What is no character becomes a question mark."""
        self.write_bytes(text.encode(errors="replace"))

    def write_bytes(self, content: bytes) -> None:
        """Add bytes."""
        self._waiting.append(content)
        self._size += len(content)
        if self._size >= _BUFFER:
            self.flush()

    def flush(self) -> None:
        """Write out what waits."""
        content = b"".join(self._waiting)
        self._hash.update(content)
        self._target.write(content)
        self._waiting, self._size = [], 0


class Archive:
    """The files of a package, one after the other."""

    def __init__(self, sink: Sink, *, made_at: datetime) -> None:
        self._zip = zipfile.ZipFile(cast("IO[bytes]", sink), "w", zipfile.ZIP_DEFLATED)
        self._made_at = made_at
        self.digests: dict[str, str] = {}
        """Of each file that is whole, by its name."""

    @contextmanager
    def file(self, name: str, *, may_be_huge: bool = False) -> Iterator[FileWriter]:
        """Write one file. `may_be_huge`: it may take more than 4 GiB, which some old tools do not read."""
        year, month, day, hour, minute, second, *_ = self._made_at.timetuple()
        info = zipfile.ZipInfo(name, (max(year, 1980), month, day, hour, minute, second))
        info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, _READABLE_BY_OWNER
        with self._zip.open(info, "w", force_zip64=may_be_huge) as target:
            writer = FileWriter(target)
            yield writer
            writer.flush()
        self.digests[name] = writer.digest

    def add(self, name: str, content: bytes) -> None:
        """Write a small file at once."""
        with self.file(name) as writer:
            writer.write_bytes(content)

    def close(self) -> None:
        """Write the archive's directory, which makes it one."""
        self._zip.close()
