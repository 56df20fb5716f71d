"""Members on disk, in parts small enough to be held one after the other.

Members are keyed hashes, so their first byte spreads them evenly. What is written is pseudonymous personal
data: it lies in a folder of its owner's alone, and goes with it.
"""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from consent.verifier.manifests.membership import MEMBER_SIZE

PARTS = 64
_MEMBERS_PER_BYTE = 256 // PARTS


class Spill:
    """Rows of one member and some bytes of payload, written in any order and read part by part."""

    def __init__(self, folder: Path, name: str, payload: int) -> None:
        self._paths = [folder / f"{name}-{part}" for part in range(PARTS)]
        self._size = MEMBER_SIZE + payload
        self._files: list[IO[bytes]] = []

    def __enter__(self) -> Self:
        self._files = [path.open("w+b") for path in self._paths]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._files:
            file.close()

    def add(self, member: bytes, payload: bytes = b"") -> None:
        """Write one row."""
        self._files[member[0] // _MEMBERS_PER_BYTE].write(member + payload)

    def read(self, part: int) -> Iterator[tuple[bytes, bytes]]:
        """Yield the rows of one part: each member with its payload."""
        file = self._files[part]
        file.seek(0)
        while row := file.read(self._size):
            yield row[:MEMBER_SIZE], row[MEMBER_SIZE:]
