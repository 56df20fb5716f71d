"""Random queries, and what DuckDB says of them when one column's values are changed.

A column that lineage does not name as an origin must not matter: if its values do, lineage is wrong.
"""

# ruff: noqa: S311, S608 - the queries are made up here, for a database that holds nothing else

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

import duckdb

from lineage.events.naming import DatasetName
from lineage.events.sql.tracing import trace_query
from lineage.events.sql.types import QueryLineage, TableRef

TABLES = {"t": ("a", "b", "c", "k"), "u": ("a", "d", "k")}
_SCHEMA = {TableRef("memory", "main", name): columns for name, columns in TABLES.items()}
_ROWS = 9
Rows = list[tuple[object, ...]]


@dataclass(frozen=True)
class Violation:
    """A query in which a column matters that lineage does not name."""

    sql: str
    changed: str
    output: str


class Oracle:
    """Both tables, small and full of ties; and for each column, the same with other values in it."""

    def __init__(self, random: Random) -> None:
        """Fill the tables."""
        self._random = random
        self._connection = duckdb.connect(":memory:", config={"threads": 1})
        self.compared = self.complete = 0
        self.fill()

    def fill(self) -> None:
        """Give every column new values."""
        columns = [(table, column) for table, names in TABLES.items() for column in names]
        values = {one: [self._value() for _ in range(_ROWS)] for one in columns}
        self._write("plain", values)
        for one in columns:
            changed = [self._value() if self._random.random() < 0.5 else value for value in values[one]]
            self._write("_".join(one), {**values, one: changed})

    def _write(self, schema: str, values: dict[tuple[str, str], list[int | None]]) -> None:
        self._connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        for table, columns in TABLES.items():
            rows = zip(*(values[table, column] for column in columns), strict=True)
            listed = ", ".join(
                f"({', '.join('NULL' if one is None else str(one) for one in row)})" for row in rows
            )
            names = ", ".join(f"{column} INT" for column in columns)
            self._connection.execute(f"CREATE OR REPLACE TABLE {schema}.{table} ({names})")
            self._connection.execute(f"INSERT INTO {schema}.{table} VALUES {listed}")

    def _value(self) -> int | None:
        return self._random.choice((0, 1, 2, 3, None))

    def ask(self, sql: str, schema: str = "plain") -> tuple[list[str], Rows] | None:
        """Return the answer; None if DuckDB refuses the query."""
        try:
            self._connection.execute(f"SET schema = '{schema}'")
            found = self._connection.execute(sql)
            return [one[0] for one in found.description or ()], found.fetchall()
        except duckdb.Error:
            return None

    def list_violations(self, sql: str) -> Iterator[Violation]:
        """Yield where the query's answer says otherwise than its lineage."""
        before = self.ask(sql)
        if before is None:
            return
        self.compared += 1
        found = trace_query(sql, "duckdb", schema=_SCHEMA, name_table=lambda ref: DatasetName("", ref.name))
        self.complete += found.is_complete
        for table, columns in TABLES.items():
            for column in columns:
                after = self.ask(sql, f"{table}_{column}")
                if after is not None:
                    yield from _compare(sql, found, f"{table}.{column}", before, after)


def _compare(
    sql: str, found: QueryLineage, changed: str, before: tuple[list[str], Rows], after: tuple[list[str], Rows]
) -> Iterator[Violation]:
    shaping = {f"{one.source.dataset.name}.{one.source.column}" for one in found.shaped_by}
    if not found.is_shape_complete or changed in shaping:
        return
    names, traced = before[0], {one.name: one for one in found.columns}
    for place, name in enumerate(names):
        column = found.columns[place] if found.has_all_columns else traced.get(name)
        if column is None or not column.is_complete:
            continue
        origins = {f"{one.source.dataset.name}.{one.source.column}" for one in column.origins}
        if changed not in origins and _values(before[1], place) != _values(after[1], place):
            yield Violation(sql, changed, name)


