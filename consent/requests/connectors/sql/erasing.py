"""Erasing a person's rows of one dataset, within the one transaction of the system."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, not_, or_, select, type_coerce, types, update

from consent.requests.connectors.interface import DeclaredField
from consent.requests.connectors.sql.keeping import Kept
from consent.requests.connectors.sql.masks import PSEUDONYM, fixed, masked_fields, pseudonym
from consent.requests.connectors.sql.sessions import Session
from consent.requests.connectors.sql.tables import Reflected
from consent.requests.types import DatasetReport, Masking, OnErasure


def count(session: Session, one: Reflected, condition: ColumnElement[bool]) -> int:
    """Return how many rows there are under a condition."""
    return int(session.execute(select(func.count()).select_from(one.table).where(condition)).scalar_one())


def erase_rows(
    session: Session, one: Reflected, theirs: ColumnElement[bool], kept: Kept, *, key: bytes
) -> DatasetReport:
    """Delete or mask the person's rows, but for those that are kept; tell how many."""
    found = count(session, one, theirs)
    staying = count(session, one, and_(theirs, kept.condition)) if found else 0
    done = 0
    if found > staying:
        touched = and_(theirs, not_(kept.condition))
        if one.declared.on_erasure is OnErasure.DELETE:
            done = _rows(session.execute(delete(one.table).where(touched)))
        else:
            done = _mask(session, one, touched, key=key)
    return DatasetReport(
        dataset=one.declared.name, found=found, done=done, kept=staying, ground=kept.ground if staying else ""
    )


def _rows(result: Any) -> int:
    return max(0, int(result.rowcount))


def _mask(session: Session, one: Reflected, touched: ColumnElement[bool], *, key: bytes) -> int:
    """Overwrite the fields. Hashes are made here, batch by batch; the rest is one statement."""
    same = {
        field.name: fixed(one, field) for field in masked_fields(one) if field.masking is not Masking.HASH
    }
    hashed = [field for field in masked_fields(one) if field.masking is Masking.HASH]
    if not hashed:
        return _rows(session.execute(update(one.table).where(touched).values(same))) if same else 0
    done = 0
    for rows in _batches(session, one, touched, hashed):
        for row in rows:
            values = same | _hashes(one, hashed, row[len(one.key) :], key)
            alike = and_(*[one.column(name) == value for name, value in zip(one.key, row, strict=False)])
            done += _rows(session.execute(update(one.table).where(alike).values(values))) if values else 1
    return done


def _hashes(one: Reflected, fields: list[DeclaredField], held: Any, key: bytes) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for field, value in zip(fields, held, strict=True):
        if value is not None and not str(value).startswith(PSEUDONYM):
            longest = getattr(one.column(field.name).type, "length", None)
            found[field.name] = pseudonym(str(value), key, longest=longest)
    return found


def _batches(
    session: Session, one: Reflected, touched: ColumnElement[bool], fields: list[DeclaredField]
) -> Iterator[list[Any]]:
    """Yield rows in the order of their keys: each batch begins behind the last one's end.

    A row that is masked may not be found by its identifiers any more; its key stays what it was.
    """
    keys: list[Any] = [one.column(name) for name in one.key]
    held = [type_coerce(one.column(field.name), types.NullType()) for field in fields]
    query = select(*keys, *held).where(touched).order_by(*keys).limit(session.settings.batch_rows)
    rows = list(session.execute(query))
    while rows:
        yield rows
        last = tuple(rows[-1][: len(keys)])
        rows = list(session.execute(query.where(_behind(keys, last))))


def _behind(keys: list[Any], last: tuple[Any, ...]) -> ColumnElement[bool]:
    """Return the condition that a row comes behind the last one, written so that every database knows it."""
    ways = [
        and_(*[keys[index] == last[index] for index in range(place)], keys[place] > last[place])
        for place in range(len(keys))
    ]
    return or_(*ways)
