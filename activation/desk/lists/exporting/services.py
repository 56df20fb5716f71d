"""An export: the rows that a list shows, in a file, and told to the ledger before it is handed out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from tempfile import TemporaryFile
from typing import IO, Any

from django.db import transaction
from django.db.models import QuerySet

from activation.desk.lists.exporting.cells import Cell, list_columns, list_headings, read_cell
from activation.desk.lists.exporting.files import FORMS
from consent.kernel.errors import AccordantError
from consent.ledger import services as ledger
from consent.ledger.types import NewEntry, Stream, rfc3339

KIND = "list_exported"
_AT_ONCE = 500


class TooManyRows(AccordantError):
    """More rows match than one file may hold."""

    code = "too_many_rows"
    status = 422


@dataclass(frozen=True)
class Asked:
    """What is exported, by whom, and as what."""

    page: str
    form: str
    filters: Sequence[str]
    ticked: Sequence[str]
    officer: str
    at: datetime


@transaction.atomic
def export_list(listed: Any, asked: Asked, *, most: int) -> IO[bytes]:
    """Return the file, at its beginning. The ledger knows of it.

    :raises TooManyRows: if more than `most` match. Nothing is written then.
    """
    rows = get_rows(listed, asked.ticked)
    if count_rows(rows, most=most) > most:
        raise TooManyRows(f"More than {most:,} rows match: filter the list until fewer do")
    file = TemporaryFile()  # noqa: SIM115 - whoever sends it closes it
    count = FORMS[asked.form].write(file, list_headings(listed), _read(listed, rows, most))
    _tell(asked, count)
    file.seek(0)
    return file


def get_rows(listed: Any, ticked: Sequence[str]) -> QuerySet[Any]:
    """Return the rows that the list's filters leave, in its order; only those ticked, if any are."""
    rows: QuerySet[Any] = listed.queryset
    return rows.filter(pk__in=ticked) if ticked else rows


def count_rows(rows: QuerySet[Any], *, most: int) -> int:
    """Return how many rows there are, at most one more than `most`."""
    return rows.order_by()[: most + 1].count()


def _read(listed: Any, rows: QuerySet[Any], most: int) -> Iterator[list[Cell]]:
    columns, pages = list_columns(listed), listed.model_admin
    for row in rows[:most].iterator(chunk_size=_AT_ONCE):
        yield [read_cell(name, row, pages) for name in columns]


def _tell(asked: Asked, count: int) -> None:
    body = {
        "by": asked.officer,
        "at": rfc3339(asked.at),
        "page": asked.page,
        "form": asked.form,
        "filters": list(asked.filters),
        "only_ticked": bool(asked.ticked),
        "rows": count,
    }
    ledger.append(stream=Stream.AUDIT, entries=[NewEntry(KIND, body)])
