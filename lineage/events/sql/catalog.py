"""The tables that the caller knows, found by however much of its name a statement gives."""

from collections.abc import Mapping, Sequence

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect, NormalizationStrategy

from lineage.events.naming import DatasetName
from lineage.events.sql.flow import Flow, unknown
from lineage.events.sql.relations import Relation
from lineage.events.sql.types import NameTable, Schema, TableRef
from lineage.events.types import PASSED, ColumnRef


class Catalog:
    """Gives each table of a statement its name and its columns, and keeps which ones were asked for."""

    def __init__(self, schema: Schema | None, name_table: NameTable, dialect: str) -> None:
        """Know the tables of `schema`; of any other the columns are not known."""
        strategy = Dialect.get_or_raise(dialect).normalization_strategy
        self._folds = strategy is NormalizationStrategy.CASE_INSENSITIVE
        self._name_table = name_table
        self._by_name: dict[str, list[TableRef]] = {}
        self._schema: Schema = schema or {}
        for ref in self._schema:
            self._by_name.setdefault(self._fold(ref.name), []).append(ref)
        self.tables: dict[DatasetName, None] = {}

    def open(self, table: exp.Table) -> Relation:
        """Return what is known of the table."""
        written = TableRef(table.catalog, table.db, table.name)
        found = self._find(written)
        name = self._name_table(found or written)
        self.tables[name] = None
        if found is None:
            return Relation(columns=[], shape=Flow(), table=name)
        columns = self._schema[found]
        folded = [self._fold(column) for column in columns]
        flows = [
            _from_table(name, column) if folded.count(one) == 1 else unknown()
            for column, one in zip(columns, folded, strict=True)
        ]
        return Relation(columns=list(zip(folded, flows, strict=True)), shape=Flow())

    def _find(self, written: TableRef) -> TableRef | None:
        named = self._by_name.get(self._fold(written.name), ())
        fitting = [one for one in named if self._fits(one.schema, written.schema)]
        fitting = [one for one in fitting if self._fits(one.catalog, written.catalog)]
        return fitting[0] if fitting else None

    def _fits(self, known: str, written: str) -> bool:
        return not written or self._fold(known) == self._fold(written)

    def _fold(self, name: str) -> str:
        return name.lower() if self._folds else name


def _from_table(table: DatasetName, column: str) -> Flow:
    return Flow({ColumnRef(table, column): {PASSED}})


def list_tables(node: exp.Expr, named: Mapping[str, Relation]) -> Sequence[exp.Table]:
    """Return the tables that stand anywhere in `node`, and are neither `named` nor a name that it gives."""
    own = {cte.alias for cte in node.find_all(exp.CTE)}
    return [
        table
        for table in node.find_all(exp.Table)
        if isinstance(table.this, exp.Identifier)
        and (table.db or (table.name not in named and table.name not in own))
    ]
