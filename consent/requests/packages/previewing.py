"""What an officer sees before the release: rows as they were found, and what becomes of each value."""

from collections.abc import Iterator
from itertools import islice

from consent.ledger.queries import get_time
from consent.policies.queries import get_policy_in_force
from consent.requests import vault
from consent.requests.models import Request, Step
from consent.requests.packages.cells import plain, visible
from consent.requests.packages.collected import read_dataset, survey
from consent.requests.packages.contents import Packing
from consent.requests.packages.hiding import Hider
from consent.requests.packages.mapping import describe, read_map, read_redactions
from consent.requests.packages.policy import PolicyView
from consent.requests.packages.types import (
    CollectedDataset,
    CollectedRow,
    CollectedStep,
    Gone,
    MappedDataset,
    NothingThere,
    PreviewCell,
    PreviewPage,
    PreviewRow,
    Redactions,
    ShownRow,
    Withheld,
)
from consent.requests.packages.wording import Words

PAGE_SIZE = 50
_LONGEST_SHOWN = 2000


def list_datasets(step: Step) -> list[tuple[str, str, int]]:
    """Return the datasets that `step` collected: the name, the title, and how many rows.

    :raises ContentDestroyed, KeyUnreadable, KeysUnavailable, RowsUnreadable: if they cannot be read.
    """
    request = Request.objects.get(pk=step.request_id)
    surveyed = survey(request, vault.open_key(request), step)
    known = read_map(step.system) if step.system else {}
    return [(one.name, describe(known, one.name).title, one.rows) for one in surveyed.datasets]


def list_rows(step: Step, dataset: str, page: int, *, page_size: int = PAGE_SIZE) -> PreviewPage:
    """Return a page, from 1, of the rows of a dataset that `step` collected.

    Whoever calls it has seen that the officer may read what was found about people.

    :raises NothingThere: if the step collected no such dataset.
    :raises ContentDestroyed, KeyUnreadable, KeysUnavailable, RowsUnreadable: if it cannot be read.
    """
    request = Request.objects.get(pk=step.request_id)
    key = vault.open_key(request)
    surveyed = survey(request, key, step)
    found = next((one for one in surveyed.datasets if one.name == dataset), None)
    if found is None or step.system is None or page < 1:
        raise NothingThere("nothing was collected there")
    mapped = describe(read_map(step.system), dataset)
    redactions = read_redactions(request, step, system=step.system.slug).get(dataset, Redactions())
    hider = _make_packing(request, key).make_hider(step, step.system, mapped)
    skipped = (page - 1) * page_size
    rows = list(islice(_read(request, key, step, surveyed, found, skipped), page_size + 1))
    return PreviewPage(
        dataset=dataset,
        title=mapped.title,
        page=page,
        has_next=len(rows) > page_size,
        rows=tuple(_preview(row, hider, mapped, redactions) for row in rows[:page_size]),
    )


def _make_packing(request: Request, key: bytes) -> Packing:
    published = get_policy_in_force(at=get_time())
    policy = PolicyView(
        published.canonical if published else None,
        controller=request.controller,
        jurisdiction=request.jurisdiction,
    )
    return Packing(request, key, Words.of(request.language), policy)


def _read(
    request: Request,
    key: bytes,
    step: Step,
    surveyed: CollectedStep,
    dataset: CollectedDataset,
    skipped: int,
) -> Iterator[CollectedRow]:
    """Return the rows behind the first `skipped`, from the part on in which they lie, if that can be told."""
    if skipped >= dataset.rows:
        return iter(())
    if dataset.is_in_one_piece:
        after = dataset.first_row - 1 + skipped
        return read_dataset(request, key, step, surveyed, dataset, after=after)
    return islice(read_dataset(request, key, step, surveyed, dataset), skipped, None)


def _preview(row: CollectedRow, hider: Hider, mapped: MappedDataset, redactions: Redactions) -> PreviewRow:
    shown = hider.show(row)
    return PreviewRow(
        number=row.number,
        redacted=redactions.rows.get(row.number, ""),
        cells=tuple(_preview_cell(row, column, shown, hider, mapped, redactions) for column in row.values),
    )


def _preview_cell(
    row: CollectedRow,
    column: str,
    shown: ShownRow | None,
    hider: Hider,
    mapped: MappedDataset,
    redactions: Redactions,
) -> PreviewCell:
    found = row.values[column]
    value = shown.values.get(column, Gone("")) if shown is not None else Gone("")
    why = hider.keeps(column)
    withheld = why.value if why is not None else ""
    if not withheld and isinstance(value, Gone):
        withheld = value.reason or Withheld.BY_OFFICER.value
    elif not withheld and value != found:
        withheld = Withheld.CONTACT_OF_OTHERS.value
    is_mapped = column in mapped.fields
    return PreviewCell(
        column=column,
        title=mapped.fields[column].title if is_mapped else column,
        found=_short(plain(found)),
        shown="" if isinstance(value, Gone) else _short(plain(value)),
        withheld=withheld,
        reason=redactions.cells.get((row.number, column), redactions.fields.get(column, "")),
    )


def _short(text: str) -> str:
    return visible(text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…")
