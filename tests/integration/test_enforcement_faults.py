"""Audiences that are not what they seem, or do not stay as they are: a clear error, and nothing delivered."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from activation.enforcement.models import EnforcementRun
from activation.enforcement.types import RunStatus
from consent.kernel.errors import AccordantError
from tests.deaths.client import death_server
from tests.deaths.jobs import Job
from tests.enforcement_world import (
    AUDIENCE,
    BRITON,
    GERMAN,
    list_events,
    list_names,
    make_world,
    read_csv,
    run,
    write_csv,
)

BLOCK = 4 * 1024 * 1024
"""What is looked at first: what comes later may not be what was seen there."""
WIDE = b"x" * 2048
JSON_LINE = b'{"customer_id": "00001", "spent": 1, "wide": "%b"}\n' % WIDE
JSON_LINES = JSON_LINE * (BLOCK // len(JSON_LINE) + 100)
CSV_LINES = b"customer_id,wide\n" + b"00001,%b\n" % WIDE * (BLOCK // len(WIDE) + 100)
GIGABYTE = 1 << 30
MOST_MEMORY = 2 << 30


def _write(content: bytes, path: Path) -> None:
    path.write_bytes(content)


def run_file(folder: Path, name: str, **changes: object) -> object:
    """Enforce the file `name` to an output of its own format."""
    output = folder / f"out{Path(name).suffix}"
    return run(folder, input_path=folder / name, output_path=output, **changes)


def write_broken_parquet(path: Path) -> None:
    """Write two row groups, the second of which is damaged in the middle."""
    table = pa.table({"customer_id": [f"{number:09}" for number in range(6_000)]})
    parquet.write_table(table, path, row_group_size=3_000, compression="zstd", use_dictionary=False)
    column = parquet.ParquetFile(path).metadata.row_group(1).column(0)
    content = bytearray(path.read_bytes())
    middle = column.data_page_offset + column.total_compressed_size // 2
    content[middle : middle + 200] = bytes(200)
    path.write_bytes(content)


def write_half(path: Path) -> None:
    """Write a file that ends in its middle."""
    write_broken_parquet(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


TEXTS = {
    "a column more": ("audience.csv", CSV_LINES + b"00001,1,more\n"),
    "a column less": ("audience.csv", CSV_LINES + b"00001\n"),
    "a quote that does not end": ("audience.csv", CSV_LINES + b'"00001,1\n'),
    "bytes that are no text": ("audience.csv", CSV_LINES + b"\xff\xfe,1\n"),
    "a name more": ("audience.ndjson", JSON_LINES + b'{"customer_id": "00001", "new": 1}\n'),
    "another type": ("audience.ndjson", JSON_LINES + b'{"customer_id": "00001", "spent": "much"}\n'),
    "half a line": ("audience.ndjson", JSON_LINES + JSON_LINE[:20]),
}
CHANGES: dict[str, tuple[str, Callable[[Path], object]]] = {
    **{what: (name, partial(_write, text)) for what, (name, text) in TEXTS.items()},
    "a damaged row group": ("audience.parquet", write_broken_parquet),
    "half a file": ("audience.parquet", write_half),
}


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "write"), CHANGES.values(), ids=list(CHANGES))
def test_what_changes_in_the_middle_of_a_file_stops_the_run(
    tmp_path: Path, name: str, write: Callable[[Path], object]
) -> None:
    make_world()
    write(tmp_path / name)

    with pytest.raises(AccordantError) as refusal:
        run_file(tmp_path, name)

    assert "00001" not in str(refusal.value)
    assert list_names(tmp_path) == [name]
    for failed in EnforcementRun.objects.all():  # a file that cannot be opened begins no run
        assert failed.status == RunStatus.FAILED
        assert [event["eventType"] for event in list_events(failed.pk)] == ["START", "FAIL"]


@pytest.mark.django_db
def test_rows_that_come_twice_are_decided_twice_and_leave_twice(tmp_path: Path) -> None:
    make_world()
    write_csv(tmp_path, [*AUDIENCE, *AUDIENCE])

    result = run(tmp_path)

    assert (result.rows_in, result.allowed) == (2 * len(AUDIENCE), 4)
    assert [row["customer_id"] for row in read_csv(result.output)] == [GERMAN, BRITON, GERMAN, BRITON]


@pytest.mark.django_db
def test_columns_that_nobody_knows_leave_as_they_came(tmp_path: Path) -> None:
    make_world()
    (tmp_path / "audience.csv").write_text('customer_id,"a, b", ü ,constructor\n00001,"x ""y""",,=1+1\n')

    result = run(tmp_path)

    [row] = read_csv(result.output)
    assert (row["a, b"], row[" ü "], row["constructor"]) == ('x "y"', "", "=1+1")


