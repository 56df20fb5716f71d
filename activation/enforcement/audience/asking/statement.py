"""Reading the one statement of a query file.

What is looked at here makes for an error that a person understands, and protects nothing: a statement that
slips through is stopped by the source, where nothing can be written. See `postgres` and `duck`.
"""

import logging
from pathlib import Path

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from activation.enforcement.audience.asking.types import Query, QueryMalformed, SourceKind

logging.getLogger("sqlglot").setLevel(logging.ERROR)  # its warnings quote the statement, and so whom it names
LONGEST_QUERY = 1_000_000
_NO_QUERIES = (
    exp.Alter,
    exp.Command,
    exp.Commit,
    exp.Copy,
    exp.Create,
    exp.Delete,
    exp.Drop,
    exp.Insert,
    exp.Merge,
    exp.Rollback,
    exp.Set,
    exp.Transaction,
    exp.TruncateTable,
    exp.Update,
    exp.Use,
)


def read_query(path: Path, kind: SourceKind) -> Query:
    """Return the statement in `path`, which is UTF-8 text.

    :raises QueryMalformed: if the file cannot be read, or holds anything but one query.
    """
    text = _read(path)
    try:
        statements = [one for one in sqlglot.parse(text, dialect=kind.value) if one is not None]
    except SqlglotError:
        return Query(path, text)  # the source knows its own language better
    if len(statements) != 1:
        raise QueryMalformed(f"{path.name}: {len(statements)} statements; write one SELECT")
    if isinstance(statements[0], _NO_QUERIES):
        raise QueryMalformed(f"{path.name}: no query; write one SELECT, which reads and changes nothing")
    return Query(path, text)


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            text = file.read(LONGEST_QUERY + 1).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise QueryMalformed(f"{path.name}: cannot be read as text in UTF-8") from None
    if len(text) > LONGEST_QUERY:
        raise QueryMalformed(f"{path.name}: longer than {LONGEST_QUERY:,} characters")
    return text.strip().removesuffix(";")
