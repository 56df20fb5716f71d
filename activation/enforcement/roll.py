"""The first reading of an audience: who each row is about, kept in a file of the run's own.

It holds references and keyed hashes, no identifier, and lies in the run's scratch folder while the run lasts.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from activation.enforcement.audience.identifiers import read_identifiers
from activation.enforcement.audience.types import ROWS_AT_ONCE
from activation.enforcement.judging import Judge
from activation.enforcement.membership.keys import keys_of_stranger
from activation.enforcement.order import Order
from activation.enforcement.stream import Piece, Stream
from activation.snapshots.queries import Snapshot
from consent.subjects.queries import find_subjects, list_groups_asking
from consent.subjects.types import Identifier, SubjectRef
from consent.verifier.manifests.membership import hash_member, hash_reference

SCHEMA = pa.schema(
    [
        pa.field("row", pa.int64(), nullable=False),
        pa.field("person", pa.string()),
        pa.field("members", pa.list_(pa.binary(32))),
        pa.field("keys", pa.list_(pa.uint64())),
        pa.field("canary", pa.int32()),
    ]
)
STRANGER = ""
"""Who is named by identifiers that lead to nobody."""
_AND = "|"
"""Between the references of a row whose identifiers lead to several people. A reference that holds it is
none: else one row could be taken for another's several people."""

Identifiers = tuple[Identifier, ...] | None


class Roll:
    """Writes who each row is about, and has those decided one by one whom the judge cannot tell of."""

    def __init__(self, order: Order, snapshot: Snapshot, judge: Judge, run_key: bytes) -> None:
        self._order, self._snapshot, self._judge, self._run_key = order, snapshot, judge, run_key
        self.rows = 0
        """Rows so far, canaries included."""

    def write(self, stream: Stream, path: Path) -> None:
        """Read the whole audience, and write the file.

        :raises AudienceUnreadable: if a row is malformed.
        :raises SubjectStateUnreadable: if sealed facts do not open: nothing may be decided without them.
        """
        with parquet.ParquetWriter(path, SCHEMA, compression="none", use_dictionary=False) as file:
            told = rows = 0
            for piece in self._portions(stream):
                file.write_batch(self._read(piece))
                rows += 0 if piece.canary is not None else piece.batch.num_rows
                if rows - told >= ROWS_AT_ONCE:
                    told = rows
                    self._order.watcher.rows(told)
            if rows > told or not rows:
                self._order.watcher.rows(rows)

    def _portions(self, stream: Stream) -> Iterator[Piece]:
        """Yield the rows in portions that PostgreSQL is asked about at once."""
        for piece in stream.pieces(self._order.naming_columns):
            size = ROWS_AT_ONCE if self._order.columns else max(piece.batch.num_rows, 1)
            for start in range(0, piece.batch.num_rows, size):
                yield Piece(piece.batch.slice(start, size), piece.canary)

    def _read(self, piece: Piece) -> pa.RecordBatch:
        if not self._order.columns:
            return self._read_references(piece)
        refs = self._references(piece.batch)
        named = read_identifiers(piece.batch, self._order.columns)
        asked = self._find(named, refs)
        introduce(self._judge, self._snapshot, (one for one in asked if one))
        first, self.rows = self.rows, self.rows + len(asked)
        return pa.RecordBatch.from_arrays(
            [
                pa.array(range(first, self.rows), pa.int64()),
                pa.array([None if one is None else name_people(one) for one in asked], pa.string()),
                pa.array(map(self._members, named, refs), SCHEMA.field("members").type),
                pa.array(self._keys(named, asked), SCHEMA.field("keys").type),
                pa.array([piece.canary] * len(asked), pa.int32()),
            ],
            schema=SCHEMA,
        )

    def _read_references(self, piece: Piece) -> pa.RecordBatch:
        """Read rows that name people by reference alone; their members are hashed where they are counted."""
        column = piece.batch.column(self._order.subject_column).cast(pa.string())
        people = pc.if_else(pc.equal(column, STRANGER), None, column)
        if not self._judge.has_file:
            refs = pc.drop_null(pc.unique(people)).to_pylist()
            introduce(self._judge, self._snapshot, (frozenset({SubjectRef(ref)}) for ref in refs))
        count, first = len(people), self.rows
        self.rows += count
        return pa.RecordBatch.from_arrays(
            [
                pa.array(range(first, self.rows), pa.int64()),
                people,
                pa.nulls(count, SCHEMA.field("members").type),
                pa.nulls(count, SCHEMA.field("keys").type),
                pa.array([piece.canary] * count, pa.int32()),
            ],
            schema=SCHEMA,
        )

    def _references(self, batch: pa.RecordBatch) -> Sequence[str | None]:
        column = self._order.subject_column
        if column is None:
            return [None] * batch.num_rows
        return [ref or None for ref in batch.column(column).cast(pa.string()).to_pylist()]

    def _find(
        self, named: Sequence[Identifiers], refs: Sequence[str | None]
    ) -> list[frozenset[SubjectRef] | None]:
        """Return whom each row is about: several, nobody on record (empty), or nobody at all (None)."""
        found = iter(find_subjects([one for one in named if one]))
        asked: list[frozenset[SubjectRef] | None] = []
        for identifiers, ref in zip(named, refs, strict=True):
            people = next(found) if identifiers else None
            if ref is not None:
                people = None if _AND in ref else (people or frozenset()) | {SubjectRef(ref)}
            asked.append(people)
        return asked

    def _keys(
        self, named: Sequence[Identifiers], asked: Sequence[frozenset[SubjectRef] | None]
    ) -> Iterator[list[int] | None]:
        """Yield what finds a stranger who is sent, in what the destination holds; None for everybody else."""
        if not self._judge.lets_strangers_leave:
            return (None for _ in asked)
        return (
            keys_of_stranger(identifiers) if identifiers and people == frozenset() else None
            for identifiers, people in zip(named, asked, strict=True)
        )

    def _members(self, identifiers: Identifiers, ref: str | None) -> list[bytes]:
        hashes = [hash_member(self._run_key, one) for one in identifiers or ()]
        return hashes if ref is None else [*hashes, hash_reference(self._run_key, ref)]


def introduce(judge: Judge, snapshot: Snapshot, asked: Iterable[frozenset[SubjectRef]]) -> None:
    """Have those decided one by one whom the judge cannot tell of otherwise."""
    groups = {name_people(one): one for one in asked}
    unknown = {person: one for person, one in groups.items() if not judge.can_tell_of(person, one)}
    states = snapshot.load_states_of(list_groups_asking(list(unknown.values())))
    judge.meet(pair for pair in zip(unknown, states, strict=True) if pair[1].members)


def name_people(refs: frozenset[SubjectRef]) -> str:
    """Return the `person` of a row about these."""
    return _AND.join(sorted(refs))


def refs_of(person: str) -> frozenset[SubjectRef]:
    """Return the references that a row's `person` is written of."""
    return frozenset(map(SubjectRef, person.split(_AND))) if person else frozenset()
