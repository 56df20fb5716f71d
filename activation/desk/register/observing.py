"""What lineage has seen, for the register."""

from lineage.graph import queries
from lineage.graph.types import Observed


def list_observed() -> tuple[Observed, ...]:
    """Return the processings that runs of ours told of."""
    return queries.list_observed()


def count_ungated_paths() -> int:
    """Return how many ungated paths there are now that nobody has acknowledged."""
    return queries.count_ungated_paths()
