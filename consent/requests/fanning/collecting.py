"""Rows that a system hands over, sealed part by part, for as long as the step is this worker's."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.db import transaction

from consent.keys.vault import PartWriter
from consent.requests import vault
from consent.requests.fanning.encoding import write_line
from consent.requests.models import Request, Step
from consent.requests.types import DatasetReport, Outcome, StepState

MOST_ROWS = 1_000_000
MOST_BYTES = 1024 * 1024 * 1024
"""More of one person, at one system, is no answer to them: the step takes so much, and says that it did."""


class StepLost(Exception):
    """Another worker has the step now, or it was ended, or what the request held was destroyed."""


class EnoughCollected(Exception):
    """No more rows are taken."""


class Collection:
    """Takes one step's rows, and keeps about a megabyte of them in memory."""

    def __init__(self, request: Request, step: Step) -> None:
        self._request, self._step = request, step
        self._key = vault.open_key(request)
        self._writer = PartWriter(self._seal)
        self._bytes = 0
        self.rows: Counter[str] = Counter()
        """How many, by dataset."""
        self.is_full = False
        with transaction.atomic():  # what an attempt before this one left
            self._insist()
            vault.clear(request, self.name)

    @property
    def name(self) -> str:
        """What its parts are called."""
        return f"step/{self._step.pk}"

    def take(self, dataset: str, row: Mapping[str, Any]) -> None:
        """Take one row.

        :raises EnoughCollected: if no more are taken.
        :raises StepLost: if the step is not this attempt's any more.
        """
        line = write_line(dataset, row)
        self._bytes += len(line)
        if self._bytes > MOST_BYTES or self.rows.total() >= MOST_ROWS:
            self.is_full = True
            raise EnoughCollected
        self._writer.add(line)
        self.rows[dataset] += 1

    def close(self, outcome: Outcome) -> tuple[Outcome, int]:
        """Return the outcome, with what was really taken, and the number of parts.

        :raises StepLost: if the step is not this attempt's any more.
        """
        self._writer.end()
        return count_taken(outcome, self.rows, is_full=self.is_full), self._writer.parts

    def _seal(self, number: int, content: bytes) -> None:
        with transaction.atomic():
            self._insist()
            vault.write_part(self._request, self._key, self.name, content, number=number)

    def _insist(self) -> None:
        """Hold the step's row while something is written, if it is still ours to write."""
        ours = Step.objects.filter(
            pk=self._step.pk,
            attempts=self._step.attempts,
            leased_until__isnull=False,
            request__content_destroyed_at__isnull=True,
        )
        if not ours.select_for_update(of=("self",)).order_by("pk").exists():
            raise StepLost


def seal_rows(
    request: Request, step: Step, rows: Iterable[tuple[str, Mapping[str, Any]]]
) -> tuple[Counter[str], int]:
    """Seal the rows of a locked step that is answered from outside, in place of what it had.

    Return how many there are, by dataset, and the number of parts.
    """
    name, counted = f"step/{step.pk}", Counter[str]()
    vault.clear(request, name)
    writer = vault.make_writer(request, vault.open_key(request), name)
    for dataset, row in rows:
        writer.add(write_line(dataset, row))
        counted[dataset] += 1
    writer.end()
    return counted, writer.parts


def count_taken(outcome: Outcome, rows: Counter[str], *, is_full: bool) -> Outcome:
    """Return the outcome of a collection by what was counted here, whatever the system says it sent."""
    said = {one.dataset: one for one in outcome.datasets}
    counted = tuple(
        DatasetReport(
            dataset=name,
            found=max(rows[name], said[name].found if name in said else 0),
            done=rows[name],
            ground=said[name].ground if name in said else "",
        )
        for name in sorted({*said, *rows})
    )
    if is_full:
        note = f"there is more than is collected of one person: {rows.total()} rows were taken"
        return replace(outcome, state=StepState.PARTLY_DONE, datasets=counted, note=note)
    if outcome.state is StepState.DONE and any(one.done + kept_of(said, one) < one.found for one in counted):
        note = outcome.note or "the system says that it found more rows than it handed over"
        return replace(outcome, state=StepState.PARTLY_DONE, datasets=counted, note=note)
    return replace(outcome, datasets=counted)


def kept_of(said: Mapping[str, DatasetReport], one: DatasetReport) -> int:
    """Return how many rows the system says that it kept back."""
    return said[one.dataset].kept if one.dataset in said else 0
