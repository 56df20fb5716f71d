"""Writing everybody's state into one file, once and for all."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec
import pyarrow as pa
from pyarrow import parquet

from activation.decisions.types import SubjectState
from activation.snapshots.bulk.columns import (
    BIRTHS,
    FACT_ENDS,
    FOOTER,
    FORMAT,
    REF,
    WHOLE,
    Footer,
    code_column,
    end_columns,
    schema_of,
    yes_columns,
)
from activation.snapshots.bulk.lenses import BASE, Lens, Sighting, sight
from activation.snapshots.compact.encoding import COMPACT, HEADER, SETTLED_AT, Layout, lay_out, read_shape
from activation.snapshots.compact.general import UNREADABLE, encode_general
from activation.snapshots.compact.states import encode_state
from activation.snapshots.compact.times import to_micros
from activation.snapshots.compact.tokens import MOST_TOKENS, Token

_ROWS_AT_ONCE = 50_000
_SUFFIX = ".people.parquet"


def list_files(folder: Path) -> list[Path]:
    """Return the files of people in `folder`, that of the largest ledger first."""
    return sorted(folder.glob(f"*{_SUFFIX}"), reverse=True)


def is_intact(path: Path) -> bool:
    """Return whether a file of people still holds the bytes that its name has the SHA-256 of."""
    with path.open("rb") as file:
        return path.name.endswith(f"-{hashlib.file_digest(file, 'sha256').hexdigest()}{_SUFFIX}")


@dataclass(slots=True)
class TokenBook:
    """The tokens there are, in the order of their numbers."""

    tokens: list[Token] = field(default_factory=list)
    _numbers: dict[Token, int] = field(default_factory=dict)

    def number_of(self, token: Token) -> int | None:
        """Return the token's number, a new one if it has none; None if no more can be given."""
        number = self._numbers.get(token)
        if number is None and len(self.tokens) < MOST_TOKENS:
            number = self._numbers[token] = len(self.tokens)
            self.tokens.append(token)
        return number

    def token(self, number: int) -> Token:
        """Return the token of `number`."""
        return self.tokens[number]


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What the states rest on."""

    watermark: int
    last_hash: bytes
    complete_at: datetime
    identity: bytes


@dataclass(frozen=True, slots=True)
class _Known:
    layout: Layout
    sighting: Sighting | None
    """None: a row has no room for it."""


class PeopleWriter:
    """Writes one file of people, the references ascending. It gets its name when it is whole."""

    def __init__(self, folder: Path, *, purposes: Sequence[str], basis: Basis) -> None:
        """Begin a file that can be asked about `purposes`."""
        self._folder, self._basis = folder, basis
        self._lenses = [Lens(purpose) for purpose in dict.fromkeys((BASE, *purposes))]
        self._schema = schema_of(len(self._lenses))
        self._book = TokenBook()
        self._known: dict[bytes, _Known] = {}
        self._rows: dict[str, list[Any]] = {name: [] for name in self._schema.names}
        self.people = self._whole = 0
        self._settled_by = to_micros(basis.complete_at)
        folder.mkdir(parents=True, exist_ok=True)
        self._partial = folder / f".{os.getpid()}.partial"
        self._file = parquet.ParquetWriter(
            self._partial, self._schema, compression="zstd", write_page_checksum=True
        )

    def __enter__(self) -> Self:
        """Write on entering; on leaving, what was not finished is removed."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._partial.unlink(missing_ok=True)

    def add(self, ref: str, state: SubjectState | None) -> None:
        """Write what is on record of `ref` and whom it is linked to; None: it cannot be read."""
        self._rows[REF].append(ref)
        self.people += 1
        if state is None or not self._add_compact(state):
            self._whole += 1
            whole = UNREADABLE if state is None else encode_general(state.members, state.links)
            self._rows[WHOLE].append(whole)
        self._pad()
        if len(self._rows[REF]) >= _ROWS_AT_ONCE:
            self._flush()

    def finish(self) -> Path:
        """Give the file its name, which holds its watermark and the SHA-256 of its bytes, and return it."""
        self._flush()
        footer = msgspec.json.encode(self._footer())
        self._file.add_key_value_metadata({FOOTER.decode(): footer.decode()})
        self._file.close()
        with self._partial.open("rb") as file:
            os.fsync(file.fileno())
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        final = self._folder / f"{self._basis.watermark:020}-{digest}{_SUFFIX}"
        self._partial.replace(final)
        return final

    def _add_compact(self, state: SubjectState) -> bool:
        text = self._encode(state)
        kind, length = HEADER.unpack_from(text)
        if kind != COMPACT:
            return False
        end = HEADER.size + length
        known = self._known.get(text[HEADER.size : end]) or self._learn(text[HEADER.size : end])
        times = known.layout.times.unpack_from(text, end)
        if known.sighting is None or times[SETTLED_AT] > self._settled_by:
            return False
        self._add_times(known.sighting, times)
        return True

    def _encode(self, state: SubjectState) -> bytes:
        return encode_state(state, self._book)

    def _learn(self, text: bytes) -> _Known:
        shape = read_shape(text, self._book)
        layout, tokens = lay_out(shape, self._book), [self._book.token(number) for number in shape.numbers]
        known = self._known[text] = _Known(layout, sight(shape, tokens, layout, self._lenses))
        return known

    def _add_times(self, sighting: Sighting, times: Sequence[int]) -> None:
        for name, place in zip(BIRTHS, sighting.births, strict=False):
            self._rows[name].append(date.fromordinal(times[place]))
        for name, place in zip(FACT_ENDS, sighting.fact_ends, strict=False):
            self._rows[name].append(times[place])
        for number, glimpse in enumerate(sighting.glimpses):
            self._rows[code_column(number)].append(glimpse.code)
            for names, places in ((yes_columns(number), glimpse.yeses), (end_columns(number), glimpse.ends)):
                for name, place in zip(names, places, strict=False):
                    self._rows[name].append(times[place])

    def _pad(self) -> None:
        """Leave empty what the last row says nothing of."""
        count = len(self._rows[REF])
        for values in self._rows.values():
            if len(values) < count:
                values.append(None)

    def _flush(self) -> None:
        if self._rows[REF]:
            self._file.write_table(pa.table(self._rows, schema=self._schema))
            for values in self._rows.values():
                values.clear()

    def _footer(self) -> Footer:
        basis, tokens = self._basis, self._book.tokens
        return Footer(
            format=FORMAT,
            watermark=basis.watermark,
            last_hash=basis.last_hash.hex(),
            complete_at=basis.complete_at,
            identity=basis.identity.hex(),
            people=self.people,
            whole=self._whole,
            lenses=[lens.purpose for lens in self._lenses],
            spoken_of=sorted({token.purpose for token in tokens if token.purpose}),
            tokens=[token.row() for token in tokens],
            shapes=[
                [tuple(list(part) for part in key) for key in lens.codes]  # type: ignore[misc]  # four parts
                for lens in self._lenses
            ],
        )
