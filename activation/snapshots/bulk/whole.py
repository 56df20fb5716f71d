"""Those whom the file keeps whole: to be decided one by one."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow.compute as pc
from pyarrow import parquet

from activation.decisions.types import SubjectState
from activation.snapshots.bulk.columns import REF, WHOLE
from activation.snapshots.compact.general import UNREADABLE, decode_general


def list_whole(path: Path) -> Iterator[tuple[str, SubjectState]]:
    """Yield the references and the states of those whom the file at `path` keeps whole."""
    with parquet.ParquetFile(path, page_checksum_verification=True) as file:
        for batch in file.iter_batches(columns=[REF, WHOLE]):
            for row in batch.filter(pc.is_valid(batch.column(WHOLE))).to_pylist():
                yield row[REF], _read(row[REF], row[WHOLE])


def _read(ref: str, whole: bytes) -> SubjectState:
    if whole == UNREADABLE:
        return SubjectState(asked=frozenset({ref}), available=False)
    return decode_general(whole, asked=frozenset({ref}))
