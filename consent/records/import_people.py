"""Whether somebody stood further up in a file: as much memory, however long the file is. Pure."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from consent.records.types import NewRow

_BITS = 27
_PLACES = 4
"""A Bloom filter of 16 MiB. Of ten million people, it takes one in 400 for one that it knows."""


@dataclass(slots=True)
class PeopleBefore:
    """Whom earlier batches of a file tell of, by their identifiers. It counts few too many, none too few."""

    again: int = 0
    """How many records tell of somebody of whom an earlier batch tells, too."""
    _bits: bytearray = field(default_factory=lambda: bytearray(1 << (_BITS - 3)))

    def count(self, records: Iterable[Sequence[NewRow]]) -> None:
        """Count those of the batch's records, each of some rows, and take note of whom they tell of."""
        named = [[list(_places(one)) for one in _list_identifiers(rows)] for rows in records]
        self.again += sum(any(map(self._holds, places)) for places in named)
        for place in (place for places in named for one in places for place in one):
            self._bits[place >> 3] |= 1 << (place & 7)

    def _holds(self, places: Iterable[int]) -> bool:
        return all(self._bits[place >> 3] >> (place & 7) & 1 for place in places)


def _list_identifiers(rows: Iterable[NewRow]) -> set[str]:
    return {f"{one.kind.value}\n{one.value}" for row in rows for one in row.identifiers}


def _places(identifier: str) -> Iterator[int]:
    digest = hashlib.blake2b(identifier.encode(), digest_size=4 * _PLACES).digest()
    for start in range(0, len(digest), 4):
        yield int.from_bytes(digest[start : start + 4]) >> (32 - _BITS)
