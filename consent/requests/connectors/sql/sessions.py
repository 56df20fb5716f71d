"""Connections to a system's database: each with a limit on every wait, each in one transaction."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, create_engine, event, exc, text
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.pool import NullPool

from consent.requests.connectors.interface import SystemFailed, SystemRefused
from consent.requests.connectors.sql.errors import told
from consent.requests.connectors.sql.settings import SqlSettings
from consent.requests.connectors.sql.watching import Watch

_Read = TypeVar("_Read")
_MYSQL = {"mysql", "mariadb"}
_STEPS_BETWEEN_LOOKS = 10_000  # of SQLite's machine, before the deadline is looked at


class Session:
    """One connection in one transaction, and the watch that breaks it off when it falls silent."""

    def __init__(self, connection: Connection, watch: Watch, settings: SqlSettings) -> None:
        self.connection, self.settings = connection, settings
        self._watch = watch

    @property
    def dialect(self) -> str:
        """`postgresql`, `mysql`, `sqlite` or another; MariaDB is `mysql`."""
        name = self.connection.dialect.name
        return "mysql" if name in _MYSQL else name

    def execute(self, statement: Any, parameters: Any = None) -> Any:
        """Carry out one statement, and return its result."""
        with told(), self._watch.step():
            return self.connection.execute(statement, parameters)

    def reflect(self, read: Callable[[Connection], _Read]) -> _Read:
        """Return what `read` finds out about the database."""
        with told(), self._watch.step():
            return read(self.connection)

    def stream(self, statement: Any) -> Iterator[Any]:
        """Yield the rows of a query: few of them are in memory at once, here and in the driver."""
        with told(), self._watch.step():
            options = {"stream_results": True, "yield_per": self.settings.batch_rows}
            result = self.connection.execute(statement, execution_options=options)
        batches, cursor = result.partitions(), result.cursor
        try:
            while True:
                with told(), self._watch.step():
                    batch = next(batches, None)
                if batch is None:
                    return
                yield from batch
        except (SystemFailed, SystemRefused):
            _forget_connection(cursor)
            raise
        finally:
            with suppress(exc.SQLAlchemyError):
                result.close()


def _forget_connection(cursor: Any) -> None:
    """Part a cursor from a connection that broke: PyMySQL's would go on to read what is left of the rows."""
    with suppress(AttributeError):  # of other drivers neither can be set, and need not be
        cursor._result.unbuffered_active = False
        cursor.connection = None


def make_engine(address: str, settings: SqlSettings) -> Engine:
    """Return what connects to `address`.

    :raises SystemRefused: if it is no address, or there is no driver for it.
    """
    try:
        url = make_url(address)
        engine = create_engine(
            url,
            poolclass=NullPool,
            hide_parameters=True,
            connect_args=_connect_arguments(url, settings),
        )
    except exc.SQLAlchemyError:
        raise SystemRefused(
            "the address is none that SQLAlchemy reads, or its driver is not installed"
        ) from None
    except ImportError:
        raise SystemRefused("the driver for this database is not installed") from None
    _prepare(engine)
    return engine


@contextmanager
def open_session(engine: Engine, settings: SqlSettings, *, writes: bool) -> Iterator[Session]:
    """Give a session. It reads one state of the database; what it wrote is kept only if the block ends well.

    :raises SystemFailed, SystemRefused: if the database cannot be reached, or something goes wrong there.
    """
    with told():
        connection = engine.connect()
    try:
        with Watch(connection, settings.statement_seconds) as watch:
            if connection.dialect.name == "sqlite":
                driver: Any = connection.connection.driver_connection
                driver.set_progress_handler(watch.is_late, _STEPS_BETWEEN_LOOKS)
            with told(), watch.step():
                _begin(connection, settings, writes=writes)
            yield Session(connection, watch, settings)
            with told(), watch.step():
                connection.commit() if writes else connection.rollback()
    finally:
        with suppress(exc.SQLAlchemyError, OSError):
            connection.close()


def _connect_arguments(url: URL, settings: SqlSettings) -> dict[str, Any]:
    backend = url.get_backend_name()
    if backend == "postgresql":
        milliseconds = settings.statement_seconds * 1000
        return {
            "connect_timeout": settings.connect_seconds,
            "tcp_user_timeout": milliseconds,
            "application_name": "accordant",
            "client_encoding": "UTF8",
            "options": f"-c statement_timeout={milliseconds} -c lock_timeout={settings.lock_seconds}s"
            f" -c idle_in_transaction_session_timeout={milliseconds * 2}"
            " -c TimeZone=UTC -c DateStyle=ISO -c standard_conforming_strings=on",
        }
    if backend in _MYSQL:
        return {
            "connect_timeout": settings.connect_seconds,
            "read_timeout": settings.statement_seconds,
            "write_timeout": settings.statement_seconds,
            "charset": "utf8mb4",
            "local_infile": False,
        }
    if backend == "sqlite":
        return {"timeout": settings.lock_seconds, **_sqlite_place(url)}
    return {}


def _sqlite_place(url: URL) -> dict[str, Any]:
    """Refuse a file that is not there: SQLite would make an empty one, and say that nobody is in it."""
    if not url.database or not Path(url.database).is_file():
        raise SystemRefused("the database's file is not there")
    return {}


def _prepare(engine: Engine) -> None:
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def connected(connection: sqlite3.Connection, _: Any) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself
        connection.text_factory = _read_text
        connection.execute("PRAGMA foreign_keys = ON")  # else rows that refer to erased ones would stay


def _read_text(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _begin(connection: Connection, settings: SqlSettings, *, writes: bool) -> None:
    name = connection.dialect.name
    if name == "postgresql":
        level = "REPEATABLE READ" if not writes else "READ COMMITTED"
        connection.execute(text(f"SET TRANSACTION ISOLATION LEVEL {level}{'' if writes else ', READ ONLY'}"))
    elif name in _MYSQL:
        _limit_mysql(connection, settings)
        connection.commit()
        connection.exec_driver_sql(f"START TRANSACTION{'' if writes else ' READ ONLY'}")
    elif name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA query_only = {'OFF' if writes else 'ON'}")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _limit_mysql(connection: Connection, settings: SqlSettings) -> None:
    """Limit waits. MariaDB counts seconds and every statement, MySQL milliseconds and queries only."""
    connection.exec_driver_sql(f"SET SESSION innodb_lock_wait_timeout = {settings.lock_seconds}")
    connection.exec_driver_sql(
        f"SET SESSION max_statement_time = {settings.statement_seconds}"
        if getattr(connection.dialect, "is_mariadb", False)
        else f"SET SESSION max_execution_time = {settings.statement_seconds * 1000}"
    )
    connection.exec_driver_sql("SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'")
    connection.exec_driver_sql("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
