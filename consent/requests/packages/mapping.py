"""What the data map says of the datasets of a system, and what officers withheld of them."""

from collections import defaultdict
from collections.abc import Mapping

from consent.requests.models import Dataset, Redaction, Request, Step, System
from consent.requests.packages.types import MappedDataset, MappedField, Redactions, RedactionsOutdated


def read_map(system: System) -> Mapping[str, MappedDataset]:
    """Return the system's datasets by name. Two statements."""
    rows = Dataset.objects.filter(system=system).prefetch_related("fields").order_by("name", "pk")
    return {row.name: _read_dataset(row) for row in rows}


def describe(known: Mapping[str, MappedDataset], name: str) -> MappedDataset:
    """Return the dataset called `name`; if the map does not know it, as a step named it."""
    return known.get(name) or MappedDataset(name=name, title=name)


def read_redactions(request: Request, step: Step, *, system: str) -> Mapping[str, Redactions]:
    """Return what officers withheld of the rows that `step` collected, by dataset. One statement.

    :raises RedactionsOutdated: if rows were withheld by number, and collected anew after that.
    """
    fields: dict[str, dict[str, str]] = defaultdict(dict)
    rows: dict[str, dict[int, str]] = defaultdict(dict)
    cells: dict[str, dict[tuple[int, str], str]] = defaultdict(dict)
    for one in Redaction.objects.filter(request=request, system=system).order_by("pk"):
        if one.row is None:
            fields[one.dataset][one.field] = one.reason
            continue
        if step.ended_at is not None and one.at < step.ended_at:
            raise RedactionsOutdated(
                "rows were collected anew after some of them were withheld: undo that, and look again"
            )
        if one.field:
            cells[one.dataset][one.row, one.field] = one.reason
        else:
            rows[one.dataset][one.row] = one.reason
    return {
        name: Redactions(fields=fields[name], rows=rows[name], cells=cells[name])
        for name in {*fields, *rows, *cells}
    }


def _read_dataset(row: Dataset) -> MappedDataset:
    fields = (
        MappedField(
            name=one.name,
            title=one.title or one.name,
            category=one.category,
            in_access=one.in_access,
            is_third_party=one.is_third_party,
            is_free_text=one.is_free_text,
            is_derived=one.is_derived,
        )
        for one in row.fields.all()
    )
    return MappedDataset(
        name=row.name,
        title=row.title,
        is_known=True,
        purposes=tuple(row.purposes),
        retention=row.retention,
        in_access=row.in_access,
        is_derived=row.is_derived,
        fields={one.name: one for one in fields},
    )
