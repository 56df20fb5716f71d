"""What a field of a row that stays is overwritten with, and how it is told that it was."""

import hashlib
import hmac
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, type_coerce, types
from sqlalchemy.dialects import mysql

from consent.requests.connectors.interface import DeclaredField, SystemRefused
from consent.requests.connectors.sql.tables import Reflected
from consent.requests.types import Masking

PSEUDONYM = "pseudonym-"
"""What a hashed value begins with: it is not hashed again, and a reader knows what it is."""
_LEAST_HEX, _MOST_HEX = 32, 64


def pseudonym(value: str, key: bytes, *, longest: int | None) -> str:
    """Return what stands for `value`: a keyed hash. Whoever has the key can link it, so it is no erasure."""
    digest = hmac.digest(key, value.encode("utf-8", "surrogatepass"), hashlib.sha256).hex()
    return f"{PSEUDONYM}{digest[: _MOST_HEX if longest is None else longest - len(PSEUDONYM)]}"


def shortest_for_pseudonym() -> int:
    """Return how many characters a column must hold at least."""
    return len(PSEUDONYM) + _LEAST_HEX


def masked_fields(one: Reflected) -> list[DeclaredField]:
    """Return the fields of a masked dataset that are overwritten."""
    return [field for field in one.declared.fields if field.masking is not Masking.KEEP]


def fixed(one: Reflected, field: DeclaredField) -> Any:
    """Return the one value that every row's field is overwritten with."""
    if field.masking is Masking.NULL:
        return None
    return typed(one, field.name, field.replacement)


def is_unmasked(one: Reflected) -> ColumnElement[bool]:
    """Return the condition that a row holds something in a field that should be masked."""
    return or_(false(), *[_holds(one, field) for field in masked_fields(one)])


def _holds(one: Reflected, field: DeclaredField) -> ColumnElement[bool]:
    column: Any = one.column(field.name)
    if field.masking is Masking.NULL:
        return column.is_not(None)  # type: ignore[no-any-return]
    if field.masking is Masking.HASH:
        return and_(column.is_not(None), ~type_coerce(column, types.Text).like(f"{PSEUDONYM}%"))
    return or_(column.is_(None), column != fixed(one, field))


def typed(one: Reflected, name: str, text: str) -> Any:
    """Return `text` as a value of the column.

    :raises SystemRefused: if it is none; the message names the column.
    """
    of: Any = one.column(name).type
    try:
        value = _convert(of, text)
    except (KeyError, ValueError, InvalidOperation):
        raise SystemRefused(
            f"{one.declared.name}.{name} holds {_told(of)}, and not what it should be"
        ) from None
    length = getattr(of, "length", None)
    if isinstance(value, str) and isinstance(length, int) and len(value) > length:
        raise SystemRefused(f"{one.declared.name}.{name} holds at most {length} characters")
    if isinstance(of, types.Enum) and value not in of.enums:
        raise SystemRefused(f"{one.declared.name}.{name} holds fixed words, and not what it should be")
    return value


def _convert(of: Any, text: str) -> Any:
    if "\0" in text:
        raise ValueError
    if isinstance(of, mysql.TINYINT) and of.display_width == 1:
        return _boolean(text)  # what MySQL calls BOOLEAN
    for kind, convert in _CONVERSIONS:
        if isinstance(of, kind):
            return convert(text)
    raise ValueError


def _boolean(text: str) -> bool:
    return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[text.lower()]


def _number(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError
    return number


def _whole(text: str) -> int:
    if not -(2**63) <= int(text[:20]) < 2**63 or len(text) > 20:
        raise ValueError
    return int(text)


_CONVERSIONS: tuple[tuple[Any, Callable[[str], Any]], ...] = (
    (types.Boolean, _boolean),
    (types.Integer, _whole),
    (types.Numeric, _number),
    (types.DateTime, datetime.fromisoformat),
    (types.Date, date.fromisoformat),
    (types.String, str),
    (types.NullType, str),
)


def _told(of: Any) -> str:
    for kind, word in (
        (types.Boolean, "yes or no"),
        (types.Integer, "a whole number"),
        (types.Numeric, "a number"),
        (types.DateTime, "a time"),
        (types.Date, "a date"),
    ):
        if isinstance(of, kind):
            return word
    return "another type"
