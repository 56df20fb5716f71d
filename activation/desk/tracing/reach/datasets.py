"""Which runs read or wrote a dataset, as far as lineage told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from activation.desk.tracing.types import RunReached
from consent.kernel.errors import AccordantError


class DatasetUnknown(AccordantError):
    """Lineage knows no such dataset."""

    code = "dataset_unknown"
    status = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetReach:
    """What a breach of a dataset is looked up in."""

    runs: Sequence[RunReached]
    categories: Sequence[str]
    goes_on_to: Sequence[str] = ()
    """Destinations, by slug or by their names in lineage."""
    streams: int = 0


def find_dataset(key: str, *, since: datetime, until: datetime) -> DatasetReach:
    """Return which of our runs read or wrote the dataset between the two moments.

    :raises DatasetUnknown: if there is none.
    """
    raise DatasetUnknown("lineage knows no such dataset")


def describe_dataset(key: str) -> str:
    """Return what a dataset is called.

    :raises DatasetUnknown: if there is none.
    """
    raise DatasetUnknown("lineage knows no such dataset")
