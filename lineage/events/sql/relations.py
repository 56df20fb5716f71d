"""What stands in a FROM clause: columns with where they come from, and what shaped the rows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from lineage.events.naming import DatasetName
from lineage.events.sql.flow import Flow, unknown
from lineage.events.types import PASSED, ColumnRef


class Found(NamedTuple):
    """What asking for a column gave. Not `is_sure`: it is this one only if there is no other of the name."""

    flow: Flow
    is_sure: bool


@dataclass(slots=True, eq=False, kw_only=True)
class Relation:
    """A table, or the answer of a query."""

    columns: list[tuple[str, Flow]]
    """In order; one that the database names has an empty name here."""
    shape: Flow
    """What decides which rows there are."""
    table: DatasetName | None = None
    """A table whose columns are not known: whatever is asked for may be one of them."""
    is_partial: bool = False
    """Whether there may be columns that are not listed."""
    is_ordered: bool = True
    """Whether the order of the columns is as it will be."""
    qualifiers: tuple[str, ...] = ()
    """The schema and catalog that it may be called by, besides its alias."""

    @property
    def is_listed(self) -> bool:
        """Whether every column is listed."""
        return self.table is None and not self.is_partial

    def find(self, name: str) -> Found | None:
        """Return the column; None if there is none of this name."""
        named = [flow for one, flow in self.columns if one == name]
        if len(named) == 1:
            return Found(named[0], is_sure=True)
        if named:
            return Found(unknown(), is_sure=True)
        if self.table is not None:
            return Found(Flow({ColumnRef(self.table, name): {PASSED}}), is_sure=False)
        if self.is_partial or any(not one for one, _ in self.columns):
            return Found(unknown(), is_sure=False)
        return None

    def renamed(self, names: Sequence[str]) -> "Relation":
        """Return it with its first columns named so."""
        if not names:
            return self
        if not self.is_listed or not self.is_ordered or len(names) > len(self.columns):
            return opaque()
        kept = [name for name, _ in self.columns[len(names) :]]
        flows = [flow for _, flow in self.columns]
        return Relation(
            columns=list(zip((*names, *kept), flows, strict=True)), shape=self.shape, qualifiers=()
        )


def opaque() -> Relation:
    """Return a relation of which nothing is known."""
    return Relation(columns=[], shape=unknown(), is_partial=True)


@dataclass(slots=True, eq=False, kw_only=True)
class Output:
    """The columns that a SELECT gives, as they are found."""

    columns: list[tuple[str, Flow]] = field(default_factory=list)
    is_partial: bool = False
    is_ordered: bool = True
    is_unclear: bool = False
    """Whether what is not listed may be more than input columns as they are."""

    def find(self, name: str) -> Flow | None:
        """Return the column of this name; one that is there twice is not known."""
        if self.is_unclear:
            return unknown()
        named = [flow for one, flow in self.columns if one == name and one]
        if len(named) > 1:
            return named[0] if all(named[0].is_like(one) for one in named) else unknown()
        return named[0] if named else None

    def at(self, place: int) -> Flow:
        """Return the column at `place`, counted from one."""
        if self.is_partial or not self.is_ordered or not 0 < place <= len(self.columns):
            return unknown()
        return self.columns[place - 1][1]
