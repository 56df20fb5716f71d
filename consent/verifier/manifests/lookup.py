"""Looking a few people up in the evidence of one run, where it lies, without reading the rest of it.

It answers as `Evidence` does, from some twenty short readings. What it reads on its way has to be in order;
a file whose first line does not fit its size, or that is out of order there, answers nobody. That the rest
is what the run wrote, only the digest of the whole file tells.
"""

import hashlib
import os
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from consent.verifier.manifests.evidence import (
    LONGEST_HEAD,
    REASONS_SIZE,
    Head,
    MalformedEvidence,
    Places,
    read_start,
)
from consent.verifier.manifests.membership import MEMBER_SIZE, MemberSet

_READ_AT_ONCE = 64  # members
_BELOW_ALL, _ABOVE_ALL = b"", b"\xff" * (MEMBER_SIZE + 1)


@dataclass(frozen=True, slots=True)
class Found:
    """What the evidence says of all members looked up together: those of one person."""

    allowed: bool
    reasons: frozenset[str]
    """What rows with one of them were denied for; nothing if none was."""
    denied: bool


@dataclass(frozen=True, slots=True)
class Lookup:
    """One file of evidence, open."""

    head: Head
    size: int
    _descriptor: int
    _places: Places

    def find(self, members: Iterable[bytes]) -> Found:
        """Return what became of the rows with any of `members`.

        :raises MalformedEvidence: if what is read on the way is not in order, or ends early.
        """
        allowed, denied, reasons = False, False, frozenset[str]()
        for member in members:
            allowed = self._place_of(member, self._places.allowed, self.head.allowed) is not None or allowed
            place = self._place_of(member, self._places.denied, self.head.denied)
            if place is not None:
                denied, reasons = True, reasons | self._reasons_at(place)
        return Found(allowed, reasons, denied)

    def digest(self) -> str:
        """Return `sha256:` and the hex digest of the whole file, all of which is read."""
        with os.fdopen(os.dup(self._descriptor), "rb") as file:
            file.seek(0)
            return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"

    def read_all(self) -> tuple[bytes, bytes]:
        """Return all allowed members, one after the other, and all denied ones.

        :raises MalformedEvidence: if they are not in order, or end early.
        """
        allowed = self._read(self._places.allowed, self.head.allowed * MEMBER_SIZE)
        denied = self._read(self._places.denied, self.head.denied * MEMBER_SIZE)
        try:
            MemberSet.of_packed(allowed), MemberSet.of_packed(denied)
        except ValueError as error:
            raise MalformedEvidence("its members are not in order, or one stands there twice") from error
        return allowed, denied

    def _reasons_at(self, place: int) -> frozenset[str]:
        reasons = self.head.name_reasons(
            self._read(self._places.reasons + place * REASONS_SIZE, REASONS_SIZE)
        )
        if not reasons:
            raise MalformedEvidence("a member was denied for no reason")
        return reasons

    def _place_of(self, member: bytes, start: int, count: int) -> int | None:
        low, high, below, above = 0, count, _BELOW_ALL, _ABOVE_ALL
        while high - low > _READ_AT_ONCE:
            middle = (low + high) // 2
            packed = self._read(start + (middle - 1) * MEMBER_SIZE, 3 * MEMBER_SIZE)
            before, here, after = split(packed)
            if not below <= before < here < after <= above:
                raise MalformedEvidence("its members are not in order")
            if here <= member:
                low, below = middle + 1, here
                if here == member:
                    return middle
            else:
                high, above = middle, here
        packed = self._read(start + low * MEMBER_SIZE, (high - low) * MEMBER_SIZE)
        here_all = split(packed)
        if not all(one < other for one, other in pairwise([below, *here_all, above])):
            raise MalformedEvidence("its members are not in order")
        found = bisect_left(here_all, member)
        return low + found if found < len(here_all) and here_all[found] == member else None

    def _read(self, place: int, size: int) -> bytes:
        content = os.pread(self._descriptor, size, place)
        if len(content) != size:
            raise MalformedEvidence("it is cut short")
        return content


def split(packed: bytes) -> list[bytes]:
    """Return the members that stand in `packed`, one after the other."""
    return [packed[at : at + MEMBER_SIZE] for at in range(0, len(packed), MEMBER_SIZE)]


@contextmanager
def open_lookup(path: Path) -> Iterator[Lookup]:
    """Give what looks people up in the file at `path`.

    :raises FileNotFoundError: if there is none; :raises OSError: if it cannot be read.
    :raises MalformedEvidence: if its first line is not evidence's, or does not fit its size.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        size = os.fstat(descriptor).st_size
        head, places = read_start(os.pread(descriptor, LONGEST_HEAD, 0), size=size)
        yield Lookup(head, size, descriptor, places)
    finally:
        os.close(descriptor)
