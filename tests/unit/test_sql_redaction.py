"""A statement goes out without its literals and comments, or not at all."""

# ruff: noqa: S608 - no database is asked

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.events.sql.redaction import redact

DIALECTS = ["postgres", "duckdb", "snowflake", "bigquery", "databricks"]


@pytest.mark.parametrize(
    ("dialect", "sql", "expected"),
    [
        ("postgres", "SELECT a FROM t WHERE b = 'alice' -- bob", "SELECT a FROM t WHERE b = ?"),
        ("postgres", "SELECT a /* al /* i */ ce */ FROM t LIMIT 10", "SELECT a FROM t LIMIT ?"),
        ("postgres", "SELECT 'it''s', E'a\\nb', U&'d\\0061', $$al'ice$$, $x$b$x$", "SELECT ?, ?, ?, ?, ?"),
        ("postgres", "SELECT B'101', X'AF', 1e5, -3.5, 0x1F", "SELECT ?, ?, ?, -?, ?"),
        ("postgres", "SELECT DATE '2020-01-01', INTERVAL '1 day'", "SELECT DATE ?, INTERVAL ?"),
        ("postgres", "SELECT '{1,2}'::int[], a::varchar(10)", "SELECT ? ::int[], a::varchar(?)"),
        ("postgres", "SELECT a -> 'alice' ->> 'bob', a #>> '{x}'", "SELECT a -> ? ->> ?, a #>> ?"),
        ("postgres", 'SELECT "Name" FROM "T"', 'SELECT "Name" FROM "T"'),
        ("postgres", "SELECT N'alice'", "SELECT ?"),
        ("duckdb", "SELECT a AS 'alice' FROM 'alice.csv'", "SELECT a AS ? FROM ?"),
        ("duckdb", "SELECT 1_000", "SELECT ?"),
        ("snowflake", "SELECT $$alice$$, x'AF' // bob", "SELECT ?, ?"),
        (
            "bigquery",
            'SELECT "alice", r\'b\', b"c", """d"e""" FROM `p.d.t` # f',
            "SELECT ?, ?, ?, ? FROM `p.d.t`",
        ),
        ("databricks", 'SELECT "alice", 12L, 1.5BD FROM `t`', "SELECT ?, ?, ? FROM `t`"),
    ],
)
def test_every_literal_becomes_a_placeholder(dialect: str, sql: str, expected: str) -> None:
    found = redact(sql, dialect)

    assert found is not None
    assert (found.text, found.dialect) == (expected, dialect)


@pytest.mark.parametrize(
    ("dialect", "sql"),
    [
        ("postgres", "SELECT 'it\\'s alice'"),
        ("postgres", "SELECT E'it\\'s alice'"),
        ("postgres", "SELECT 1_000"),
        ("postgres", "SELECT 12alice"),
        ("postgres", "SELECT a ? 'alice' FROM t"),
        ("postgres", "SELECT 'alice"),
        ("postgres", "SELECT $x$alice$$"),
        ("postgres", "SELECT FROM WHERE 'alice'"),
        ("postgres", "DELETE FROM t WHERE a = 'alice'"),
        ("postgres", "SELECT 1; SELECT 'alice'"),
        ("postgres", "VACUUM 'alice'"),
        ("postgres", ""),
        ("duckdb", "SELECT x'alice'"),
        ("duckdb", "SELECT '" + "x" * 200_000 + "'"),
        ("duckdb", "SELECT " + "(" * 3000 + "'alice'" + ")" * 3000),
    ],
)
def test_what_is_not_read_with_certainty_does_not_go_out(dialect: str, sql: str) -> None:
    assert redact(sql, dialect) is None


@given(
    secret=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12),
    dialect=st.sampled_from(DIALECTS),
    quotes=st.sampled_from(["''", "$$$$", "$x$$x$", '""', "E''", "/**/", "--\n", "x''", "r''"]),
)
def test_no_secret_gets_through(secret: str, dialect: str, quotes: str) -> None:
    half = len(quotes) // 2 if quotes not in {"E''", "x''", "r''", "--\n"} else 2
    marked = f"Zq7{secret}"
    found = redact(f"SELECT a, {quotes[:half]}{marked}{quotes[half:]} FROM t", dialect)

    is_identifier = quotes == '""' and dialect in {"postgres", "duckdb", "snowflake"}
    if found is not None and not is_identifier and not _ends_early(secret, quotes, dialect):
        assert "Zq7" not in found.text


def _ends_early(secret: str, quotes: str, dialect: str) -> bool:
    """Return whether the secret closes its own quotes, or those are none in the dialect."""
    dollars = quotes.startswith("$") and dialect in {"bigquery", "databricks"}
    return dollars or (quotes == "$x$$x$" and dialect == "snowflake")
