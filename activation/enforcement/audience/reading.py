"""Opening an audience: the format by name, the schema from the file, the rows on demand.

No message repeats what pyarrow says of a bad row, since that quotes the row.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from activation.enforcement.audience.text import open_csv, open_ndjson
from activation.enforcement.audience.types import (
    COLUMNS_AT_ONCE,
    Audience,
    AudienceFormat,
    AudienceUnreadable,
)

EXTENSIONS = {
    ".csv": AudienceFormat.CSV,
    ".ndjson": AudienceFormat.NDJSON,
    ".jsonl": AudienceFormat.NDJSON,
    ".parquet": AudienceFormat.PARQUET,
}


class AudienceFormatUnknown(AudienceUnreadable):
    """Neither the file's extension nor the caller names a format."""

    code = "audience_format_unknown"


class ColumnNamesAmbiguous(AudienceUnreadable):
    """Two columns have one name, so an obligation on it could miss one of them."""

    code = "column_names_ambiguous"


def open_audience(path: Path, audience_format: AudienceFormat | None = None) -> Audience:
    """Return the audience in `path`; its format is taken from the extension unless given.

    :raises AudienceFormatUnknown: if the extension names none.
    :raises AudienceUnreadable: if the file is missing, empty, or not of its format.
    :raises ColumnNamesAmbiguous: if two columns have one name, upper and lower case being one.
    """
    found = audience_format or format_of(path)
    if found is None:
        raise AudienceFormatUnknown(f"{path.name}: name it {', '.join(EXTENSIONS)}, or give --format")
    if not path.is_file():
        raise AudienceUnreadable(f"{path.name}: there is no such file")
    audience = _OPEN[found](path)
    _check_names(audience.schema)
    return audience


def format_of(path: Path) -> AudienceFormat | None:
    """Return the format that the extension of `path` names, or None."""
    return EXTENSIONS.get(path.suffix.lower())


def _check_names(schema: pa.Schema) -> None:
    names = [name.strip().casefold() for name in schema.names]
    repeated = sum(names.count(name) > 1 for name in set(names))
    if repeated:
        raise ColumnNamesAmbiguous(f"{repeated} column names occur more than once: rename the columns")


def _open_parquet(path: Path) -> Audience:
    try:
        with parquet.ParquetFile(path) as file:
            schema = file.schema_arrow
    except (pa.ArrowException, OSError, ValueError) as error:
        raise AudienceUnreadable(f"{path.name}: cannot be read as Parquet") from error
    return Audience(
        path,
        AudienceFormat.PARQUET,
        schema,
        lambda: _read_parquet(path),
        only=lambda columns: _read_parquet(path, columns),
    )


def _read_parquet(path: Path, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
    try:
        with parquet.ParquetFile(path, page_checksum_verification=True) as file:
            for batch in file.iter_batches(batch_size=COLUMNS_AT_ONCE, columns=columns):
                batch.validate(full=True)  # pyarrow lets text pass that is not UTF-8
                yield batch
    except (pa.ArrowException, OSError, ValueError):
        raise AudienceUnreadable(f"{path.name}: cannot be read as Parquet to its end") from None


_OPEN = {
    AudienceFormat.CSV: open_csv,
    AudienceFormat.NDJSON: open_ndjson,
    AudienceFormat.PARQUET: _open_parquet,
}
