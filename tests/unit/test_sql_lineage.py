"""Column lineage of queries: what each column and the rows rest on, and nothing that does not follow."""

# ruff: noqa: S608 - no database is asked

from pathlib import Path
from typing import Any

import pytest
import yaml

from lineage.events.naming import DatasetName
from lineage.events.sql.one_way import ONE_WAY
from lineage.events.sql.tracing import trace_query
from lineage.events.sql.types import QueryLineage, TableRef
from lineage.events.types import ColumnOrigin

CASES: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "sql_lineage_cases.yaml").read_text(encoding="utf-8")
)
SCHEMA = {
    TableRef("p", "s", "t"): ("a", "b", "c", "k"),
    TableRef("p", "s", "u"): ("a", "d", "k"),
}
PUBLIC = {TableRef("p", "public", ref.name): columns for ref, columns in SCHEMA.items()}


def trace(sql: str, dialect: str = "postgres", *, schema: bool = True) -> QueryLineage:
    """Return the lineage of a query over the tables t and u."""
    known = PUBLIC if dialect == "postgres" else SCHEMA
    return trace_query(
        sql, dialect, schema=known if schema else None, name_table=lambda ref: DatasetName("db", ref.name)
    )


def read_origins(text: str) -> dict[str, set[str]]:
    """Return origins as a case writes them."""
    parts = [part.split(" ", 1) for part in text.split("; ") if part and part != "?"]
    return {name: set(ways.split("+")) for name, ways in parts}


def tell_origins(origins: tuple[ColumnOrigin, ...]) -> dict[str, set[str]]:
    """Return origins in the form of `read_origins`."""
    return {
        f"{one.source.dataset.name}.{one.source.column}": {
            f"{'masked ' * way.masking}{way.subtype}" for way in one.transformations
        }
        for one in origins
    }


@pytest.mark.parametrize("case", CASES, ids=[f"{case.get('dialect', '')}{case['sql']}" for case in CASES])
def test_a_query_says_where_its_columns_come_from(case: dict[str, Any]) -> None:
    found = trace(case["sql"], case.get("dialect", "postgres"), schema=case.get("schema") != "none")

    columns = {one.name: tell_origins(one.origins) if one.is_complete else "?" for one in found.columns}
    expected = {name: "?" if text == "?" else read_origins(text) for name, text in case["columns"].items()}
    assert columns == expected
    assert tell_origins(found.shaped_by) == read_origins(case["shape"])
    assert found.is_shape_complete is ("?" not in case["shape"])
    assert found.has_all_columns is case.get("all", True)
    if "tables" in case:
        assert [table.name for table in found.tables] == case["tables"]


def test_a_way_is_direct_or_indirect_by_its_subtype() -> None:
    found = trace("SELECT CASE WHEN a > 1 THEN b END AS x FROM t WHERE c > 1")

    ways = {one.source.column: one.transformations[0].type for one in found.columns[0].origins}
    assert ways == {"a": "INDIRECT", "b": "DIRECT"}
    assert [one.transformations[0].type for one in found.shaped_by] == ["INDIRECT"]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT " + "(" * 5000 + "a" + ")" * 5000 + " FROM t",
        "SELECT " + "-" * 1 + "- ".join([""] * 3000) + "a FROM t",
        "SELECT a FROM t WHERE " + "NOT " * 5000 + "b",
        "SELECT " + "CASE WHEN a THEN " * 2000 + "1" + " END" * 2000 + " FROM t",
        "SELECT a FROM " + "(SELECT * FROM " * 1000 + "t" + ") s" * 1000,
        "SELECT a FROM t " + "JOIN t x ON true " * 5000,
        "x" * 1_000_000,
        "SELECT '" * 3,
        "",
        ";",
        "SELECT \x00 FROM t",
        "SELECT ? FROM t WHERE a = $1 AND b = :name",
        "SELECT a FROM \ud800",
    ],
    ids=range(13),
)
@pytest.mark.parametrize("dialect", ["postgres", "duckdb", "snowflake", "bigquery", "databricks"])
def test_no_statement_raises_or_takes_for_ever(sql: str, dialect: str) -> None:
    assert isinstance(trace(sql, dialect), QueryLineage)


def test_a_long_sum_and_a_long_union_are_understood() -> None:
    total = trace("SELECT " + " + ".join(["a", "b"] * 1500) + " AS x FROM t")
    union = trace(" UNION ALL ".join(["SELECT a FROM t", "SELECT d FROM u"] * 400))

    assert tell_origins(total.columns[0].origins) == {"t.a": {"TRANSFORMATION"}, "t.b": {"TRANSFORMATION"}}
    assert tell_origins(union.columns[0].origins) == {"t.a": {"IDENTITY"}, "u.d": {"IDENTITY"}}


def test_what_would_take_too_long_keeps_its_tables() -> None:
    doubled = ["q0 AS (SELECT " + ", ".join(f"c{i}" for i in range(300)) + " FROM t)"]
    every = " || ".join(f"c{i}" for i in range(300))
    doubled.append("q1 AS (SELECT " + ", ".join(f"{every} AS c{i}" for i in range(20)) + " FROM q0)")
    doubled += [
        f"q{n} AS (SELECT "
        + ", ".join(f"c{i} || c{(i + 1) % 20} AS c{i}" for i in range(20))
        + f" FROM q{n - 1})"
        for n in range(2, 60)
    ]

    found = trace(f"WITH {', '.join(doubled)} SELECT c0 FROM q59", schema=False)

    assert [table.name for table in found.tables] == ["t"]
    assert found.columns == ()
    assert not found.is_complete


def test_a_warning_of_the_parser_does_not_quote_the_statement(caplog: pytest.LogCaptureFixture) -> None:
    trace("ALTER TABLE t FROBNICATE 'alice@customers.example'")

    assert "alice" not in caplog.text


@pytest.mark.parametrize("dialect", ["postgres", "duckdb", "snowflake", "bigquery", "databricks"])
@pytest.mark.parametrize("function", ONE_WAY)
def test_each_listed_function_masks_in_every_dialect(function: str, dialect: str) -> None:
    found = trace(f"SELECT {function}(email) AS x FROM customer", dialect, schema=False)

    [origin] = found.columns[0].origins
    assert [way.masking for way in origin.transformations] == [True]


@pytest.mark.parametrize(
    "function", ["encode", "encrypt", "aes_encrypt", "regexp_replace", "hex", "crc32", "max"]
)
def test_what_can_be_turned_back_or_lets_values_through_does_not_mask(function: str) -> None:
    found = trace(f"SELECT {function}(email, 'x') AS x FROM customer", "databricks", schema=False)

    [origin] = found.columns[0].origins
    assert not any(way.masking for way in origin.transformations)
