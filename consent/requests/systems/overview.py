"""The data map as a page shows it: systems, their datasets, and what each holds by category."""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Prefetch

from consent.requests.models import Dataset, Field, System


@dataclass(frozen=True, slots=True)
class MappedDataset:
    """One dataset, its fields by data category."""

    row: Dataset
    categories: dict[str, list[Field]]


@dataclass(frozen=True, slots=True)
class MappedSystem:
    """One system with what it holds."""

    row: System
    datasets: list[MappedDataset]


def list_systems() -> list[MappedSystem]:
    """Return the data map, systems in the order in which they are erased. Three statements."""
    datasets = Dataset.objects.order_by("name", "pk").prefetch_related(
        Prefetch("fields", Field.objects.order_by("category", "name", "pk"))
    )
    systems = System.objects.order_by("order", "slug", "pk").prefetch_related(Prefetch("datasets", datasets))
    return [MappedSystem(row, [_dataset(one) for one in row.datasets.all()]) for row in systems]


def _dataset(row: Dataset) -> MappedDataset:
    categories: defaultdict[str, list[Field]] = defaultdict(list)
    for field in row.fields.all():
        categories[field.category].append(field)
    return MappedDataset(row, dict(categories))
