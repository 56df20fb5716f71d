"""What lineage knows and the data map does not: datasets with personal data that no system declares."""

from dataclasses import dataclass

from consent.requests.models import Dataset
from lineage.graph import queries as graph

_MOST = 500


@dataclass(frozen=True, slots=True)
class Hint:
    """A dataset that lineage told of."""

    namespace: str
    name: str
    categories: tuple[str, ...]


def list_hints() -> tuple[Hint, ...]:
    """Return the datasets with personal data, among those seen last, whose name no declared one has.

    A hint, not a finding: the same table may have two names, and two tables one.
    """
    declared = set(Dataset.objects.order_by("pk").values_list("name", flat=True))
    return tuple(
        Hint(node.namespace, node.name, node.categories)
        for node in graph.find_datasets("", _MOST)
        if node.is_personal and not declared.intersection(_names(node.name))
    )


def _names(name: str) -> set[str]:
    """Return what a dataset may be declared as: `db.public.customers`, `public.customers` or `customers`."""
    parts = name.split(".")
    return {".".join(parts[start:]) for start in range(len(parts))}