def _values(rows: Rows, place: int) -> Counter[object]:
    return Counter(row[place] for row in rows)


@dataclass
class Queries:
    """Writes random queries."""

    random: Random

    def write(self, depth: int = 2) -> str:
        """Return a query over both tables whose columns are called x0, x1, …"""
        kind = self.random.random()
        if depth and kind < 0.12:
            return self._combined(depth)
        if depth and kind < 0.3:
            return self._with(depth)
        return self._select(depth)

    def _combined(self, depth: int) -> str:
        operation = self._one("UNION", "UNION ALL", "EXCEPT", "INTERSECT", "EXCEPT ALL")
        left, right = self.write(depth - 1), self.write(depth - 1)
        left, right = (f"SELECT x0, x1 FROM ({one}) AS s{place}" for place, one in enumerate((left, right)))
        return f"{left} {operation} {right}" + self._maybe(0.3, " ORDER BY x1, x0 LIMIT 3")

    def _with(self, depth: int) -> str:
        inner, other = self.write(depth - 1), self.write(depth - 1)
        second = self._one(
            other, "SELECT x1 AS x0, count(*) AS x1 FROM q GROUP BY x1", "SELECT * FROM q WHERE x0 > 0"
        )
        body = self._one(
            "SELECT q.x0, r.x1 FROM q JOIN r ON q.x1 = r.x0",
            "SELECT x0, sum(x1) AS x1 FROM q GROUP BY x0 HAVING count(*) > 1",
            "SELECT q.x0, (SELECT max(r.x1) FROM r WHERE r.x0 = q.x1) AS x1 FROM q",
            "SELECT DISTINCT q.x0, 1 AS x1 FROM q, r",
            "SELECT x1 AS x0, x0 AS x1 FROM q WHERE x0 IN (SELECT x1 FROM r)",
            "SELECT q.x0 AS x0, l.x AS x1 FROM q, LATERAL (SELECT r.x1 AS x FROM r WHERE r.x0 = q.x0) l",
        )
        return f"WITH q AS ({inner}), r AS ({second}) {body}"

    def _select(self, depth: int) -> str:
        source, columns = self._source(depth)
        if self.random.random() < 0.35:
            return self._grouped(source, columns)
        parts = [f"{self._value(columns)} AS x{place}" for place in range(2)]
        parts += [f"x0 + {self._column(columns)} AS x2"] * (self.random.random() < 0.1)
        sql = f"SELECT {self._maybe(0.12, 'DISTINCT ')}{', '.join(parts)} FROM {source}"
        sql += self._maybe(0.5, lambda: f" WHERE {self._condition(columns)}")
        sql += self._maybe(
            0.15,
            lambda: (
                f" QUALIFY row_number() OVER"
                f" (PARTITION BY {self._column(columns)} ORDER BY {', '.join(columns)}) = 1"
            ),
        )
        return sql + self._maybe(
            0.2, lambda: f" ORDER BY {self._column(columns)} DESC, {', '.join(columns)} LIMIT 3"
        )

    def _grouped(self, source: str, columns: Sequence[str]) -> str:
        key, aggregate = self._column(columns), self._aggregate(columns)
        sql = f"SELECT {self._one(key, key + ' + 1', '1')} AS x0, {aggregate} AS x1 FROM {source}"
        sql += self._maybe(0.4, lambda: f" WHERE {self._condition(columns)}")
        sql += f" GROUP BY {self._one(key, key, f'GROUPING SETS (({key}), ())')}"
        return sql + self._maybe(0.4, lambda: f" HAVING {self._aggregate(columns)} > 1")

    def _source(self, depth: int) -> tuple[str, list[str]]:
        kind = self.random.random()
        if depth and kind < 0.2:
            return f"({self.write(depth - 1)}) AS s", ["s.x0", "s.x1"]
        if kind < 0.5:
            return "t", [f"t.{one}" for one in TABLES["t"]]
        if kind < 0.6:
            return "u", [f"u.{one}" for one in TABLES["u"]]
        both = [f"{table}.{one}" for table, columns in TABLES.items() for one in columns]
        join = self._one("JOIN", "LEFT JOIN", "FULL JOIN", "RIGHT JOIN")
        if kind < 0.72:
            return f"t {join} u USING (k)", [*(one for one in both if not one.endswith("k")), "k"]
        if kind < 0.85:
            return f"t {self._one('SEMI', 'ANTI')} JOIN u ON {self._condition(both, plain=True)}", both[:4]
        return f"t {join} u ON t.k = u.k AND {self._condition(both, plain=True)}", both

    def _condition(self, columns: Sequence[str], *, plain: bool = False) -> str:
        column, other = self._column(columns), self._column(columns)
        simple = [
            f"{column} > 1",
            f"{column} IS NULL",
            f"{column} = {other}",
            f"({column} < 2 OR {other} = 0)",
        ]
        nested = [
            f"EXISTS (SELECT 1 FROM u AS e WHERE e.k = {column} AND e.d > 0)",
            f"{column} IN (SELECT d FROM u AS e WHERE e.a > 0)",
            f"{column} > (SELECT min(e.d) FROM u AS e WHERE e.k = {other})",
            f"md5({column}::VARCHAR) > '8'",
        ]
        return self._one(*simple) if plain else self._one(*simple, *nested)

    def _value(self, columns: Sequence[str]) -> str:
        one, two, three = (self._column(columns) for _ in range(3))
        every = ", ".join(columns)
        return self._one(
            one,
            f"{one} + {two}",
            f"CASE WHEN {self._condition(columns)} THEN {one} ELSE {two} END",
            f"CASE {one} WHEN 1 THEN 7 WHEN {two} THEN 8 END",
            f"coalesce({one}, {two})",
            f"nullif({one}, {two})",
            f"if({one} > 1, {two}, {three})",
            f"greatest({one}, {two})",
            f"rank() OVER (PARTITION BY {one} ORDER BY {two})",
            f"sum({one}) OVER (PARTITION BY {two} ORDER BY {three})",
            f"lag({one}) OVER (ORDER BY {two}, {every})",
            f"(SELECT max(e.d) FROM u AS e WHERE e.k = {one})",
            f"length(md5({one}::VARCHAR))",
            f"(SELECT count(*) FROM u AS e WHERE e.a = {one})",
            f"({one} IN (SELECT d FROM u AS e WHERE e.a > 0))::INT",
            f"(EXISTS (SELECT 1 FROM u AS e WHERE e.k = {one}))::INT",
        )

    def _aggregate(self, columns: Sequence[str]) -> str:
        one, two = self._column(columns), self._column(columns)
        return self._one(
            f"sum({one})",
            "count(*)",
            f"count({one})",
            f"count(DISTINCT {one})",
            f"min({one} + {two})",
            f"sum({one}) FILTER (WHERE {two} > 0)",
            f"max(CASE WHEN {one} > 0 THEN {two} END)",
            f"coalesce(first({one} ORDER BY {two}, {', '.join(columns)}), 9)",
        )

    def _column(self, columns: Sequence[str]) -> str:
        return self.random.choice(list(columns))

    def _one(self, *choices: str) -> str:
        return self.random.choice(choices)

    def _maybe(self, chance: float, text: str | Callable[[], str]) -> str:
        if self.random.random() >= chance:
            return ""
        return text if isinstance(text, str) else text()


def look_for_violations(oracle: Oracle, *, seed: int, queries: int) -> Iterator[Violation]:
    """Yield what is wrong with the lineage of so many random queries; the oracle counts them."""
    writer = Queries(Random(seed))
    for number in range(queries):
        if number % 20 == 0:
            oracle.fill()
        yield from oracle.list_violations(writer.write())
