"""What an import would do to the rows that are there. Pure: no Django, no clock."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from consent.policies.law.types import Place, Provision

Written = Mapping[str, Any]
"""A row as plain JSON: how an import remembers what it wrote."""


class Outcome(StrEnum):
    """What becomes of one row."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    KEPT = "kept"  # an officer's: edited, or their own
    REMOVED = "removed"  # imported earlier, and the table has it no more


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRow:
    """A row that is there."""

    pk: int
    value: Provision
    imported: Written | None
    """As an import wrote it; None: an officer's own."""

    @property
    def place(self) -> tuple[type[Provision], int]:
        """The row's table and its number there."""
        return type(self.value), self.pk

    @property
    def is_edited(self) -> bool:
        """Whether an officer changed what an import wrote, or wrote the row."""
        return was_edited(self.value, self.imported)


@dataclass(slots=True)
class Plan:
    """What to drop and what to make, and what that comes to."""

    drop: dict[tuple[type[Provision], int], StoredRow] = field(default_factory=dict)
    make: list[Provision] = field(default_factory=list)
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    kept: dict[tuple[type[Provision], int], StoredRow] = field(default_factory=dict)
    """The officers' rows that the table would have otherwise."""

    def write(self, value: Provision, outcome: Outcome, *instead_of: StoredRow | None) -> None:
        """Make `value`, in the place of rows that go."""
        self.drop |= {row.place: row for row in instead_of if row}
        self.make.append(value)
        self.outcomes[outcome] += 1

    def leave(self, row: StoredRow, *, adopt: bool) -> None:
        """Leave a row that says what the table does; to adopt it is to take it for imported from now on."""
        if adopt and row.is_edited:
            self.write(row.value, Outcome.UNCHANGED, row)
        else:
            self.outcomes[Outcome.UNCHANGED] += 1

    def keep(self, row: StoredRow) -> None:
        """Leave an officer's row as it is."""
        if row.place not in self.kept:
            self.kept[row.place] = row
            self.outcomes[Outcome.KEPT] += 1


def written(value: Provision | Place) -> Written:
    """Return `value` as plain JSON."""
    return {name: _plain(part) for name, part in asdict(value).items()}


def _plain(part: Any) -> Any:
    if isinstance(part, tuple | list):
        return [_plain(item) for item in part]
    if isinstance(part, StrEnum):
        return part.value
    return part.isoformat() if isinstance(part, date) else part


def was_edited(value: Provision | Place, imported: Written | None) -> bool:
    """Return whether `value` is not what an import wrote. A field that imports did not know is no edit."""
    now = written(value)
    return imported is None or any(now[name] != then for name, then in imported.items() if name in now)


def key_of(kind: type[Provision], row: Written) -> Hashable:
    """Return what tells a row from all others: its kind, its slot and its first day."""
    slot = tuple(row[name] for name in kind.slot_fields)
    return (kind, row["jurisdiction"], slot, row["effective_from"])


def plan_import(stored: Sequence[StoredRow], wanted: Iterable[Provision], *, replace: bool) -> Plan:
    """Return how the rows `stored` become the rows `wanted`.

    A row that an import wrote follows the table. A row that an officer edited or wrote is kept, and a row of
    the table that it stands in the way of is not made; with `replace` the table wins over both.
    """
    plan = Plan()
    once = {key_of(type(row.value), row.imported): row for row in stored if row.imported is not None}
    now = {key_of(type(row.value), written(row.value)): row for row in stored}
    for value in wanted:
        key = key_of(type(value), written(value))
        row, occupant = once.pop(key, None), now.get(key)
        if row is None and occupant is None:
            plan.write(value, Outcome.ADDED)
            continue
        officers = [one for one in (row, occupant) if one is not None and one.is_edited]
        if occupant is not None and occupant.value == value:
            own = row is None and occupant.imported is None
            plan.leave(occupant, adopt=replace or own or row is occupant)
            if row is not None and row is not occupant:
                once[key] = row  # an officer moved it elsewhere, and the table has its place filled
        elif replace or not officers:
            plan.write(value, Outcome.CHANGED, row, occupant)
        else:
            plan.keep(officers[0])
    _let_go(plan, once.values(), replace=replace)
    return plan


def _let_go(plan: Plan, rows: Iterable[StoredRow], *, replace: bool) -> None:
    """Remove what an import wrote and the table has no more; an officer's edit of it is kept."""
    for row in rows:
        if row.is_edited and not replace:
            plan.keep(row)
        elif row.place not in plan.drop:
            plan.drop[row.place] = row
            plan.outcomes[Outcome.REMOVED] += 1
