"""One dataset of a package in its three forms: JSON, CSV and pages. Each goes through the rows once."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from consent.requests.models import Request, Step
from consent.requests.packages.archive import Archive
from consent.requests.packages.cells import LONGEST_SHOWN, for_services, for_spreadsheet
from consent.requests.packages.collected import read_dataset
from consent.requests.packages.hiding import Hider, Tally
from consent.requests.packages.pages import PagedTable, cell
from consent.requests.packages.types import (
    CollectedDataset,
    CollectedStep,
    Gone,
    MappedDataset,
    ShownRow,
)
from consent.requests.packages.wording import Words

_HUGE_PARTS = 1024  # sealed parts of about a megabyte: from there on a file may take more than 4 GiB
BOM = "\ufeff"
"""What spreadsheets know UTF-8 by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedDataset:
    """One dataset that goes into the package, and all that is needed to write it."""

    request: Request
    key: bytes = field(repr=False)
    step: Step
    collected: CollectedStep
    dataset: CollectedDataset
    mapped: MappedDataset
    hider: Hider
    stem: str
    tally: Tally = field(default_factory=Tally)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are shown."""
        return self.hider.list_columns(self.dataset.columns)

    @property
    def may_be_huge(self) -> bool:
        """Whether a file of it may take more than 4 GiB."""
        return self.dataset.last_part - self.dataset.first_part >= _HUGE_PARTS

    def read(self, progress: Callable[[], None], tally: Tally | None = None) -> Iterator[ShownRow]:
        """Yield the rows as they go into the package; `progress` is called for each that was collected."""
        for row in read_dataset(self.request, self.key, self.step, self.collected, self.dataset):
            shown = self.hider.show(row, tally)
            if shown is not None:
                yield shown
            progress()


def write_dataset(
    archive: Archive, packed: PackedDataset, words: Words, *, with_pages: bool, progress: Callable[[], None]
) -> int:
    """Write the dataset's files, and return how many pages it has. `progress`: thrice for each row."""
    _write_json(archive, packed, progress)
    _write_csv(archive, packed, words, progress)
    if with_pages:
        return _write_pages(archive, packed, words, progress)
    for _ in range(packed.dataset.rows):
        progress()
    return 0


def _write_json(archive: Archive, packed: PackedDataset, progress: Callable[[], None]) -> None:
    head = {
        "system": packed.step.system.slug if packed.step.system else "",
        "dataset": packed.mapped.name,
        "title": packed.mapped.title,
        "purposes": packed.mapped.purposes,
    }
    with archive.file(f"json/{packed.stem}.json", may_be_huge=packed.may_be_huge) as file:
        file.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "rows": [')
        separator = "\n"
        for row in packed.read(progress, packed.tally):
            file.write(separator + for_services(row.values))
            separator = ",\n"
        file.write("\n]}\n")


def _write_csv(archive: Archive, packed: PackedDataset, words: Words, progress: Callable[[], None]) -> None:
    columns, withheld = packed.columns, words.say("page.withheld")

    def line(values: Iterator[object]) -> str:
        return ",".join(for_spreadsheet(value, withheld=withheld) for value in values) + "\r\n"

    with archive.file(f"csv/{packed.stem}.csv", may_be_huge=packed.may_be_huge) as file:
        file.write(BOM + line(iter(columns)))
        for row in packed.read(progress):
            file.write(line(row.values.get(column) for column in columns))


def _write_pages(archive: Archive, packed: PackedDataset, words: Words, progress: Callable[[], None]) -> int:
    columns = packed.columns
    fields = packed.mapped.fields
    table = PagedTable(
        archive,
        words,
        stem=packed.stem,
        title=packed.mapped.title,
        columns=[fields[name].title if name in fields else name for name in columns],
    )
    for row in packed.read(progress):
        table.add("".join(_show(row.values.get(column), words) for column in columns))
    table.close()
    return table.pages


def _show(value: object, words: Words) -> str:
    text = words.value(value)
    if len(text) > LONGEST_SHOWN:
        text = text[:LONGEST_SHOWN] + words.say("page.shortened")
    return cell(text, is_gone=isinstance(value, Gone))
