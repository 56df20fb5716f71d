"""The columns that say who a row is about, and who that is: each person once, and for each row which one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from activation.client.people import Person
from activation.obligations.columns import can_carry, is_text
from activation.snapshots.compact.refs import pack_ref
from consent.kernel.errors import AccordantError
from consent.subjects.rules import MalformedIdentifier, read_digest
from consent.subjects.types import HASHED_KINDS, IdentifierKind

Named = tuple[IdentifierKind, bytes]


class ColumnsUnfit(AccordantError):
    """The columns cannot tell who the rows are about. Nothing was decided, and nothing passes."""

    code = "columns_unfit"


@dataclass(frozen=True, slots=True)
class PersonColumns:
    """Where a row says who it is about: by a subject reference, or by identifiers."""

    subject_ref: str | None
    identifiers: Mapping[IdentifierKind, str]

    def check(self, schema: pa.Schema) -> None:
        """Return if a table of this schema can be decided.

        :raises ColumnsUnfit: if a column is missing, of another type, or not the only one of its name.
        """
        names = [name.strip().casefold() for name in schema.names]
        if len(set(names)) < len(names):
            raise ColumnsUnfit("two columns have one name, so an obligation could miss one: rename them")
        if self.subject_ref is not None and not is_text(_type_of(schema, self.subject_ref)):
            raise ColumnsUnfit(f"the column {self.subject_ref!r} of subject references must be text")
        for kind, column in self.identifiers.items():
            if not can_carry(kind, _type_of(schema, column)):
                raise ColumnsUnfit(f"the column {column!r} must be text to carry {kind}")

    def read(self, table: pa.Table) -> tuple[list[Person], pa.Array]:
        """Return each person whom a row is about once, and for each row the place of its person.

        An empty value is passed over. A row with only empty ones, or with a malformed one, is about nobody.
        """
        if self.subject_ref is not None:
            column = _encode(table, self.subject_ref)
            return [pack_ref(text) if text else () for text in _values(column)], _places(column)
        columns = [_encode(table, name) for name in self.identifiers.values()]
        known = [
            [_read(kind, text) for text in _values(column)]
            for kind, column in zip(self.identifiers, columns, strict=True)
        ]
        different, rows = _combine([_places(column) for column in columns])
        return [_join(known, places) for places in different], rows


def person_columns(
    subject_ref: str | None, identifiers: Mapping[str, str] | None, held: Collection[IdentifierKind]
) -> PersonColumns:
    """Return the columns as the caller named them.

    :raises ColumnsUnfit: if they named none or both, or a kind of which the client holds no keys (`held`).
    """
    if (subject_ref is None) is not bool(identifiers):
        raise ColumnsUnfit("name the column of subject references, or those of identifiers by their kind")
    found: dict[IdentifierKind, str] = {}
    for name, column in (identifiers or {}).items():
        if name not in set(IdentifierKind):
            raise ColumnsUnfit(f"there is no kind of identifiers {name!r}")
        kind = IdentifierKind(name)
        if HASHED_KINDS.get(kind, kind) not in held:
            raise ColumnsUnfit(f"the client finds nobody by {kind}: name it among its kinds")
        found[kind] = column
    return PersonColumns(subject_ref, found)


def _type_of(schema: pa.Schema, column: str) -> pa.DataType:
    if column not in schema.names:
        raise ColumnsUnfit(f"there is no column {column!r}")
    return schema.field(column).type


def _encode(table: pa.Table, name: str) -> pa.DictionaryArray:
    """Return each value once, null among them, and for each row which one it is."""
    return table.column(name).cast(pa.large_string()).combine_chunks().dictionary_encode("encode")


def _values(column: pa.DictionaryArray) -> list[str | None]:
    found: list[str | None] = column.dictionary.to_pylist()
    return found


def _places(column: pa.DictionaryArray) -> pa.Array:
    return column.indices


def _combine(columns: Sequence[pa.Array]) -> tuple[list[tuple[int, ...]], pa.Array]:
    """Return each combination of places that occurs, and for each row which one it is."""
    different: list[tuple[int, ...]] = [(place,) for place in range(_count(columns[0]))]
    rows = columns[0].cast(pa.int64())
    for column in columns[1:]:
        width = max(_count(column), 1)
        pairs = pc.add(pc.multiply(rows, width), column.cast(pa.int64())).dictionary_encode()
        different = [(*different[pair // width], pair % width) for pair in pairs.dictionary.to_pylist()]
        rows = pairs.indices.cast(pa.int64())
    return different, rows


def _count(places: pa.Array) -> int:
    highest = pc.max(places).as_py()
    return 0 if highest is None else highest + 1


def _read(kind: IdentifierKind, text: str | None) -> tuple[Named, ...] | None:
    """Return what the value says of who it is: nothing if it is empty; None if it is malformed."""
    if text is None or not text.strip():
        return ()
    try:
        return (read_digest(kind, text),)
    except MalformedIdentifier:
        return None


def _join(known: Sequence[Sequence[tuple[Named, ...] | None]], places: Sequence[int]) -> Person:
    found: tuple[Named, ...] = ()
    for values, place in zip(known, places, strict=True):
        value = values[place]
        if value is None:
            return ()
        found += value
    return found
