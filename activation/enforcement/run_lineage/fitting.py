"""As much of a run as an event can hold: what does not fit is not told, and never stops the run."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

from lineage.events import builders
from lineage.events.types import Input, Output, RunDescription
from lineage.facets.validation import check_event

_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)
_Dataset = TypeVar("_Dataset", Input, Output)


def fit(run: RunDescription) -> RunDescription:
    """Return `run`, if an event can tell of it; else without the columns' lineage; else without columns.

    Columns are named by whoever made the file, and may be many: an event has bounds, and so has a name in
    it. Call it before anything leaves, so that nothing is wrong with an event afterwards.
    """
    *fuller, least = _reduce(run)
    return next((one for one in fuller if not check_event(builders.complete(one, at=_ANY_TIME))), least)


def _reduce(run: RunDescription) -> Iterator[RunDescription]:
    yield run
    run = replace(run, outputs=tuple(replace(one, lineage=(), shaped_by=()) for one in run.outputs))
    yield run
    yield replace(
        run,
        job=replace(run.job, sql=None),
        inputs=tuple(_without_columns(one) for one in run.inputs),
        outputs=tuple(_without_columns(one) for one in run.outputs),
    )


def _without_columns(dataset: _Dataset) -> _Dataset:
    return replace(dataset, columns=(), tags=tuple(tag for tag in dataset.tags if tag.column is None))
