"""What a database's errors mean to a step, in words that hold no data: drivers quote values."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import exc

from consent.requests.connectors.interface import SystemFailed, SystemRefused

_GONE = "the database did not answer, or ended the connection"
_MYSQL_LATER = {1040, 1203, 1205, 1213, 1969, 2002, 2003, 2006, 2013, 3024, 4031}
_SQLITE_LATER = tuple(
    f"SQLITE_{word}" for word in ("BUSY", "LOCKED", "INTERRUPT", "IOERR", "FULL", "CANTOPEN")
)
_MYSQL_ENTRY = {1044, 1045, 1049, 1142, 1143, 1227, 1698}
# Classes of SQLSTATE: connection, rollback, resources, the operator, the system.
_LATER = (
    "08",
    "40",
    "53",
    "57",
    "58",
    "55",
)


class RuleBroken(SystemRefused):
    """A rule of the database stands against it: a foreign key, or a column's own. No more is told."""


@contextmanager
def told() -> Iterator[None]:
    """Turn what the driver raises into `SystemFailed` or `SystemRefused`; nothing of what it says is kept."""
    try:
        yield
    except exc.SQLAlchemyError as error:
        raise explain(error) from None
    except (OSError, UnicodeError, OverflowError, MemoryError) as error:
        raise SystemFailed(f"{_GONE} ({type(error).__name__})") from None


def explain(error: exc.SQLAlchemyError) -> SystemFailed | SystemRefused:
    """Return what `error` means."""
    original = getattr(error, "orig", None)
    code = _code(original)
    if isinstance(error, exc.NoSuchTableError):
        return SystemRefused("a table that is declared is not there")
    if isinstance(error, exc.NoSuchModuleError | exc.ArgumentError):
        return SystemRefused("the address names a database that this installation has no driver for")
    if _is_entry(original, code):
        return SystemRefused(f"the database does not let us in, or not do that ({_named(original, code)})")
    if isinstance(error, exc.IntegrityError):
        return RuleBroken(
            f"a rule of the database stands against it ({_named(original, code)}): rows of a table that is"
            " not declared may refer to these, or a column may not hold what it is masked with"
        )
    if _is_later(error, original, code):
        return SystemFailed(f"{_GONE}, or not in time ({_named(original, code)})")
    return SystemRefused(f"the database refused a statement ({_named(original, code)})")


def _code(original: BaseException | None) -> str | int:
    """Return MySQL's number, else SQLSTATE, else nothing."""
    first = original.args[0] if original is not None and original.args else None
    if isinstance(first, int):
        return first
    return str(getattr(original, "sqlstate", None) or "")


def _is_entry(original: BaseException | None, code: str | int) -> bool:
    if isinstance(code, int):
        return code in _MYSQL_ENTRY
    if not code and type(original).__module__.startswith("psycopg"):
        return any(word in str(original) for word in ("authentication failed", "does not exist"))
    return code.startswith(("28", "3D", "42501"))


def _is_later(error: exc.SQLAlchemyError, original: BaseException | None, code: str | int) -> bool:
    if isinstance(code, int):
        return code in _MYSQL_LATER
    if name := getattr(original, "sqlite_errorname", None):
        return str(name).startswith(_SQLITE_LATER)
    if code:
        return code.startswith(_LATER)
    return isinstance(error, exc.OperationalError | exc.InterfaceError | exc.TimeoutError)


def _named(original: BaseException | None, code: str | int) -> str:
    name = type(original).__name__ if original is not None else "no driver's error"
    return f"{name}, {code}" if code else name
