"""Who is to be taken out of rows: the values of their identifiers, by column."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from activation.destinations.kinds.interface import Removal
from activation.destinations.kinds.row_forms import texts_of
from consent.network.errors import DeliveryRefused

_ROWS = 4096


@dataclass(frozen=True, slots=True)
class People:
    """Identifiers as text, by the column that they stand in."""

    by_column: Mapping[str, frozenset[str]] = field(repr=False)
    known_by: frozenset[frozenset[str]] = frozenset()
    """The sets of columns by which they are known: each person by one of these."""

    def columns_among(self, columns: Collection[str]) -> list[str]:
        """Return those of `columns` by which these people are known.

        :raises DeliveryRefused: if there is somebody whom none of them names.
        """
        if any(known_by.isdisjoint(columns) for known_by in self.known_by):
            raise DeliveryRefused(
                "the audience at the recipient has none of the identifier columns of some who are to be taken"
                f" out (known by: {', '.join(sorted(self.by_column))}): deliver it again, or do it by hand"
            )
        return [column for column in columns if self.by_column.get(column)]


def read_people(removal: Removal) -> People:
    """Return the people of the removal. An identifier that is missing, or empty, in a row names nobody."""
    values: dict[str, set[str]] = {column: set() for column in removal.identifiers.values()}
    known_by = set[frozenset[str]]()
    for person in known_people(removal):
        known_by.add(frozenset(person))
        for column, value in person.items():
            values[column].add(value)
    return People({column: frozenset(found) for column, found in values.items()}, frozenset(known_by))


def known_people(removal: Removal) -> Iterator[dict[str, str]]:
    """Yield each person's identifiers by column, those only that are there. Who has none is nobody."""
    columns = sorted(set(removal.identifiers.values()))
    for batch in removal.batches():
        for start in range(0, batch.num_rows, _ROWS):
            part = batch.slice(start, _ROWS)
            texts = [texts_of(part, column) for column in columns]
            for row in zip(*texts, strict=True):
                person = {name: text for name, text in zip(columns, row, strict=True) if text}
                if person:
                    yield person
