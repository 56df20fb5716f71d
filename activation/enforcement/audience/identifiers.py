"""Finding the columns that say who a row is about, and reading who that is."""

from collections.abc import Mapping, Sequence

import pyarrow as pa

from activation.enforcement.audience.types import AudienceUnreadable
from activation.obligations.columns import can_carry
from consent.subjects.rules import MalformedIdentifier, normalise
from consent.subjects.types import SUBJECT_REF, Identifier, IdentifierKind

IdentifierColumns = Mapping[IdentifierKind, str]
NamedColumns = Mapping[str, str] | Mapping[IdentifierKind, str]
"""Columns by what they name people by: a kind of identifier, or `subject_ref`."""


class IdentifierColumnMissing(AudienceUnreadable):
    """No column says who the rows are about."""

    code = "identifier_column_missing"


class IdentifierColumnMistyped(AudienceUnreadable):
    """A column's type cannot carry identifiers without changing them."""

    code = "identifier_column_mistyped"


def find_subject_column(schema: pa.Schema, named: NamedColumns | None = None) -> str | None:
    """Return the column that names people by the service's own reference; None if there is none.

    With columns `named`, it is `subject_ref` among them, or none.

    :raises IdentifierColumnMissing: if a named one is not there.
    :raises IdentifierColumnMistyped: if it is not text.
    """
    given = {str(kind): name for kind, name in named.items()} if named else _by_name(schema)
    found = given.get(SUBJECT_REF)
    if found is None:
        return None
    if found not in schema.names:
        raise IdentifierColumnMissing("a column given with --identifier is not in the file")
    if not can_carry(IdentifierKind.EMAIL, schema.field(found).type):
        raise IdentifierColumnMistyped(f"column {found!r} must be text to carry references")
    return found


def find_identifier_columns(schema: pa.Schema, named: NamedColumns | None = None) -> IdentifierColumns:
    """Return the columns named by the caller, else those that bear the name of an identifier kind.

    Where a column names people by reference, there need be none.

    :raises IdentifierColumnMissing: if there is none, or a named one is not there.
    :raises IdentifierColumnMistyped: if one is neither text nor, for ids, whole numbers.
    """
    if named is not None and not all(column in schema.names for column in named.values()):
        raise IdentifierColumnMissing("a column given with --identifier is not in the file")
    given = {str(kind): name for kind, name in named.items()} if named else _by_name(schema)
    found = {kind: given[kind] for kind in IdentifierKind if kind in given}
    if not found and find_subject_column(schema, named) is None:
        raise IdentifierColumnMissing(
            f"no column is named {', '.join(IdentifierKind)}: name one with --identifier KIND=COLUMN"
        )
    for kind, column in found.items():
        _check_type(kind, schema.field(column))
    return found


def read_identifiers(
    batch: pa.RecordBatch, columns: IdentifierColumns
) -> list[tuple[Identifier, ...] | None]:
    """Return the normalised identifiers of each row; None where nobody can be told from them.

    An empty value is passed over; a row with only empty ones, or with a malformed one, is None.
    """
    values = [batch.column(column).cast(pa.string()).to_pylist() for column in columns.values()]
    return [_normalise_row(tuple(columns), row) for row in zip(*values, strict=True)]


def _by_name(schema: pa.Schema) -> Mapping[str, str]:
    return {name.strip().casefold(): name for name in schema.names}


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
