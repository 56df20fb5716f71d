"""Every kind of system that the suite holds to account."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from tests.conformance_requests import harness_sql
from tests.conformance_requests.harness import Harness

HARNESSES: dict[str, Callable[[Path], AbstractContextManager[Harness]]] = {
    "sql-postgresql": harness_sql.start_postgresql,
    "sql-mariadb": harness_sql.start_mariadb,
    "sql-sqlite": harness_sql.start_sqlite,
}
