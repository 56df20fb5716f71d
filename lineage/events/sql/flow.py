"""Columns on their way: which ones bear on a value, and how, put together step by step."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache

from lineage.events.types import ColumnOrigin, ColumnRef, Transformation

_DIRECT = "DIRECT"
_RANK = {"IDENTITY": 0, "TRANSFORMATION": 1, "AGGREGATION": 2}
MOST_STEPS = 400_000
"""How much is looked at for one statement. A query that people write takes some thousands."""


class TooMuch(Exception):
    """The statement would take too long to understand. The caller answers with what is known so far."""


@lru_cache(maxsize=1024)
def compose(inner: Transformation, outer: Transformation) -> Transformation:
    """Return how a column bears on what comes out of `outer`, if it went into `inner` first.

    What only steers keeps steering; what steers by what was aggregated or hashed is as masked as that.
    """
    masking, description = inner.masking or outer.masking, outer.description or inner.description
    if outer.type != _DIRECT:
        stronger = outer
    elif inner.type != _DIRECT:
        stronger = inner
    else:
        stronger = max(inner, outer, key=lambda one: _RANK[one.subtype])
    return replace(stronger, masking=masking, description=description)


@dataclass(slots=True, eq=False)
class Flow:
    """The columns that bear on a value or on the rows, and how. Not `is_known`: there may be others."""

    ways: dict[ColumnRef, set[Transformation]] = field(default_factory=dict)
    is_known: bool = True

    def through(self, how: Transformation) -> "Flow":
        """Return this flow after one more step."""
        ways = {ref: {compose(one, how) for one in found} for ref, found in self.ways.items()}
        return Flow(ways, self.is_known)

    def origins(self) -> tuple[ColumnOrigin, ...]:
        """Return the flow as an event tells it, in a fixed order."""
        ordered = sorted(self.ways.items(), key=lambda pair: _ref_order(pair[0]))
        return tuple(ColumnOrigin(ref, tuple(sorted(ways, key=_way_order))) for ref, ways in ordered)

    def is_like(self, other: "Flow") -> bool:
        """Return whether both say the same."""
        return self.is_known and other.is_known and self.ways == other.ways


def unknown() -> Flow:
    """Return the flow of what could not be understood."""
    return Flow(is_known=False)


@dataclass(slots=True, eq=False)
class Budget:
    """Counts what is done, so that no statement takes for ever."""

    left: int = MOST_STEPS

    def spend(self, steps: int = 1) -> None:
        """Count some steps.

        :raises TooMuch: if there were too many.
        """
        self.left -= steps
        if self.left < 0:
            raise TooMuch

    def pour(self, into: Flow, flow: Flow, how: Transformation | None = None) -> None:
        """Add `flow` to `into`, after the step `how`.

        :raises TooMuch: if there was too much already.
        """
        self.spend(len(flow.ways) + 1)
        into.is_known = into.is_known and flow.is_known
        for ref, ways in flow.ways.items():
            into.ways.setdefault(ref, set()).update(ways if how is None else _composed(ways, how))


def _composed(ways: Iterable[Transformation], how: Transformation) -> Iterable[Transformation]:
    return [compose(one, how) for one in ways]


def _ref_order(ref: ColumnRef) -> tuple[str, str, str]:
    return ref.dataset.namespace, ref.dataset.name, ref.column


def _way_order(way: Transformation) -> tuple[str, str, bool, str]:
    return way.type, way.subtype, way.masking, way.description or ""
