"""A query as a source of rows, with what stands for its bytes in a manifest."""

import hashlib
from collections.abc import Iterator

import pyarrow as pa
from pyarrow import parquet

from activation.enforcement.audience.asking.types import Ask, ColumnTypeUnsupported, QueryFailed
from activation.enforcement.audience.reading import ColumnNamesAmbiguous
from activation.enforcement.audience.types import AudienceUnreadable


class QuerySource:
    """One query on one source: asked once for its columns, and anew each time its rows are read.

    A query's answer has no file, so its digest is the SHA-256 over the Arrow IPC stream (schema, then the
    batches as they were read) of the rows that this run decided. It says that two runs saw the same rows in
    the same order and the same batches; nobody can make it again from the source, which has moved on. The
    query needs an ORDER BY if digests are to be compared.
    """

    def __init__(self, ask: Ask) -> None:
        """Ask for the columns.

        :raises AudienceUnreadable: if the source cannot be asked, or refuses the query.
        :raises ColumnNamesAmbiguous: if two columns have one name, upper and lower case being one.
        :raises ColumnTypeUnsupported: if a column has a type that no file can hold.
        """
        self._ask = ask
        self._digest: str | None = None
        with ask() as answer:
            self.schema = answer.schema
        _check_names(self.schema)
        _check_types(self.schema)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows, in bounded memory.

        :raises QueryFailed: if the source fails midway, or its columns are not those it first described.
        """
        self._digest = None
        stream = _HashedStream()
        with self._ask() as answer:
            if not answer.schema.equals(self.schema):
                raise QueryFailed("the query's columns changed since it was first asked: run again")
            with pa.ipc.new_stream(pa.PythonFile(stream, mode="w"), self.schema) as writer:
                for batch in answer.batches:
                    writer.write_batch(batch)
                    yield batch
        self._digest = f"sha256:{stream.sha256.hexdigest()}"

    def digest(self) -> str:
        """Return what stands for the rows of the last reading.

        :raises AudienceUnreadable: if they have not been read to their end.
        """
        if self._digest is None:
            raise AudienceUnreadable("the query's rows were not read to their end: they have no digest")
        return self._digest


class _HashedStream:
    """Takes bytes as a file does, and keeps their hash alone."""

    closed = False

    def __init__(self) -> None:
        self.sha256 = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.sha256.update(data)
        return len(data)

    def flush(self) -> None:
        """Do nothing: there is no buffer."""

    def close(self) -> None:
        """Do nothing: the hash stays."""


def _check_names(schema: pa.Schema) -> None:
    names = [name.strip().casefold() for name in schema.names]
    repeated = sum(names.count(name) > 1 for name in set(names))
    if repeated:
        raise ColumnNamesAmbiguous(f"{repeated} column names occur more than once: name them apart with AS")


def _check_types(schema: pa.Schema) -> None:
    for column in schema:
        try:
            parquet.ParquetWriter(pa.BufferOutputStream(), pa.schema([column])).close()
        except pa.ArrowException:
            raise ColumnTypeUnsupported(
                f"column {column.name!r} has type {column.type}, which no file can hold: cast it to text"
            ) from None
