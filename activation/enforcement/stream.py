"""An audience's rows with canaries hidden among them, the same on each reading."""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from activation.enforcement.audience.types import ROWS_AT_ONCE, Audience
from activation.enforcement.canaries.rows import CanaryRows


@dataclass(frozen=True, slots=True)
class Piece:
    """Rows that follow one another: of the audience, or about canaries."""

    batch: pa.RecordBatch
    canary: int | None = None
    """The place, among the canary rows, of the one row that this is; None: rows of the audience."""


@dataclass(frozen=True, slots=True)
class Stream:
    """Where each canary row is hidden: before which row of the audience, or behind the last one."""

    audience: Audience
    canaries: CanaryRows | None
    places: tuple[int, ...]

    @classmethod
    def hide(cls, audience: Audience, canaries: CanaryRows | None) -> "Stream":
        """Return the audience with canary rows at places that nobody can foretell."""
        count = 0 if canaries is None else canaries.batch.num_rows
        return cls(audience, canaries, tuple(sorted(secrets.randbelow(ROWS_AT_ONCE) for _ in range(count))))

    def pieces(self, columns: Sequence[str] | None = None) -> Iterator[Piece]:
        """Read the audience, or some of its columns, from the start.

        :raises AudienceUnreadable: if a row is malformed.
        """
        position = following = 0
        for batch in self.audience.batches() if columns is None else self.audience.select(columns):
            start = 0
            while following < len(self.places) and self.places[following] < position + batch.num_rows:
                cut = self.places[following] - position
                yield from _rows(batch, start, cut)
                yield self._canary(following, columns)
                start, following = cut, following + 1
            yield from _rows(batch, start, batch.num_rows)
            position += batch.num_rows
        for place in range(following, len(self.places)):
            yield self._canary(place, columns)

    def _canary(self, place: int, columns: Sequence[str] | None) -> Piece:
        if self.canaries is None:
            raise LookupError("there are no canaries")
        row = self.canaries.batch.slice(place, 1)
        return Piece(row if columns is None else row.select(columns), canary=place)


def _rows(batch: pa.RecordBatch, start: int, end: int) -> Iterator[Piece]:
    if end > start:
        yield Piece(batch.slice(start, end - start))
