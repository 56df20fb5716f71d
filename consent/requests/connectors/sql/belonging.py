"""Which rows of each dataset are a person's: by their own identifiers, or by a row that they refer to."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, False_, false, or_, select

from consent.requests.connectors.sql.matching import match_field
from consent.requests.connectors.sql.sessions import Session
from consent.requests.connectors.sql.spellings import want
from consent.requests.connectors.sql.tables import Tables
from consent.requests.types import Person


class Belonging:
    """The conditions under which rows are one person's. Made for one session, whose state they rest on."""

    def __init__(self, session: Session, tables: Tables, person: Person) -> None:
        self._session, self._tables, self._person = session, tables, person
        self._conditions: dict[str, ColumnElement[bool]] = {}

    def condition(self, name: str) -> ColumnElement[bool]:
        """Return the condition that a row of this dataset is the person's.

        A row that several ways lead to is one row: the ways are joined by OR.
        """
        if name not in self._conditions:
            self._conditions[name] = or_(false(), *self._ways(name))
        return self._conditions[name]

    def _ways(self, name: str) -> Iterator[ColumnElement[bool]]:
        one = self._tables[name]
        for field in one.declared.fields:
            if field.identifier_kind is not None:
                wanted = want(self._person, field.identifier_kind)
                yield match_field(self._session, one, field, wanted)
        for reference in one.declared.references:
            other = self.condition(reference.to_dataset)
            if isinstance(other, False_):
                continue
            rows: Any = select(self._tables[reference.to_dataset].column(reference.to_field)).where(other)
            yield one.column(reference.field).in_(rows.correlate(None))
