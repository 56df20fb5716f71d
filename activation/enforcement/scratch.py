"""A run's own folder for what it must not keep: who its rows are about, while it lasts."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pyarrow as pa
from django.conf import settings

from activation.enforcement.audience.types import ROWS_AT_ONCE, Audience

_OWNER_ONLY = 0o700
_RUN = re.compile(r"[0-9a-f]{32}", re.ASCII)


@contextmanager
def open_scratch(run_id: UUID) -> Iterator[Path]:
    """Give the run's folder, which nobody else may look into; on leaving, it is gone."""
    folder = _folder(run_id)
    folder.mkdir(mode=_OWNER_ONLY, parents=True)
    try:
        yield folder
    finally:
        clear_scratch(run_id)


def clear_scratch(run_id: UUID) -> None:
    """Remove the folder of a run that has ended, or died."""
    shutil.rmtree(_folder(run_id), ignore_errors=True)


def list_scratch() -> list[UUID]:
    """Return the runs that have a folder now."""
    root = Path(settings.SCRATCH)
    names = [path.name for path in root.iterdir()] if root.is_dir() else []
    return [UUID(hex=name) for name in names if _RUN.fullmatch(name)]


def spool(audience: Audience, folder: Path) -> Audience:
    """Return an audience that is the same at each reading: the answer to a query is kept aside.

    :raises AudienceUnreadable: if it cannot be read to its end.
    """
    if audience.digest is None:
        return audience
    path = folder / "asked.arrow"
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, audience.schema) as writer:
        for batch in audience.batches():
            writer.write_batch(batch)
    return replace(audience, batches=lambda: _read(path))


def _read(path: Path) -> Iterator[pa.RecordBatch]:
    with pa.memory_map(str(path)) as file:
        reader = pa.ipc.open_file(file)
        for number in range(reader.num_record_batches):
            batch = reader.get_batch(number)
            for offset in range(0, batch.num_rows, ROWS_AT_ONCE):
                yield batch.slice(offset, ROWS_AT_ONCE)


def _folder(run_id: UUID) -> Path:
    return Path(settings.SCRATCH) / run_id.hex
