"""Import of files of choices: streamed, in batches, safe to repeat and to resume."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import dropwhile, islice
from typing import IO, Any, cast

from django.db import Error, transaction
from django.db.models.functions import Now

from consent.kernel import canonical
from consent.kernel.errors import AccordantError
from consent.records.adapters.mapping import read_mapping
from consent.records.adapters.opening import ReadRecord, Source, open_source, read_own_line
from consent.records.adapters.types import Format
from consent.records.import_people import PeopleBefore
from consent.records.import_runs import Attempt
from consent.records.import_telling import (
    count_choices,
    count_signals,
    given_at,
    read_counts,
    read_fault,
    store_fault,
    tell_fault,
)
from consent.records.import_types import MAX_FAULTS, ImportReport, RowFault
from consent.records.models import ImportRun
from consent.records.queries import get_vocabulary
from consent.records.recording import record_rows, try_rows
from consent.records.references import find_unknown_records
from consent.records.types import (
    Fault,
    NewRow,
    Recorded,
    Vocabulary,
)

_DOMAIN = b"accordant/import/1\n"
_Progress = Callable[[int], None]


class ImportInterrupted(AccordantError):
    """The import stopped between two batches; what was done stays, and importing the file again goes on."""

    code = "import_interrupted"
    status = 503


@dataclass(frozen=True, slots=True)
class _Order:
    """What is to be imported."""

    digest: str
    file_format: Format
    source: str
    at: datetime
    batch: int = 1000


@dataclass(slots=True)
class _Batch:
    """Some records, read: `last` is the number of the last one's first line."""

    last: int
    found: list[tuple[int, Sequence[NewRow]]] = field(default_factory=list)
    """The rows of each record in order, by its first line."""
    faults: list[RowFault] = field(default_factory=list)

    @property
    def rows(self) -> list[NewRow]:
        """The rows of all records."""
        return [row for _, rows in self.found for row in rows]

    def put_in_order(self) -> None:
        """Put the records, if any holds signals, in the order in which they were given: to weigh them so."""
        if any(row.signals is not None for row in self.rows):
            self.found.sort(key=lambda record: given_at(record[1]))

    def refuse_unknown(self) -> None:
        """Move each record out that refers to a record which is not there, or another person's."""
        faults = iter(find_unknown_records(rows=self.rows))
        judged = [(line, rows, [fault for _ in rows for fault in next(faults)]) for line, rows in self.found]
        self.found = [(line, rows) for line, rows, wrong in judged if not wrong]
        refused = [tell_fault(line, wrong[0]) for line, _, wrong in judged if wrong]
        self.faults = sorted(self.faults + refused, key=lambda fault: fault.line)


def import_file(
    *,
    file: IO[bytes],
    file_format: Format,
    mapping_text: str | None = None,
    digest: str | None = None,
    source: str,
    at: datetime,
    dry_run: bool = False,
    batch: int = 1000,
    progress: _Progress = lambda _: None,
) -> ImportReport:
    """Record the choices in `file`, which can be sought in, and return what became of its records.

    The same file under another format or mapping is another import; `digest` is the file's own, if known.
    For the rest see `import_rows`. A record of several rows counts once; with a fault in one of them none
    goes in, but where people must not be joined its no's do. One that tells of no choice is passed over.

    :raises MalformedMapping: if the mapping cannot be used, with every fault of it. Nothing is written.
    :raises MalformedHeader: if a CSV file's first row cannot be used. Nothing is written.
    :raises ImportInterrupted: if the database fails, or another process is importing this file.
    """
    mapping = None if mapping_text is None else read_mapping(mapping_text)
    if digest is None:
        digest = hashlib.file_digest(cast("Any", file), "sha256").hexdigest()
        file.seek(0)
    opened = open_source(file, file_format, mapping)
    run_digest = digest_import(digest, file_format, mapping_text)
    order = _Order(run_digest, file_format, source, at, batch)
    return _look(opened, order, progress) if dry_run else _import(opened, order, progress)


def digest_import(file_digest: str, file_format: Format, mapping_text: str | None) -> str:
    """Return what tells an import from every other: the file's digest, its format and its mapping.

    For our own NDJSON it is the file's digest itself.
    """
    if file_format is Format.NDJSON:
        return file_digest
    parts = {"file": file_digest, "format": file_format.value, "mapping": mapping_text}
    return hashlib.sha256(_DOMAIN + canonical.dumps(parts)).hexdigest()


def import_rows(
    *,
    lines: Iterable[bytes],
    digest: str,
    source: str,
    at: datetime,
    dry_run: bool = False,
    batch: int = 1000,
    progress: _Progress = lambda _: None,
) -> ImportReport:
    """Record the choices in `lines` (NDJSON, one row each) and return what became of them.

    A line that is no row in order is rejected alone; blank lines are passed over. Each `batch` of lines
    is one transaction; after it `progress` is called with the number of lines done. `digest`, the SHA-256
    of the whole file in hex, makes the import safe to repeat: a finished file changes nothing and brings
    its first report again, an unfinished one goes on behind its last batch. A dry run records each batch and
    takes it back: its report is what the import's would be, but for what `ImportReport.apart` tells of.

    :raises ImportInterrupted: if the database fails, or another process is importing this file.
    """
    opened = Source(enumerate(lines, 1), read_own_line)
    order = _Order(digest, Format.NDJSON, source, at, batch)
    return _look(opened, order, progress) if dry_run else _import(opened, order, progress)


