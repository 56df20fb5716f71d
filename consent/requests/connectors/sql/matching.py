"""Finding the exact values by which a field's rows are a person's, and the condition that they are."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, cast, collate, false, func, or_, select, type_coerce, types
from sqlalchemy.dialects import mysql, postgresql

from consent.requests.connectors.interface import DeclaredField, SystemRefused
from consent.requests.connectors.sql.sessions import Session
from consent.requests.connectors.sql.spellings import LOWERED, Wanted, as_number, left_out
from consent.requests.connectors.sql.tables import Reflected
from consent.subjects.types import HASHED_KINDS

MOST_SPELLINGS = 10_000
"""A person whose identifiers are written in more ways than that is no person."""


def match_field(
    session: Session, one: Reflected, field: DeclaredField, wanted: Wanted
) -> ColumnElement[bool]:
    """Return the condition that a row is the person's by this field. It reads what the field holds.

    :raises SystemRefused: if identifiers cannot be looked for in such a column.
    """
    column: Any = one.column(field.name)
    kind = find_type(column.type, f"{one.declared.name}.{field.name}")
    if not wanted:
        return false()
    if session.dialect != "sqlite" and kind is not types.String:
        return _match_typed(session, column, kind, wanted)
    is_fast = f"{one.declared.name}.{field.name}" in session.settings.written_normalised
    found = _search(session, column, wanted, is_fast=is_fast)
    if not found:
        return false()
    same: ColumnElement[bool] = exactly(session.dialect, column).in_(
        [_written(session.dialect, text) for text in found]
    )
    if session.dialect == "sqlite" and kind not in (types.String, types.Integer):
        return same  # what the column holds need not be of its type
    return and_(type_coerce(column, types.Text).in_(found), same)


def find_type(of: Any, name: str) -> Any:
    """Return how values of a column are compared: as text, whole numbers, UUIDs or bytes.

    :raises SystemRefused: if no identifier is looked for in such a column.
    """
    if isinstance(of, postgresql.DOMAIN):
        of = of.data_type
    if isinstance(of, types.Enum):
        raise SystemRefused(f"{name} is a column of fixed words: no identifier is in it")
    for kind in (types.String, types.Integer, types.Numeric, types.Uuid, types.LargeBinary, types.NullType):
        if isinstance(of, kind) and not isinstance(of, types.Float):
            return types.String if kind is types.NullType else kind
    raise SystemRefused(f"{name} is of a type in which no identifier is looked for")


def exactly(dialect: str, column: Any) -> Any:
    """Return the column's text so that only the very same text equals it, whatever its collation is."""
    if dialect == "postgresql":
        return collate(cast(column, types.Text), "C")
    if dialect == "mysql":
        return func.hex(cast(column, mysql.CHAR(charset="utf8mb4")))
    if dialect == "sqlite":
        return collate(cast(column, types.Text), "BINARY")
    return type_coerce(column, types.Text)


def _written(dialect: str, text: str) -> str:
    return text.encode().hex().upper() if dialect == "mysql" else text


def _read(dialect: str, value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    return bytes.fromhex(value).decode("utf-8", "replace") if dialect == "mysql" else value


def _search(session: Session, column: Any, wanted: Wanted, *, is_fast: bool) -> list[str]:
    """Return the texts in the column that are the person's, as they are written there."""
    query = select(exactly(session.dialect, column)).distinct()
    if not wanted.digests:
        query = query.where(_may_be(column, wanted, is_fast=is_fast))
    is_number = isinstance(column.type, types.Integer)
    found: list[str] = []
    for (value,) in session.stream(query):
        text = _read(session.dialect, value)
        known = as_read(text, is_number=is_number)
        if text is not None and wanted.matches(known):
            found.append(text)
        if len(found) > MOST_SPELLINGS:
            raise SystemRefused(f"more than {MOST_SPELLINGS} spellings of one person's identifiers")
    return found


def as_read(text: str | None, *, is_number: bool) -> Any:
    """Return the whole number that a text from a column of numbers stands for, or the text."""
    if is_number and text is not None and text.isascii() and text.isdecimal():
        return int(text) if len(text) <= 18 else text
    return text


def _may_be(column: Any, wanted: Wanted, *, is_fast: bool) -> ColumnElement[bool]:
    if is_fast:
        return type_coerce(column, types.Text).in_(sorted(wanted.values))
    held = cast(column, types.Text) if not isinstance(column.type, types.String) else column
    for mark in left_out(wanted.kind):
        held = func.replace(held, mark, "")
    spellings = sorted(wanted.spellings())
    if wanted.kind in LOWERED:
        return func.lower(held).in_(spellings)
    return type_coerce(held, types.Text).in_([*spellings, *_numbers(wanted)])


def _numbers(wanted: Wanted) -> Iterator[str]:
    for value in wanted.values:
        number = as_number(value, wanted.kind)
        if number is not None:
            yield str(number)


def _match_typed(session: Session, column: Any, kind: Any, wanted: Wanted) -> ColumnElement[bool]:
    """Return the condition on a column of numbers, UUIDs or bytes, in which a value is written in one way."""
    if wanted.digests:
        return _match_digests(session, column, wanted)
    found: Sequence[Any]
    if kind is types.LargeBinary:
        found = [bytes.fromhex(one) for one in sorted(wanted.values)] if wanted.kind in HASHED_KINDS else []
    elif kind is types.Uuid:
        found = sorted(filter(None, map(_uuid, wanted.values)))
    else:
        numbers = (as_number(one, wanted.kind) for one in wanted.values)
        found = sorted(one for one in numbers if one is not None)
    return column.in_(found) if found else false()


def _match_digests(session: Session, column: Any, wanted: Wanted) -> ColumnElement[bool]:
    query = select(type_coerce(column, types.NullType())).distinct()
    found = [value for (value,) in session.stream(query) if wanted.matches(value)][: MOST_SPELLINGS + 1]
    return or_(false(), *[column == value for value in found])


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