def _empty_files() -> Iterator[tuple[str, Callable[[Path], object]]]:
    yield "audience.csv", lambda path: path.write_text("customer_id,spent\n")
    yield (
        "audience.parquet",
        lambda path: parquet.write_table(pa.table({"customer_id": pa.array([], pa.string())}), path),
    )


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "write"), list(_empty_files()), ids=["csv", "parquet"])
def test_an_audience_of_nobody_is_delivered_with_its_evidence(
    tmp_path: Path, name: str, write: Callable[[Path], object]
) -> None:
    make_world()
    write(tmp_path / name)

    run_file(tmp_path, name)

    finished = EnforcementRun.objects.get()
    assert (finished.status, finished.rows_in) == (RunStatus.COMPLETED, 0)
    assert len(list_names(tmp_path)) == 4


def _remove(path: Path) -> None:
    path.unlink()


def _put_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _replace(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(path.read_bytes())
    other.replace(path)


MEANWHILE: dict[str, Callable[[Path], object]] = {
    "another file takes its place": _replace,
    "it is emptied": lambda path: path.write_bytes(b""),
    "it is written anew": lambda path: path.write_bytes(path.read_bytes()),
    "it grows": lambda path: path.write_bytes(path.read_bytes() + b"00002,,,\n"),
    "it is removed": _remove,
    "a folder takes its place": _put_a_folder,
}


@pytest.mark.django_db
@pytest.mark.parametrize("change", MEANWHILE.values(), ids=list(MEANWHILE))
def test_an_audience_that_changes_while_it_is_read_is_not_delivered(
    tmp_path: Path, change: Callable[[Path], object]
) -> None:
    make_world()
    path = write_csv(tmp_path)
    changed: list[object] = []

    def change_once(_: int) -> None:
        if not changed:
            changed.append(change(path))

    with pytest.raises((AccordantError, OSError)):
        run(tmp_path, progress=change_once)

    failed = EnforcementRun.objects.get()
    assert failed.status == RunStatus.FAILED
    assert [event["eventType"] for event in list_events(failed.pk)] == ["START", "FAIL"]
    assert [name for name in list_names(tmp_path) if name.startswith("out")] == []


@pytest.mark.long
def test_a_row_group_of_a_gigabyte_is_read_in_bounded_memory(committed_database: str, tmp_path: Path) -> None:
    make_world()
    rows = 1 << 18
    wide = pa.DictionaryArray.from_arrays(
        pa.array([0] * rows, pa.int32()), pa.array(["x" * (GIGABYTE // rows)])
    )
    numbers = pa.array([f"{number:09}" for number in range(rows - 1)] + [GERMAN])
    table = pa.table({"customer_id": numbers, "wide": wide}).cast(
        pa.schema([("customer_id", pa.string()), ("wide", pa.dictionary(pa.int32(), pa.string()))])
    )
    parquet.write_table(table, tmp_path / "audience.parquet", row_group_size=rows, store_schema=False)
    assert parquet.ParquetFile(tmp_path / "audience.parquet").num_row_groups == 1

    with death_server(tmp_path / "errors.log") as server:
        ending = server.carry_out(
            Job(
                database=committed_database,
                folder=str(tmp_path),
                entry="tests.deaths.entries:enforce_parquet",
            )
        )

    assert (ending.signal, ending.error) == (0, ""), ending.told
    assert ending.peak_memory < MOST_MEMORY
    finished = EnforcementRun.objects.get()
    assert (finished.status, finished.rows_in, finished.allowed) == (RunStatus.COMPLETED, rows, 1)
