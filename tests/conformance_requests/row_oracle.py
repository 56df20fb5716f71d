"""Which rows are a person's and what an erasure leaves, computed in plain Python beside the connector.

A world has tables in a line; rows of each may refer to rows of those before it. No code of the connector's is
used here: what both say is compared.
"""

from dataclasses import dataclass, field, replace
from typing import Any

from consent.requests.connectors.interface import DeclaredDataset, DeclaredField, DeclaredReference
from consent.requests.types import OnErasure, Person
from consent.subjects.types import IdentifierKind

ANN = Person(identifiers={IdentifierKind.EMAIL: ("ann@x.org",)})
SPELLINGS = ("ann@x.org", "ANN@X.org", " ann@x.org ", "bob@x.org", "nn@x.org", None)
THEIRS = frozenset(SPELLINGS[:3])
HOLD, GROUND = "case 12", "tax law"


@dataclass(frozen=True)
class TableOf:
    """One table: its rows have an e-mail address, and refer to rows of earlier tables by their numbers."""

    parents: tuple[int, ...]
    rows: tuple[tuple[str | None, tuple[int | None, ...]], ...]
    on_erasure: OnErasure = OnErasure.DELETE
    is_held: bool = False


@dataclass(frozen=True)
class World:
    """Some tables."""

    tables: tuple[TableOf, ...] = field(default=())

    def name(self, index: int) -> str:
        return f"t{index}"

    def statements(self) -> list[str]:
        """Return what makes the tables."""
        return [
            f"CREATE TABLE {self.name(index)} (id INTEGER PRIMARY KEY, email VARCHAR(99), note VARCHAR(99)"
            + "".join(f", p{parent} INTEGER" for parent in table.parents)
            + ")"
            for index, table in enumerate(self.tables)
        ]

    def rows(self, index: int) -> list[dict[str, Any]]:
        table = self.tables[index]
        return [
            {"id": number, "email": email, "note": "note"}
            | {f"p{parent}": ref for parent, ref in zip(table.parents, refs, strict=True)}
            for number, (email, refs) in enumerate(table.rows)
        ]

    def declared(self) -> tuple[DeclaredDataset, ...]:
        """Return the tables as they are declared, children first or last as their numbers are odd or even."""
        declared = [self._dataset(index, table) for index, table in enumerate(self.tables)]
        return tuple(declared[::-1] if len(declared) % 2 else declared)

    def _dataset(self, index: int, table: TableOf) -> DeclaredDataset:
        dataset = DeclaredDataset(
            name=self.name(index),
            fields=(
                DeclaredField(name="id", category="x"),
                DeclaredField(name="email", category="x", identifier_kind=IdentifierKind.EMAIL),
                DeclaredField(name="note", category="x"),
            ),
            references=tuple(
                DeclaredReference(field=f"p{parent}", to_dataset=self.name(parent), to_field="id")
                for parent in table.parents
            ),
            on_erasure=table.on_erasure,
            keep_ground=GROUND if table.on_erasure is OnErasure.KEEP else "",
            hold=HOLD if table.is_held else "",
        )
        if table.on_erasure is not OnErasure.MASK:
            return dataset
        return replace(dataset, fields=dataset.fields[1:])  # the number is no field that is masked

    def theirs(self, index: int, row: int) -> bool:
        """Return whether a row is the person's."""
        email, refs = self.tables[index].rows[row]
        return email in THEIRS or any(
            ref is not None and ref < len(self.tables[parent].rows) and self.theirs(parent, ref)
            for parent, ref in zip(self.tables[index].parents, refs, strict=True)
        )

    def stays_held(self, index: int, row: int) -> bool:
        """Return whether a row stays because of a hold: on it, or on a row that refers to it."""
        if self.tables[index].is_held:
            return True
        return any(
            ref == row and self.stays_held(child, number)
            for child, table in enumerate(self.tables)
            for number, (_, refs) in enumerate(table.rows)
            for parent, ref in zip(table.parents, refs, strict=True)
            if parent == index
        )

    def is_touched(self, index: int, row: int) -> bool:
        """Return whether an erasure touches a row."""
        is_kept = self.tables[index].on_erasure is OnErasure.KEEP
        return self.theirs(index, row) and not is_kept and not self.stays_held(index, row)

    def left(self, index: int) -> list[dict[str, Any]]:
        """Return the rows that an erasure leaves, as it leaves them."""
        masks = self.tables[index].on_erasure is OnErasure.MASK
        return [
            {**row, "email": None, "note": None} if self.is_touched(index, row["id"]) else row
            for row in self.rows(index)
            if masks or not self.is_touched(index, row["id"])
        ]
