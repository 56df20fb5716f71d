"""Import of files of choices: streamed, in batches, safe to repeat and to resume."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import IO

from django.db import Error, transaction
from django.db.models.functions import Now

from consent.kernel.errors import AccordantError
from consent.records.models import ImportRun
from consent.records.queries import get_vocabulary
from consent.records.recording import record_rows
from consent.records.rules.rows import MAX_ROW_BYTES, read_line
from consent.records.types import (
    MAX_FAULTS,
    Fault,
    FaultCode,
    ImportReport,
    NewRow,
    Recorded,
    RowFault,
    Vocabulary,
)


class ImportInterrupted(AccordantError):
    """The import stopped between two batches; what was done stays, and importing the file again goes on."""

    code = "import_interrupted"
    status = 503


@dataclass(slots=True)
class _Batch:
    """Some lines, read: `last` is the number of the last of them."""

    last: int
    rows: list[NewRow] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)  # of each row
    faults: list[RowFault] = field(default_factory=list)


def read_lines(file: IO[bytes]) -> Iterator[bytes]:
    """Return the file's lines without their ends; an overlong one is cut short, yet too long for a row."""
    limit = MAX_ROW_BYTES + 2  # the line's end does not count
    while line := file.readline(limit):
        yield line.removesuffix(b"\n").removesuffix(b"\r")
        while line and not line.endswith(b"\n"):
            line = file.readline(limit)


def import_rows(
    *,
    lines: Iterable[bytes],
    digest: str,
    source: str,
    at: datetime,
    dry_run: bool = False,
    batch: int = 1000,
    progress: Callable[[int], None] = lambda _: None,
) -> ImportReport:
    """Record the choices in `lines` (NDJSON, one row each) and return what became of them.

    A line that is no row in order is rejected alone; blank lines are passed over. Each `batch` of lines
    is one transaction; after it `progress` is called with the number of lines done. `digest`, the SHA-256
    of the whole file in hex, makes the import safe to repeat: a finished file changes nothing and brings
    its first report again, an unfinished one goes on behind its last batch. A dry run only looks.

    :raises ImportInterrupted: if the database fails, or another process is importing this file.
    """
    run = ImportRun(digest=digest, source=source, started_at=at) if dry_run else _start(digest, source, at)
    if run.finished_at:
        return _report(run, repeated=True)
    vocabulary = get_vocabulary(at=at)
    numbered = islice(enumerate(lines, 1), run.lines_done, None)
    while read := _read_batch(islice(numbered, batch), vocabulary, at):
        if dry_run:
            _count(run, read)
        else:
            _write(run, read, at)
        progress(run.lines_done)
    if not dry_run:
        ImportRun.objects.filter(pk=run.pk).update(finished_at=Now())
    return _report(run)


def _start(digest: str, source: str, at: datetime) -> ImportRun:
    run, _ = ImportRun.objects.get_or_create(digest=digest, defaults={"source": source, "started_at": at})
    return run


def _read_batch(numbered: Iterable[tuple[int, bytes]], vocabulary: Vocabulary, at: datetime) -> _Batch | None:
    """Return what the lines hold; None if there are no more."""
    batch = None
    for number, line in numbered:
        batch = batch or _Batch(number)
        batch.last = number
        if not line.strip():
            continue
        row = read_line(line, vocabulary=vocabulary, at=at)
        if isinstance(row, NewRow):
            batch.rows.append(row)
            batch.lines.append(number)
        else:
            batch.faults.append(RowFault(number, row[0].code, str(row[0])))
    return batch


def _write(run: ImportRun, read: _Batch, at: datetime) -> None:
    """Record a batch and how far the file has got, in one transaction."""
    done = run.lines_done
    try:
        with transaction.atomic():
            stored = ImportRun.objects.select_for_update().get(pk=run.pk)
            if stored.lines_done != done:
                raise ImportInterrupted(
                    "another process is importing this file; its report will tell the outcome"
                )
            outcomes = record_rows(rows=read.rows, source=run.source, at=at)
            _count(run, _without_refused(read, outcomes))
            run.save(update_fields=["lines_done", "accepted", "rejected", "faults"])
    except Error as error:
        raise ImportInterrupted(
            f"the database failed; {_tell_done(done)}; import the same file again to go on"
        ) from error


def _without_refused(read: _Batch, outcomes: Sequence[Recorded | Fault]) -> _Batch:
    """Return the batch with each row that was refused among the faults, in the order of lines."""
    refused = {line: one for line, one in zip(read.lines, outcomes, strict=True) if isinstance(one, Fault)}
    faults = [*read.faults, *(RowFault(line, one.code, str(one)) for line, one in refused.items())]
    kept = [row for line, row in zip(read.lines, read.rows, strict=True) if line not in refused]
    return _Batch(read.last, kept, faults=sorted(faults, key=lambda fault: fault.line))


def _tell_done(lines: int) -> str:
    return f"lines 1 to {lines} are done" if lines else "no line is done"


def _count(run: ImportRun, read: _Batch) -> None:
    run.lines_done = read.last
    run.accepted += len(read.rows)
    run.rejected += len(read.faults)
    room = MAX_FAULTS - len(run.faults)
    run.faults += [[fault.line, fault.code.value, fault.message] for fault in read.faults[:room]]


def _report(run: ImportRun, *, repeated: bool = False) -> ImportReport:
    faults = tuple(RowFault(line, FaultCode(code), message) for line, code, message in run.faults)
    return ImportReport(accepted=run.accepted, rejected=run.rejected, faults=faults, repeated=repeated)
