"""CSV (RFC 4180: comma, double quotes, UTF-8) record by record, in bounded memory, with true line numbers.

A line break inside quotes belongs to the value. What is inside quotes is never taken for a row, even where
a record is overlong or a quote is never closed: the record then ends with the quotes, or with the file.
"""

import csv
from collections.abc import Iterator
from typing import IO

from consent.records.types import Fault, FaultCode

MAX_RECORD_BYTES = 64 * 1024
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_records(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield each record with the number of its first line; an overlong one cut short, yet too long."""
    number, first, record, is_open = 0, 1, b"", False
    while line := _read_physical_line(file):
        number += line.ends
        chunk = line.text.removeprefix(BYTE_ORDER_MARK) if first == 1 and not record else line.text
        is_open = _is_open_after(chunk, is_open=is_open)
        record = (record + chunk)[: MAX_RECORD_BYTES + 1]
        if line.ends and not is_open:
            yield first, record
            first, record = number + 1, b""
    if record:
        yield first, record


class _Line:
    __slots__ = ("ends", "text")

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.ends = text.endswith(b"\n")

    def __bool__(self) -> bool:
        return bool(self.text)


def _read_physical_line(file: IO[bytes]) -> _Line:
    """Return a line with its end, or a part of an overlong one that ends in no quote."""
    text = file.readline(MAX_RECORD_BYTES)
    while text.endswith(b'"') and (more := file.readline(MAX_RECORD_BYTES)):
        text += more
    return _Line(text)


def _is_open_after(text: bytes, *, is_open: bool) -> bool:
    """Return whether a quoted value is open at the end of `text`, given whether one was at its start."""
    at, length = 0, len(text)
    if not is_open and b'"' not in text:
        return False
    while at <= length:
        if is_open:
            at = text.find(b'"', at)
            if at < 0:
                return True
            if text[at + 1 : at + 2] == b'"':
                at += 2
                continue
            is_open = False
        elif text[at : at + 1] == b'"':
            is_open, at = True, at + 1
            continue
        at = text.find(b",", at) + 1
        if not at:
            return False
    return is_open


def read_cells(record: bytes) -> list[str] | Fault:
    """Return the cells of a record, or what is wrong with it."""
    if len(record) > MAX_RECORD_BYTES:
        return Fault("", FaultCode.LINE_TOO_LONG, f"the row is longer than {MAX_RECORD_BYTES} bytes")
    try:
        text = record.decode()
        rows = list(csv.reader([text.removesuffix("\n").removesuffix("\r")], strict=True))
    except UnicodeDecodeError as error:
        return Fault("", FaultCode.MALFORMED_TEXT, f"not UTF-8 at byte {error.start} of the row")
    except csv.Error:
        return Fault("", FaultCode.MALFORMED_CSV, "a quote is not closed, or text follows a closing one")
    if len(rows) > 1 or "\x00" in text:
        return Fault("", FaultCode.MALFORMED_CSV, "holds a line break or a null outside of quotes")
    return rows[0] if rows else []
