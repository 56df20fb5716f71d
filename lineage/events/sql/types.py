"""What is known of a query's columns. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from lineage.events.naming import DatasetName
from lineage.events.types import ColumnOrigin


@dataclass(frozen=True, slots=True)
class TableRef:
    """A table as a statement or a database calls it; a part that is not said is empty."""

    catalog: str
    schema: str
    name: str


Schema = Mapping[TableRef, Sequence[str]]
"""The columns of tables, by the tables' full names, in their order, written as the database keeps them. Of
several tables that a name may mean, the one that the database takes comes first."""
NameTable = Callable[[TableRef], DatasetName]
"""Names a table. What it is given is as full as the statement, or the schema, says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedColumn:
    """One column of the answer. Of one that is not complete nothing is claimed: it has no origins here."""

    name: str
    """As the dialect folds it; empty where the database makes one up."""
    origins: tuple[ColumnOrigin, ...] = ()
    is_complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryLineage:
    """What one query reads, and how each column of its answer comes about."""

    tables: tuple[DatasetName, ...] = ()
    columns: tuple[TracedColumn, ...] = ()
    """In the answer's order, if `has_all_columns`."""
    shaped_by: tuple[ColumnOrigin, ...] = ()
    """The columns that decide which rows there are, how many, and in which order."""
    is_shape_complete: bool = True
    """Whether `shaped_by` names all of them."""
    has_all_columns: bool = True
    """Whether `columns` lists every column, each in its place; not so where a `*` could not be told apart."""

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing."""
        complete = all(column.is_complete for column in self.columns)
        return complete and self.is_shape_complete and self.has_all_columns


NOTHING_KNOWN = QueryLineage(is_shape_complete=False, has_all_columns=False)
