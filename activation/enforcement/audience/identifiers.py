"""Finding the columns that say who a row is about, and reading who that is."""

from collections.abc import Mapping, Sequence

import pyarrow as pa

from activation.enforcement.audience.types import AudienceUnreadable
from activation.obligations.columns import can_carry
from consent.subjects.rules import MalformedIdentifier, normalise
from consent.subjects.types import Identifier, IdentifierKind

IdentifierColumns = Mapping[IdentifierKind, str]


class IdentifierColumnMissing(AudienceUnreadable):
    """No column says who the rows are about."""

    code = "identifier_column_missing"


class IdentifierColumnMistyped(AudienceUnreadable):
    """A column's type cannot carry identifiers without changing them."""

    code = "identifier_column_mistyped"


def find_identifier_columns(schema: pa.Schema, named: IdentifierColumns | None = None) -> IdentifierColumns:
    """Return the columns named by the caller, else those that bear the name of an identifier kind.

    :raises IdentifierColumnMissing: if there is none, or a named one is not there.
    :raises IdentifierColumnMistyped: if one is neither text nor, for ids, whole numbers.
    """
    if named is not None and not all(column in schema.names for column in named.values()):
        raise IdentifierColumnMissing("a column given with --identifier is not in the file")
    found = named or _by_name(schema)
    if not found:
        raise IdentifierColumnMissing(
            f"no column is named {', '.join(IdentifierKind)}: name one with --identifier KIND=COLUMN"
        )
    for kind, column in found.items():
        _check_type(kind, schema.field(column))
    return {kind: found[kind] for kind in IdentifierKind if kind in found}


def read_identifiers(
    batch: pa.RecordBatch, columns: IdentifierColumns
) -> list[tuple[Identifier, ...] | None]:
    """Return the normalised identifiers of each row; None where nobody can be told from them.

    An empty value is passed over; a row with only empty ones, or with a malformed one, is None.
    """
    values = [batch.column(column).cast(pa.string()).to_pylist() for column in columns.values()]
    return [_normalise_row(tuple(columns), row) for row in zip(*values, strict=True)]


def _by_name(schema: pa.Schema) -> IdentifierColumns:
    names = {name.strip().casefold(): name for name in schema.names}
    return {kind: names[kind] for kind in IdentifierKind if kind in names}


def _check_type(kind: IdentifierKind, field: pa.Field) -> None:
    if can_carry(kind, field.type):
        return
    raise IdentifierColumnMistyped(
        f"column {field.name!r} has type {field.type}, which cannot carry {kind}: write it as text"
        " (a number that was read as a decimal, or lost its leading zeros, is another identifier)"
    )


def _normalise_row(
    kinds: Sequence[IdentifierKind], values: Sequence[str | None]
) -> tuple[Identifier, ...] | None:
    given = [(kind, value) for kind, value in zip(kinds, values, strict=True) if value and value.strip()]
    try:
        return tuple(normalise(Identifier(kind, value)) for kind, value in given) or None
    except MalformedIdentifier:
        return None
