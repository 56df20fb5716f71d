"""Rows of files, read and written a few at a time. What is packed is unpacked up to a limit."""

import csv
import io
import json
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from consent.requests.connectors.interface import SystemRefused

Change = Callable[[dict[str, Any]], dict[str, Any] | None]
"""Takes a row, and returns it as it should be; None: without it."""
_GZIP = 31  # zlib's number for a gzip header and its checksum
_LONGEST_LINE = 10 * 1024 * 1024
_ROWS = 1000
_IN_MEMORY = 8 * 1024 * 1024


def unpack(pieces: Iterator[bytes], *, gzip: bool, most: int) -> Iterator[bytes]:
    """Yield the bytes, unpacked.

    :raises SystemRefused: if there are more than `most`, or they are not what they should be.
    """
    total = 0
    for piece in _inflate(pieces) if gzip else pieces:
        total += len(piece)
        if total > most:
            raise SystemRefused("an object is larger than is read: raise most_object_bytes, or split it")
        yield piece


def read_rows(pieces: Iterator[bytes], form: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of an object.

    :raises SystemRefused: if it is not what its declaration says.
    """
    if form == "parquet":
        with keep(pieces) as file, _reading(), pq.ParquetFile(file) as parquet:
            for batch in parquet.iter_batches(batch_size=_ROWS):
                yield from batch.to_pylist()
    elif form == "csv":
        for row, _ in _read_csv(pieces):
            yield row
    else:
        for line in _cut(pieces):
            yield _read_json(line)


def rewrite(pieces: Iterator[bytes], form: str, change: Change, out: IO[bytes], *, gzip: bool) -> None:
    """Write the object anew into `out`, each row as `change` returns it.

    :raises SystemRefused: if it is not what its declaration says.
    """
    if form == "parquet":
        _rewrite_parquet(pieces, change, out)
        return
    packer = zlib.compressobj(wbits=_GZIP) if gzip else None
    for line in _rewrite_csv(pieces, change) if form == "csv" else _rewrite_lines(pieces, change):
        out.write(packer.compress(line) if packer else line)
    if packer:
        out.write(packer.flush())


@contextmanager
def keep(pieces: Iterator[bytes]) -> Iterator[IO[bytes]]:
    """Give a file, which nobody else sees, of these bytes."""
    with TemporaryFile() as file:
        for piece in pieces:
            file.write(piece)
        file.seek(0)
        yield file


def _rewrite_lines(pieces: Iterator[bytes], change: Change) -> Iterator[bytes]:
    for line in _cut(pieces):
        row = _read_json(line)
        changed = change(row)
        if changed is row:
            yield line + b"\n"  # as it was, byte by byte
        elif changed is not None:
            yield json.dumps(changed, ensure_ascii=False).encode() + b"\n"


def _rewrite_csv(pieces: Iterator[bytes], change: Change) -> Iterator[bytes]:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    for row, is_head in _read_csv(pieces, with_names=True):
        if is_head:
            writer.writerow(row)
        elif (changed := change(row)) is not None:
            writer.writerow("" if value is None else value for value in changed.values())
        yield _empty(buffer)


def _empty(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()


def _rewrite_parquet(pieces: Iterator[bytes], change: Change, out: IO[bytes]) -> None:
    with keep(pieces) as file, _reading(), pq.ParquetFile(file) as parquet:
        schema = parquet.schema_arrow
        with pq.ParquetWriter(out, schema) as writer:
            for batch in parquet.iter_batches(batch_size=_ROWS):
                for piece in _change_batch(batch, change):
                    writer.write_batch(piece)


def _change_batch(batch: pa.RecordBatch, change: Change) -> Iterator[pa.RecordBatch]:
    """Yield the batch as it should be. Rows of others pass as they are, value by value."""
    begin = 0
    for number, row in enumerate(batch.to_pylist()):
        changed = change(row)
        if changed is row:
            continue
        if number > begin:
            yield batch.slice(begin, number - begin)
        if changed is not None:
            yield pa.RecordBatch.from_pylist([changed], schema=batch.schema)
        begin = number + 1
    if begin < batch.num_rows:
        yield batch.slice(begin)


def _read_csv(pieces: Iterator[bytes], *, with_names: bool = False) -> Iterator[tuple[dict[str, Any], bool]]:
    """Yield each row, and whether it is the first line, of the columns' names."""
    with _reading():
        reader = csv.reader(_decode(_cut(pieces, ends=True)), strict=True)
        names = next(reader, None)
        if names is None:
            return
        if len(set(names)) < len(names):
            raise SystemRefused("a CSV file has two columns of one name")
        if with_names:
            yield dict.fromkeys(names), True
        for values in filter(None, reader):
            if len(values) != len(names):
                raise SystemRefused("a row of a CSV file has more or fewer values than there are columns")
            yield dict(zip(names, values, strict=True)), False


def _decode(lines: Iterator[bytes]) -> Iterator[str]:
    for number, line in enumerate(lines):
        yield line.decode("utf-8-sig" if number == 0 else "utf-8")


def _read_json(line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        raise SystemRefused("a line of a file is not JSON") from None
    if not isinstance(row, dict):
        raise SystemRefused("a line of a file is not an object")
    return row


def _cut(pieces: Iterator[bytes], *, ends: bool = False) -> Iterator[bytes]:
    """Yield the lines; with their ends, and empty ones too, if `ends`: a CSV value may have several lines."""
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        if ends:
            yield from (line + b"\n" for line in lines)
        else:
            yield from (line.removesuffix(b"\r") for line in lines if line.strip())
        if len(rest) > _LONGEST_LINE:
            raise SystemRefused("a line of a file is longer than any row")
    if rest.strip():
        yield rest


def _inflate(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield what is packed, a bounded piece at a time; of several members, each."""
    inflating, is_begun = zlib.decompressobj(_GZIP), False
    try:
        for piece in pieces:
            rest = piece
            while rest:
                is_begun = True
                yield inflating.decompress(rest, _IN_MEMORY)
                rest = inflating.unconsumed_tail
                if inflating.eof:
                    rest, inflating, is_begun = inflating.unused_data, zlib.decompressobj(_GZIP), False
    except zlib.error:
        raise SystemRefused("an object is not the gzip file that its declaration says") from None
    if is_begun:
        raise SystemRefused("an object's gzip file breaks off")


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, csv.Error, UnicodeDecodeError):
        raise SystemRefused("a file is not what its declaration says") from None