def _look(opened: Source, order: _Order, progress: _Progress) -> ImportReport:
    """Return what would become of the records. Each batch is recorded and taken back: nothing is kept."""
    run = ImportRun.objects.filter(digest=order.digest).order_by("pk").first()
    if run is not None and run.finished_at:
        return _report(run, repeated=True)
    run = run or ImportRun(digest=order.digest, source=order.source, started_at=order.at)
    people = PeopleBefore()
    for read in _list_batches(opened, order, done=run.lines_done):
        try:
            outcomes = try_rows(rows=read.rows, source=run.source, at=order.at)
        except Error as error:
            raise ImportInterrupted("the database failed; nothing was written") from error
        _count(run, read, outcomes)
        people.count([rows for _, rows in read.found])
        progress(run.lines_done)
    return _report(run, apart=people.again)


def _import(opened: Source, order: _Order, progress: _Progress) -> ImportReport:
    attempt = _start(order)
    if attempt is None:
        return _report(ImportRun.objects.get(digest=order.digest), repeated=True)
    try:
        for read in _list_batches(opened, order, done=attempt.row.lines_done):
            _write(attempt, read, order.at)
            progress(attempt.row.lines_done)
        _finish(attempt)
    except BaseException as error:
        attempt.stop(error)
        raise
    return _report(attempt.row)


@transaction.atomic
def _start(order: _Order) -> Attempt | None:
    """Begin, or go on with, the import; return None if it is finished."""
    defaults = {"source": order.source, "started_at": order.at}
    run, _ = ImportRun.objects.get_or_create(digest=order.digest, defaults=defaults)
    if run.finished_at:
        return None
    attempt = Attempt(run, order.file_format)
    attempt.begin()
    return attempt


@transaction.atomic
def _finish(attempt: Attempt) -> None:
    """Record the end. Whoever imports the file at the same time may have done so before."""
    ImportRun.objects.filter(pk=attempt.row.pk).update(finished_at=Now())
    attempt.complete()


def _list_batches(opened: Source, order: _Order, *, done: int) -> Iterator[_Batch]:
    vocabulary = get_vocabulary(at=order.at)
    records = dropwhile(lambda numbered: numbered[0] <= done, opened.records)
    while read := _read_batch(islice(records, order.batch), opened.read, vocabulary, order.at):
        read.put_in_order()
        yield read


def _read_batch(
    numbered: Iterable[tuple[int, bytes]], read: ReadRecord, vocabulary: Vocabulary, at: datetime
) -> _Batch | None:
    """Return what the records hold; None if there are no more."""
    batch = None
    for number, record in numbered:
        batch = batch or _Batch(number)
        batch.last = number
        if not record.strip():
            continue
        found = read(record, vocabulary, at)
        if isinstance(found, list):
            batch.faults.append(tell_fault(number, found[0]))
        elif found:
            batch.found.append((number, found))
    if batch is not None:
        batch.refuse_unknown()
    return batch


def _write(attempt: Attempt, read: _Batch, at: datetime) -> None:
    """Record a batch and how far the file has got, in one transaction."""
    run, done = attempt.row, attempt.row.lines_done
    try:
        with transaction.atomic():
            stored = ImportRun.objects.select_for_update().get(pk=run.pk)
            if stored.lines_done != done:
                raise ImportInterrupted(
                    "another process is importing this file; its report will tell the outcome"
                )
            outcomes = record_rows(rows=read.rows, source=run.source, at=at)
            _count(run, read, outcomes)
            run.save(update_fields=["lines_done", "accepted", "rejected", "faults", "signals", "choices"])
            attempt.keep()
        attempt.note_commit()
    except Error as error:
        raise ImportInterrupted(
            f"the database failed; {_tell_done(done)}; import the same file again to go on"
        ) from error


def _without_refused(read: _Batch, outcomes: Sequence[Recorded | Fault]) -> _Batch:
    """Return the batch with each record of which a row was refused among the faults, by line."""
    told = iter(outcomes)
    judged = [(line, rows, [next(told) for _ in rows]) for line, rows in read.found]
    kept = [(line, rows) for line, rows, became in judged if not _first_fault(became)]
    refused = [tell_fault(line, fault) for line, _, became in judged if (fault := _first_fault(became))]
    return _Batch(read.last, kept, sorted(read.faults + refused, key=lambda fault: fault.line))


def _first_fault(outcomes: Sequence[Recorded | Fault]) -> Fault | None:
    return next((one for one in outcomes if isinstance(one, Fault)), None)


def _tell_done(lines: int) -> str:
    return f"lines 1 to {lines} are done" if lines else "no line is done"


def _count(run: ImportRun, batch: _Batch, outcomes: Sequence[Recorded | Fault]) -> None:
    read = _without_refused(batch, outcomes)
    run.lines_done = read.last
    run.accepted += len(read.found)
    run.rejected += len(read.faults)
    room = MAX_FAULTS - len(run.faults)
    run.faults += [store_fault(fault) for fault in read.faults[:room]]
    run.signals = count_signals(run.signals, outcomes)
    run.choices = count_choices(run.choices, outcomes)


def _report(run: ImportRun, *, repeated: bool = False, apart: int = 0) -> ImportReport:
    return ImportReport(
        accepted=run.accepted,
        rejected=run.rejected,
        faults=tuple(map(read_fault, run.faults)),
        repeated=repeated,
        signals=read_counts(run.signals),
        choices=run.choices,
        apart=apart,
    )
