"""A database that is asked as a step needs it: each call one connection, one transaction, all or nothing."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, and_, not_, select
from sqlalchemy.engine import Engine

from consent.requests.connectors.interface import DeclaredSystem, Row, Sink, SystemRefused
from consent.requests.connectors.sql.belonging import Belonging
from consent.requests.connectors.sql.checks import check_references, check_tables
from consent.requests.connectors.sql.correcting import correct_rows, flag_of, plan_corrections
from consent.requests.connectors.sql.erasing import count, erase_rows
from consent.requests.connectors.sql.errors import RuleBroken
from consent.requests.connectors.sql.keeping import Keeping
from consent.requests.connectors.sql.masks import is_unmasked, masked_fields
from consent.requests.connectors.sql.sessions import Session, make_engine, open_session
from consent.requests.connectors.sql.settings import read_settings
from consent.requests.connectors.sql.tables import Reflected, Tables, read_tables
from consent.requests.connectors.sql.values import as_it_comes, plain
from consent.requests.types import DatasetReport, Masking, OnErasure, Outcome, Person, StepState


class SqlConnector:
    """One database of the data map."""

    def __init__(self, system: DeclaredSystem) -> None:
        """:raises SystemRefused: if its settings or its address make no sense."""
        self._system = system
        self._settings = read_settings(system.settings)
        if not system.address:
            raise SystemRefused("its connection is not among ACCORDANT_SYSTEMS")

    @cached_property
    def _engine(self) -> Engine:
        return make_engine(self._system.address, self._settings)

    def probe(self) -> str:
        """Return what was found: every declared table is there, and can be treated as is declared."""
        with self._opened(writes=False) as (session, tables):
            check_tables(tables)
            check_references(session, tables)
            for name, column in self._settings.restricted_flags.items():
                flag_of(self._declared(tables, name), column)
            self._check_written(tables)
            dialect = session.connection.dialect
            version = ".".join(map(str, dialect.server_version_info or ()))
            fields = sum(len(one.declared.fields) for one in tables)
            return f"{dialect.name} {version}: {len(list(tables))} tables and {fields} fields are there"

    def find(self, person: Person, sink: Sink, *, limit: int) -> Outcome:
        """Show what an erasure would touch, up to `limit` rows a dataset; nothing is changed."""
        reports = []
        with self._opened(writes=False) as (session, tables):
            belonging, keeping = Belonging(session, tables, person), Keeping(tables)
            for one in tables:
                theirs, kept = belonging.condition(one.declared.name), keeping.of(one)
                found = count(session, one, theirs)
                staying = count(session, one, and_(theirs, kept.condition)) if found else 0
                would = found - staying
                reports.append(_report(one, found=found, done=would, kept=staying, ground=kept.ground))
                if found > staying:
                    touched = and_(theirs, not_(kept.condition))
                    self._hand_over(session, one, touched, sink, limit=limit)
        return Outcome(state=StepState.DONE, datasets=tuple(reports))

    def collect(self, person: Person, sink: Sink, *, key: str) -> Outcome:  # noqa: ARG002 - it only reads
        """Hand over every row of the person's, of the datasets that an access package has."""
        reports = []
        with self._opened(writes=False) as (session, tables):
            belonging = Belonging(session, tables, person)
            for one in tables:
                if one.declared.in_access:
                    theirs = belonging.condition(one.declared.name)
                    handed = self._hand_over(session, one, theirs, sink)
                    reports.append(_report(one, found=handed, done=handed))
        return Outcome(state=StepState.DONE, datasets=tuple(reports))

    def rectify(self, person: Person, corrections: Mapping[str, str], *, key: str) -> Outcome:  # noqa: ARG002
        """Correct fields, in one transaction. What cannot be corrected is told, and the rest is done."""
        reports = []
        with self._opened(writes=True) as (session, tables):
            values, faults, unknown = plan_corrections(tables, corrections)
            belonging = Belonging(session, tables, person)
            for one in tables:
                if changes := values.get(one.declared.name):
                    theirs = belonging.condition(one.declared.name)
                    reports.append(correct_rows(session, one, theirs, changes))
        if unknown:
            faults.append(f"{unknown} corrections name nothing that is declared")
        faults += [f"{one.dataset}: rows under a hold stay as they are" for one in reports if one.kept]
        return _outcome(reports, faults)

    def restrict(self, person: Person, *, key: str) -> Outcome:  # noqa: ARG002 - twice is as once
        """Mark the person's rows as restricted, in the columns that the settings name."""
        reports, faults = [], []
        with self._opened(writes=True) as (session, tables):
            belonging = Belonging(session, tables, person)
            for one in tables:
                name = self._settings.restricted_flags.get(one.declared.name)
                theirs = belonging.condition(one.declared.name)
                if name is not None:
                    reports.append(correct_rows(session, one, theirs, {name: flag_of(one, name)}))
                    if reports[-1].kept:
                        faults.append(f"{one.declared.name} is under a hold")
                elif found := count(session, one, theirs):
                    reports.append(_report(one, found=found))
                    faults.append(f"{one.declared.name} has no column that says so: a human must do it")
        return _outcome(reports, faults)

    def erase(self, person: Person, *, key: str) -> Outcome:  # noqa: ARG002 - a second time finds nothing
        """Erase, or mask, what is not held or kept on a ground: all of it or, if anything fails, nothing."""
        try:
            return self._erase(person)
        except RuleBroken:  # perhaps by a row that came in between; if it is still so, it is told
            return self._erase(person)

    def _erase(self, person: Person) -> Outcome:
        with self._opened(writes=True) as (session, tables):
            check_tables(tables)
            belonging, keeping = Belonging(session, tables, person), Keeping(tables)
            conditions = {one.declared.name: belonging.condition(one.declared.name) for one in tables}
            reports = [
                erase_rows(
                    session, one, conditions[one.declared.name], keeping.of(one), key=self._system.hash_key
                )
                for one in tables
            ]
        left = [
            f"{one.dataset}: {one.found - one.kept - one.done} rows did not go" for one in _unlike(reports)
        ]
        state = StepState.PARTLY_DONE if left else StepState.DONE
        note = "; ".join(filter(None, [*left, _pseudonymised(tables, reports)]))
        return Outcome(state=state, datasets=tuple(reports), note=note)

    def verify_gone(self, person: Person, *, key: str) -> Outcome:  # noqa: ARG002 - it only reads
        """Ask again what is there. It does not rest on what `erase` said."""
        reports, left = [], []
        with self._opened(writes=False) as (session, tables):
            belonging, keeping = Belonging(session, tables, person), Keeping(tables)
            for one in tables:
                theirs, kept = belonging.condition(one.declared.name), keeping.of(one)
                found = count(session, one, theirs)
                staying = count(session, one, and_(theirs, kept.condition)) if found else 0
                wrong = self._left(session, one, and_(theirs, not_(kept.condition))) if found > staying else 0
                reports.append(_report(one, found=found, kept=staying, ground=kept.ground))
                if wrong:
                    left.append(f"{one.declared.name}: {wrong} rows are still there")
        return _outcome(reports, left)

    def _left(self, session: Session, one: Reflected, theirs: ColumnElement[bool]) -> int:
        if one.declared.on_erasure is OnErasure.MASK:
            return count(session, one, and_(theirs, is_unmasked(one)))
        return count(session, one, theirs)

    def _hand_over(
        self,
        session: Session,
        one: Reflected,
        condition: ColumnElement[bool],
        sink: Sink,
        *,
        limit: int | None = None,
    ) -> int:
        """Give the sink each row, and return how many there were."""
        names = [field.name for field in one.declared.fields if field.in_access or limit is not None]
        if not names:
            return count(session, one, condition)
        columns = [as_it_comes(one.column(name), session.dialect) for name in names]
        query = select(*columns).where(condition).limit(limit)
        handed = 0
        for values in session.stream(query):
            row: Row = dict(zip(names, map(plain, values), strict=True))
            sink(one.declared.name, row)
            handed += 1
        return handed

    @contextmanager
    def _opened(self, *, writes: bool) -> Iterator[tuple[Session, Tables]]:
        with open_session(self._engine, self._settings, writes=writes) as session:
            yield session, session.reflect(lambda connection: read_tables(connection, self._system))

    def _check_written(self, tables: Tables) -> None:
        known = {
            f"{one.declared.name}.{field.name}"
            for one in tables
            for field in one.declared.fields
            if field.identifier_kind is not None
        }
        if not known.issuperset(self._settings.written_normalised):
            raise SystemRefused("written_normalised names a field that is not declared as an identifier")

    def _declared(self, tables: Tables, name: str) -> Reflected:
        try:
            return tables[name]
        except KeyError:
            raise SystemRefused("restricted_flags names a dataset that is not declared") from None


def _report(one: Reflected, *, found: int, done: int = 0, kept: int = 0, ground: str = "") -> DatasetReport:
    return DatasetReport(
        dataset=one.declared.name, found=found, done=done, kept=kept, ground=ground if kept else ""
    )


def _outcome(reports: list[DatasetReport], faults: list[str]) -> Outcome:
    state = StepState.PARTLY_DONE if faults else StepState.DONE
    return Outcome(state=state, datasets=tuple(reports), note="; ".join(faults))


def _unlike(reports: list[DatasetReport]) -> list[DatasetReport]:
    """Return the datasets of which the database says that fewer rows went than were found and not kept."""
    return [one for one in reports if one.done < one.found - one.kept]


def _pseudonymised(tables: Any, reports: list[DatasetReport]) -> str:
    named = [
        f"{report.dataset}.{field.name}"
        for report in reports
        if report.done and tables[report.dataset].declared.on_erasure is OnErasure.MASK
        for field in masked_fields(tables[report.dataset])
        if field.masking is Masking.HASH
    ]
    return f"pseudonymised, and not erased: {', '.join(named)}" if named else ""
