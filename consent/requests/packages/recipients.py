"""Who received data about the person: what the step that lists recipients left, in words and in JSON.

The step leaves its parts as any other does, in lines of the dataset `recipients`, a row for each recipient:
`destination` (its slug), and, as far as it is on record, `title`, `role` (processor or third_party),
`country`, `purposes` and `categories` (lists of slugs), `first_at` and `last_at` (RFC 3339), `times`.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from consent.requests.models import Request, Step
from consent.requests.packages.archive import Archive
from consent.requests.packages.cells import for_services, for_spreadsheet
from consent.requests.packages.collected import read_dataset, survey
from consent.requests.packages.pages import PagedTable, cell
from consent.requests.packages.policy import PolicyView
from consent.requests.packages.tables import BOM
from consent.requests.packages.types import RecipientRow, RowsUnreadable
from consent.requests.packages.wording import Words, moment
from consent.requests.types import StepAction

DATASET = "recipients"
_COLUMNS = (
    "destination", "title", "role", "country", "purposes", "categories", "first_at", "last_at", "times"
)  # fmt: skip
_HEADS = ("recipient", "role", "country", "purposes", "categories", "first", "last", "times")


def read_recipients(request: Request, key: bytes) -> Iterator[RecipientRow]:
    """Yield the recipients that the step found, in its order.

    :raises RowsUnreadable, KeyUnreadable: if what it left cannot be read.
    """
    steps = Step.objects.filter(request=request, action=StepAction.TELL_RECIPIENTS, parts__gt=0)
    for step in steps.order_by("pk"):
        surveyed = survey(request, key, step)
        for dataset in surveyed.datasets:
            if dataset.name == DATASET:
                for row in read_dataset(request, key, step, surveyed, dataset):
                    yield _read(dict(row.values))


def write_recipients(
    archive: Archive,
    list_all: Callable[[], Iterator[RecipientRow]],
    policy: PolicyView,
    words: Words,
) -> tuple[int, str]:
    """Write the recipients in all forms; return how many there are, and the name of the first page."""
    count = 0
    with archive.file("json/recipients.json") as file:
        file.write("[")
        for one in list_all():
            file.write((",\n" if count else "\n") + for_services(_as_values(one, policy)))
            count += 1
        file.write("\n]\n")
    with archive.file("csv/recipients.csv") as file:
        file.write(BOM + ",".join(for_spreadsheet(name, withheld="") for name in _COLUMNS) + "\r\n")
        for one in list_all():
            values = _as_values(one, policy)
            fields = (for_spreadsheet(values[name], withheld="") for name in _COLUMNS)
            file.write(",".join(fields) + "\r\n")
    table = PagedTable(
        archive,
        words,
        stem=DATASET,
        title=words.say("recipients.title"),
        columns=[words.say(f"recipients.{head}") for head in _HEADS],
        about=words.say("recipients.about"),
    )
    for one in list_all():
        table.add(_as_cells(one, policy, words))
    table.close()
    return count, f"pages/{DATASET}-0001.html" if table.pages else ""


def _as_values(one: RecipientRow, policy: PolicyView) -> dict[str, Any]:
    return {
        "destination": one.destination,
        "title": one.title or policy.destination(one.destination),
        "role": one.role,
        "country": one.country,
        "purposes": list(one.purposes),
        "categories": list(one.categories),
        "first_at": one.first_at.isoformat() if one.first_at else None,
        "last_at": one.last_at.isoformat() if one.last_at else None,
        "times": one.times,
    }


def _as_cells(one: RecipientRow, policy: PolicyView, words: Words) -> str:
    told = (
        one.title or policy.destination(one.destination),
        words.name("role", one.role) if one.role else "",
        one.country,
        ", ".join(map(policy.purpose, one.purposes)),
        ", ".join(map(policy.category, one.categories)),
        moment(one.first_at),
        moment(one.last_at),
        "" if one.times is None else str(one.times),
    )
    return "".join(map(cell, told))


def _read(values: dict[str, Any]) -> RecipientRow:
    try:
        return RecipientRow(
            destination=str(values["destination"]),
            title=str(values.get("title") or ""),
            role=str(values.get("role") or ""),
            country=str(values.get("country") or ""),
            purposes=tuple(map(str, values.get("purposes") or ())),
            categories=tuple(map(str, values.get("categories") or ())),
            first_at=_time(values.get("first_at")),
            last_at=_time(values.get("last_at")),
            times=None if values.get("times") is None else int(values["times"]),
        )
    except (KeyError, TypeError, ValueError):
        raise RowsUnreadable("the step that lists recipients left a line that is none") from None


def _time(value: Any) -> datetime | None:
    if value is None:
        return None
    at = datetime.fromisoformat(str(value))
    if at.tzinfo is None:
        raise ValueError("a time without its zone")
    return at
