"""What each row that leaves calls its person, kept aside while the rows are written."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from activation.obligations.plan import OutputPlan

_ROW = "row"


class Told:
    """Takes the columns of an output that name people, as they leave."""

    def __init__(self, writer: parquet.ParquetWriter, columns: Sequence[str]) -> None:
        self._writer, self._columns = writer, columns

    def add(self, rows: pa.Array, batch: pa.RecordBatch) -> None:
        """Take what these rows of the audience, counted with canaries, say when they leave."""
        if self._columns:
            values = [batch.column(column).cast(pa.string()) for column in self._columns]
            self._writer.write_batch(pa.RecordBatch.from_arrays([rows, *values], schema=self._writer.schema))


def name_told(column: str) -> str:
    """Return what a column of the output is called in the file."""
    return f"told_{column}"


@contextmanager
def open_told(path: Path, plan: OutputPlan) -> Iterator[Told]:
    """Give what keeps the naming columns of an output of this `plan` in a file of Parquet at `path`."""
    columns = [column.field.name for column in plan.columns if column.kind is not None]
    fields = [pa.field(name_told(column), pa.string()) for column in columns]
    schema = pa.schema([pa.field(_ROW, pa.int64(), nullable=False), *fields])
    with parquet.ParquetWriter(path, schema, compression="none", use_dictionary=False) as writer:
        yield Told(writer, columns)
