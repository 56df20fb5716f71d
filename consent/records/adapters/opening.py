"""Opening a file of choices: its records, each with its line, and how one is read."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

from consent.kernel import canonical
from consent.records.adapters import csv_text, mparticle, onetrust, segment, transcend
from consent.records.adapters.table import Table
from consent.records.adapters.types import (
    Format,
    ImportMapping,
    MalformedHeader,
    MalformedMapping,
    Translated,
)
from consent.records.rules.rows import MAX_ROW_BYTES, read_line, read_row
from consent.records.types import Fault, FaultCode, NewRow, Vocabulary

MAX_MESSAGE_BYTES = 1024 * 1024
"""The longest message of a vendor that is read: a batch may hold many events."""

Rows = tuple[NewRow, ...]
ReadRecord = Callable[[bytes, Vocabulary, datetime], Rows | list[Fault]]

_ADAPTERS: dict[Format, Callable[[Any, ImportMapping], Translated]] = {
    Format.SEGMENT: segment.read_message,
    Format.ONETRUST: onetrust.read_message,
    Format.TRANSCEND: transcend.read_message,
    Format.MPARTICLE: mparticle.read_message,
}


@dataclass(frozen=True, slots=True)
class Source:
    """A file that is open for import."""

    records: Iterator[tuple[int, bytes]]
    """Each record with the number of its first line."""
    read: ReadRecord
    """Returns the rows of a record, none where it tells of no choice, or its faults."""


def open_source(file: IO[bytes], file_format: Format, mapping: ImportMapping | None = None) -> Source:
    """Return what `file`, which stands at its beginning, holds.

    :raises MalformedMapping: if the format needs a mapping and there is none, or the other way round.
    :raises MalformedHeader: if a CSV file's first row does not name columns that can be imported.
    """
    if file_format is Format.NDJSON:
        if mapping is not None:
            raise MalformedMapping(["(document): NDJSON is our own form, and takes no mapping"])
        return Source(enumerate(read_lines(file), 1), read_own_line)
    if file_format is Format.CSV:
        return _open_csv(file, mapping)
    if mapping is None:
        raise MalformedMapping([f"(document): {file_format} needs a mapping"])
    if not mapping.purposes:
        raise MalformedMapping(["purposes: missing; the source's categories say nothing by themselves"])
    adapt, given = _ADAPTERS[file_format], mapping
    return Source(
        enumerate(read_lines(file, limit=MAX_MESSAGE_BYTES), 1),
        lambda line, vocabulary, at: _read_message(line, adapt, given, vocabulary, at),
    )


def read_lines(file: IO[bytes], *, limit: int = MAX_ROW_BYTES) -> Iterator[bytes]:
    """Return the file's lines without their ends; an overlong one is cut short, yet longer than `limit`."""
    limit += 2  # the line's end does not count
    while line := file.readline(limit):
        yield line.removesuffix(b"\n").removesuffix(b"\r")
        while line and not line.endswith(b"\n"):
            line = file.readline(limit)


def read_own_line(line: bytes, vocabulary: Vocabulary, at: datetime) -> Rows | list[Fault]:
    """Return the row in one line of our NDJSON, or its faults."""
    row = read_line(line, vocabulary=vocabulary, at=at)
    return (row,) if isinstance(row, NewRow) else row


def _open_csv(file: IO[bytes], mapping: ImportMapping | None) -> Source:
    records = csv_text.read_records(file)
    _, first = next(records, (1, b""))
    header = csv_text.read_cells(first)
    if isinstance(header, Fault):
        raise MalformedHeader(f"the first row cannot be read: {header.message}")
    if not any(header):
        raise MalformedHeader("the file is empty: its first row names the columns")
    table = Table([name.strip() for name in header], mapping)

    def read(record: bytes, vocabulary: Vocabulary, at: datetime) -> Rows | list[Fault]:
        cells = csv_text.read_cells(record)
        return [cells] if isinstance(cells, Fault) else _validate(table.read_cells(cells), vocabulary, at)

    return Source(records, read)


def _read_message(
    line: bytes,
    adapt: Callable[[Any, ImportMapping], Translated],
    mapping: ImportMapping,
    vocabulary: Vocabulary,
    at: datetime,
) -> Rows | list[Fault]:
    if len(line) > MAX_MESSAGE_BYTES:
        return [Fault("", FaultCode.LINE_TOO_LONG, f"the line is longer than {MAX_MESSAGE_BYTES} bytes")]
    try:
        message = canonical.loads(line, long_integers=True)
    except canonical.MalformedJson as error:
        return [Fault("", FaultCode.MALFORMED_JSON, str(error))]
    return _validate(adapt(message, mapping), vocabulary, at)


def _validate(translated: Translated, vocabulary: Vocabulary, at: datetime) -> Rows | list[Fault]:
    """Return the rows as they can be recorded. What an adapter brings is held to what any row is held to."""
    if translated.faults:
        return list(translated.faults)
    rows: list[NewRow] = []
    for row in translated.rows:
        read = read_row(row, vocabulary=vocabulary, at=at)
        if not isinstance(read, NewRow):
            return read
        rows.append(read)
    return tuple(rows)
