"""Opening a file of choices: its records, each with its line, and how one is read."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import IO, Any

from consent.kernel import canonical
from consent.records.adapters import cmp, csv_text, mparticle, onetrust, segment, transcend
from consent.records.adapters.cmp import SignalTable
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
    Format.CMP: cmp.read_message,
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
    given = _find_mapping(file_format, mapping)
    adapt = _ADAPTERS[file_format]
    return Source(
        enumerate(read_lines(file, limit=MAX_MESSAGE_BYTES), 1),
        lambda line, vocabulary, at: _read_message(line, adapt, given, vocabulary, at),
    )


def _find_mapping(file_format: Format, mapping: ImportMapping | None) -> ImportMapping:
    """Return the mapping if it says what the format's messages need.

    :raises MalformedMapping: if it does not.
    """
    if mapping is None:
        raise MalformedMapping([f"(document): {file_format} needs a mapping"])
    if file_format is Format.CMP:
        if mapping.signals is None:
            raise MalformedMapping(["signals: missing; it names the fields that hold the strings"])
    elif mapping.signals is not None:
        raise MalformedMapping([f"signals: {file_format} holds none; they are read from cmp and csv"])
    elif not mapping.purposes:
        raise MalformedMapping(["purposes: missing; the source's categories say nothing by themselves"])
    return mapping


def read_lines(file: IO[bytes], *, limit: int = MAX_ROW_BYTES) -> Iterator[bytes]:
    """Return the file's lines without their ends, and the first without a byte order mark.

    An overlong one is cut short, yet longer than `limit`.
    """
    limit += 2  # the line's end does not count
    is_first = True
    while line := file.readline(limit):
        if is_first:
            line, is_first = line.removeprefix(csv_text.BYTE_ORDER_MARK), False
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
    names = [name.strip() for name in header]
    table = SignalTable(names, mapping) if mapping and mapping.signals else Table(names, mapping)

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
            return [_tell_by_field(fault, translated.fields) for fault in read]
        rows.append(read)
    return tuple(rows)


def _tell_by_field(fault: Fault, fields: Mapping[str, str]) -> Fault:
    """Return the fault with the source's own name of the place: whoever mends the file knows no other."""
    name = next((name for path, name in fields.items() if _is_at(fault.path, path)), None)
    return fault if name is None else replace(fault, path=name)


def _is_at(path: str, place: str) -> bool:
    return path == place or path.startswith((f"{place}.", f"{place}["))
