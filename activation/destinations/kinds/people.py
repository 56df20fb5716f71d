"""Who is to be taken out of rows: the values of their identifiers, by column."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from activation.destinations.kinds.interface import DeliveryRefused, Removal
from activation.destinations.kinds.row_forms import plain


@dataclass(frozen=True, slots=True)
class People:
    """Identifiers as text, by the column that they stand in."""

    by_column: Mapping[str, frozenset[str]] = field(repr=False)

    def columns_among(self, columns: list[str]) -> list[str]:
        """Return those of `columns` by which these people are known.

        :raises DeliveryRefused: if there is none, though there are people.
        """
        found = [column for column in columns if column in self.by_column]
        if not found and any(self.by_column.values()):
            raise DeliveryRefused(
                "the audience at the recipient has none of the identifier columns of the people who are to be"
                f" taken out ({', '.join(sorted(self.by_column))}): deliver it again, or do it by hand"
            )
        return found


def read_people(removal: Removal) -> People:
    """Return the people of the removal. An identifier that is missing in a row names nobody."""
    columns = sorted(set(removal.identifiers.values()))
    values: dict[str, set[str]] = {column: set() for column in columns}
    for batch in removal.batches():
        for column, found in _texts(batch, columns):
            values[column].update(found)
    return People({column: frozenset(found) for column, found in values.items()})


def _texts(batch: pa.RecordBatch, columns: list[str]) -> Iterator[tuple[str, list[str]]]:
    rows = plain(batch.select(columns))
    for column in columns:
        values = rows.column(column).cast(pa.string()).drop_null().to_pylist()
        yield column, values
