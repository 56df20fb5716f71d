"""What becomes of a query's columns in what is done with its answer."""

from collections.abc import Iterable, Sequence

from lineage.events.sql.flow import Flow, compose
from lineage.events.types import ColumnOrigin, Transformation


def pass_on(origins: Iterable[ColumnOrigin], steps: Sequence[Transformation]) -> tuple[ColumnOrigin, ...]:
    """Return the origins after one more step; several steps: each was taken for some of the values."""
    return tuple(
        ColumnOrigin(
            origin.source,
            tuple(dict.fromkeys(compose(way, step) for step in steps for way in origin.transformations)),
        )
        for origin in origins
        if steps
    )


def merge(*groups: Iterable[ColumnOrigin]) -> tuple[ColumnOrigin, ...]:
    """Return the origins of all groups, each column once, in a fixed order."""
    flow = Flow()
    for origin in (one for group in groups for one in group):
        flow.ways.setdefault(origin.source, set()).update(origin.transformations)
    return flow.origins()
