"""Correcting fields, and marking rows as restricted: one statement a dataset, within one transaction."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, types, update

from consent.requests.connectors.interface import SystemRefused
from consent.requests.connectors.sql.erasing import count
from consent.requests.connectors.sql.masks import typed
from consent.requests.connectors.sql.sessions import Session
from consent.requests.connectors.sql.tables import Reflected, Tables
from consent.requests.types import DatasetReport


def plan_corrections(
    tables: Tables, corrections: Mapping[str, str]
) -> tuple[dict[str, dict[str, Any]], list[str], int]:
    """Return the new values by dataset, what cannot be done in words, and how many corrections mean nothing.

    A correction names a data category, or one `dataset.field`, which counts before its category.
    """
    values: dict[str, dict[str, Any]] = {}
    faults: list[str] = []
    used: set[str] = set()
    for one in tables:
        for field in one.declared.fields:
            exact = f"{one.declared.name}.{field.name}"
            name = exact if exact in corrections else field.category
            if name not in corrections:
                continue
            used |= {name, field.category}
            if field.name in one.key:
                faults.append(f"{exact} tells rows apart and is not changed")
                continue
            try:
                values.setdefault(one.declared.name, {})[field.name] = typed(
                    one, field.name, corrections[name]
                )
            except SystemRefused as refusal:
                faults.append(str(refusal))
    return values, faults, len(set(corrections) - used)


def correct_rows(
    session: Session, one: Reflected, theirs: ColumnElement[bool], values: Mapping[str, Any]
) -> DatasetReport:
    """Overwrite fields of the person's rows; rows under a legal hold stay as they are."""
    found = count(session, one, theirs)
    if one.declared.hold:
        return DatasetReport(dataset=one.declared.name, found=found, kept=found, ground=one.declared.hold)
    done = 0
    if found:
        done = max(0, session.execute(update(one.table).where(theirs).values(dict(values))).rowcount)
    return DatasetReport(dataset=one.declared.name, found=found, done=done)


def flag_of(one: Reflected, name: str) -> Any:
    """Return what says in this column that a row is restricted.

    :raises SystemRefused: if the column is not there, or holds neither numbers nor yes and no.
    """
    column = one.column(name)
    if isinstance(column.type, types.Boolean):
        return True
    if isinstance(column.type, types.Integer):
        return 1
    raise SystemRefused(f"{one.declared.name}.{name} holds no flag")
