"""Rows for a platform that takes people, not tables: which columns have a place there, in what portions."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, TypeVar

import pyarrow as pa

from activation.destinations.kinds.row_forms import plain, refuse_unless_flat
from consent.network.errors import DeliveryRefused

T = TypeVar("T")
Row = dict[str, Any]


def refuse_unplaced(
    schema: pa.Schema, placed: Collection[str], left_out: Collection[str], *, platform: str
) -> None:
    """Return if every column either has a place at the platform or is told to be left out.

    Nothing is dropped in silence: whoever runs the audience sees what does not arrive.

    :raises DeliveryRefused: if one is neither, or holds what is no plain value.
    """
    refuse_unless_flat(pa.schema([field for field in schema if field.name in placed]), form=platform)
    unknown = sorted(set(schema.names) - set(placed) - set(left_out))
    if unknown:
        raise DeliveryRefused(
            f"{platform} has no place for the column {unknown[0]}: name it in the setting left_out,"
            " or let the policy drop it"
        )
    if twice := sorted(set(placed) & set(left_out)):
        raise DeliveryRefused(f"the column {twice[0]} is needed, and cannot be left out")


def read_rows(batches: Callable[[], Iterable[pa.RecordBatch]], columns: Collection[str]) -> Iterator[Row]:
    """Yield each row with these columns only, times and decimals as text."""
    names = sorted(set(columns))
    for batch in batches():
        yield from plain(batch.select(names)).to_pylist()


def in_portions(items: Iterable[T], size: int) -> Iterator[tuple[list[T], bool]]:
    """Yield the items in lists of at most `size`, and whether it is the last. None give one empty list."""
    iterator = iter(items)
    portion = list(islice(iterator, size))
    while True:
        following = list(islice(iterator, size))
        yield portion, not following
        if not following:
            return
        portion = following


def text_of(value: object) -> str:
    """Return an identifier as text, empty if there is none."""
    return "" if value is None else str(value).strip()


def audience_id(audience: str, known: Mapping[str, str], *, platform: str) -> str:
    """Return what the platform calls the audience.

    :raises DeliveryRefused: if the settings do not say.
    """
    if audience not in known:
        raise DeliveryRefused(
            f"the setting audiences does not say which audience of {platform} {audience} is: add it"
        )
    return known[audience]
