"""What a database holds as a row hands it over: text, numbers, booleans, dates and nothing else."""

import base64
import json
import math
import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Text, cast, type_coerce, types

LONGEST = 10_000_000
"""Characters of one value. A longer one is not handed over, and the row says so in its place."""
_UNFIT = re.compile(r"[\x00\ud800-\udfff]")
_SAFE_INTEGER = 2**53
_EXACT_DIGITS = 15  # of a decimal number that a float holds without a loss


def as_it_comes(column: Any, dialect: str) -> Any:
    """Return what is selected for a column: as the driver reads it, so that garbage does not end the query.

    Of PostgreSQL, dates are read as text: a driver cannot hold its years beyond 9999, nor infinity.
    """
    if dialect == "postgresql" and isinstance(column.type, types.Date | types.DateTime | types.Interval):
        return cast(column, Text).label(column.name)
    return type_coerce(column, types.NullType()).label(column.name)


def plain(value: Any) -> Any:
    """Return a value as a sink takes it."""
    if value is None or isinstance(value, bool | date | datetime):
        return value
    if isinstance(value, int):
        return value if abs(value) < _SAFE_INTEGER else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Decimal):
        return _decimal(value)
    return _text(value)


def _decimal(value: Decimal) -> Any:
    if not value.is_finite():
        return str(value)
    if value == value.to_integral_value() and abs(value) < _SAFE_INTEGER:
        return int(value)
    return float(value) if len(value.as_tuple().digits) <= _EXACT_DIGITS else str(value)


def _text(value: Any) -> str:
    if isinstance(value, bytes | bytearray | memoryview):
        text = base64.b64encode(bytes(value)).decode()
    elif isinstance(value, dict | list | tuple | set):
        text = json.dumps(list(value) if isinstance(value, set | tuple) else value, default=str)
    elif isinstance(value, UUID | timedelta | str):
        text = str(value)
    else:
        text = value.isoformat() if isinstance(value, time) else str(value)
    if len(text) > LONGEST:
        return f"(a value of {len(text)} characters, which is not handed over)"
    return _UNFIT.sub("\ufffd", text)
