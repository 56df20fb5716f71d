"""An audience is read as it is, or refused before anything is written."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from activation.destinations.kinds.rows_file import encode
from activation.enforcement.audience.identifiers import (
    IdentifierColumnMissing,
    IdentifierColumnMistyped,
    find_identifier_columns,
    read_identifiers,
)
from activation.enforcement.audience.reading import AudienceFormatUnknown, ColumnNamesAmbiguous, open_audience
from activation.enforcement.audience.types import AudienceFormat, AudienceUnreadable
from activation.enforcement.audience.writing import open_writer
from consent.subjects.types import Identifier, IdentifierKind


def make_file(folder: Path, name: str, content: bytes) -> Path:
    """Write `content` under `name` and return the path."""
    path = folder / name
    path.write_bytes(content)
    return path


def make_parquet(folder: Path, **columns: pa.Array) -> Path:
    """Write a Parquet file of the given columns and return its path."""
    path = folder / "a.parquet"
    parquet.write_table(pa.table(columns), path)
    return path


def read_rows(path: Path) -> list[dict[str, object]]:
    """Return all the rows of the audience."""
    return [row for batch in open_audience(path).batches() for row in batch.to_pylist()]


def copy(path: Path, target: Path) -> None:
    """Write the audience's rows to `target` as they are."""
    audience = open_audience(path)
    with target.open("wb") as file, open_writer(file, audience.format, audience.schema) as writer:
        for batch in audience.batches():
            writer.write_batch(batch)


def test_csv_values_stay_text_letter_by_letter(tmp_path: Path) -> None:
    path = make_file(
        tmp_path,
        "a.csv",
        b'customer_id,x\r\n00001,1.50\r\n2,NA\r\n3,\r\n4," a ""b"", \n c"\r\n5,2026-01-01\r\n',
    )

    assert [row["x"] for row in read_rows(path)] == ["1.50", "NA", "", ' a "b", \n c', "2026-01-01"]
    assert read_rows(path)[0]["customer_id"] == "00001"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b'customer_id,x\n00001,"1,5"\n2,\n3,NULL\n4,"a\r\nb"\n5,=1+1\n'),
        (
            "a.ndjson",
            b'{"customer_id":"00001","x":{"y":[1,2]},"t":"2026-01-01"}\n{"customer_id":"2","t":"\xc3\xa9"}\n',
        ),
    ],
)
def test_what_is_written_reads_as_what_was_read(tmp_path: Path, name: str, content: bytes) -> None:
    path = make_file(tmp_path, name, content)
    target = tmp_path / f"copy-{name}"

    copy(path, target)

    assert read_rows(target) == read_rows(path)


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    path = make_parquet(
        tmp_path, customer_id=pa.array([1, 2]), at=pa.array([1, 2], pa.timestamp("us", "UTC"))
    )

    copy(path, tmp_path / "b.parquet")

    assert parquet.read_table(tmp_path / "b.parquet").equals(parquet.read_table(path))


def test_ndjson_text_that_looks_like_a_time_stays_text(tmp_path: Path) -> None:
    path = make_file(
        tmp_path, "a.ndjson", b'{"customer_id":"1","at":"2026-01-05T10:00:00Z","in":{"on":"2026-01-05"}}\n'
    )

    assert read_rows(path) == [{"customer_id": "1", "at": "2026-01-05T10:00:00Z", "in": {"on": "2026-01-05"}}]


@pytest.mark.parametrize("content", [b"customer_id,x\n", b"customer_id,x", b"\xef\xbb\xbfcustomer_id,x\r\n"])
def test_an_empty_csv_audience_has_a_header_and_no_rows(tmp_path: Path, content: bytes) -> None:
    audience = open_audience(make_file(tmp_path, "a.csv", content))

    assert audience.schema.names == ["customer_id", "x"]
    assert list(audience.batches()) == []


def test_an_empty_parquet_audience_has_no_rows(tmp_path: Path) -> None:
    assert read_rows(make_parquet(tmp_path, customer_id=pa.array([], pa.string()))) == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b""),
        ("a.csv", b"\n"),
        ("a.csv", "customer_id\n".encode("utf-16")),
        ("a.csv", b"customer_id\x00,\xff\n"),
        ("a.ndjson", b""),
        ("a.ndjson", b"[1, 2]\n"),
        ("a.ndjson", b"customer_id,x\n1,2\n"),
        ("a.ndjson", b'{"customer_id": "1", "customer_id": "2"}\n'),
        ("a.ndjson", b'{"customer_id": "\\ud800"}\n'),
        ("a.parquet", b""),
        ("a.parquet", b"PAR1, but not really PAR1"),
    ],
)
def test_a_file_that_is_not_of_its_format_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    with pytest.raises(AudienceUnreadable):
        open_audience(make_file(tmp_path, name, content))


MANY = b'{"customer_id":"1"}\n' * 300_000  # more than the columns are told from


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("a.csv", b"customer_id,x\n1,2\nsecret-7\n", id="too few values"),
        pytest.param("a.csv", b"customer_id,x\n1,2\nsecret-7,2,3\n", id="too many values"),
        pytest.param("a.csv", b'customer_id,x\n1,2\n"secret-7,2\n', id="an open quote"),
        pytest.param("a.csv", b"customer_id,x\n1,2\nsecret-7,\xff\n", id="CSV that is not UTF-8"),
        pytest.param("a.ndjson", b'{"customer_id":"secret-7\xff"}\n', id="JSON that is not UTF-8"),
        pytest.param("a.ndjson", MANY + b'{"customer_id":"secret-7","x":1}\n', id="a new name"),
        pytest.param("a.ndjson", MANY + b'{"customer_id":{"a":"secret-7"}}\n', id="another type"),
        pytest.param("a.ndjson", MANY + b'{"customer_id":"secret-7"\n', id="an open brace"),
    ],
)
def test_a_malformed_row_is_refused_without_being_quoted(tmp_path: Path, name: str, content: bytes) -> None:
    path = make_file(tmp_path, name, content)

    with pytest.raises(AudienceUnreadable) as refusal:
        read_rows(path)

    assert "secret" not in str(refusal.value)
    assert refusal.value.__suppress_context__


def test_parquet_text_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    broken = pa.array([b"secret-7\xff"], pa.binary()).view(pa.string())
    path = make_parquet(tmp_path, customer_id=broken)

    with pytest.raises(AudienceUnreadable):
        read_rows(path)


def test_a_truncated_parquet_file_is_refused(tmp_path: Path) -> None:
    path = make_parquet(tmp_path, customer_id=pa.array(["1", "2"]))
    path.write_bytes(path.read_bytes()[:-1])

    with pytest.raises(AudienceUnreadable):
        open_audience(path)


def write_output(path: Path, table: pa.Table) -> None:
    """Write the table as a run writes its output."""
    with path.open("wb") as file, open_writer(file, AudienceFormat.PARQUET, table.schema) as writer:
        for batch in table.to_batches():
            writer.write_batch(batch)


def write_for_a_recipient(path: Path, table: pa.Table) -> None:
    """Write the table as it is handed over as a file."""
    batches = iter(table.to_batches())
    path.write_bytes(b"".join(encode(batches, "parquet", table.schema, progress=lambda _: None)))


def write_with_checksums(path: Path, table: pa.Table) -> None:
    """Write the table as others may."""
    parquet.write_table(table, path, compression="none", write_page_checksum=True)


@pytest.mark.parametrize("write", [write_output, write_for_a_recipient, write_with_checksums])
def test_no_flipped_bit_of_a_checksummed_dictionary_is_read_as_another_value(
    tmp_path: Path, write: Callable[[Path, pa.Table], None]
) -> None:
    path = tmp_path / "a.parquet"
    digests = [sha256(bytes([number % 50])).digest() for number in range(1_000)]  # not to be compressed
    table = pa.table({"customer_id": digests})
    write(path, table)
    column = parquet.ParquetFile(path).metadata.row_group(0).column(0)
    content = path.read_bytes()
    places = range(column.dictionary_page_offset + 200, column.dictionary_page_offset + 260)  # its values

    for place in places:
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with pytest.raises(AudienceUnreadable):
            read_rows(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AudienceUnreadable, match="no such file"):
        open_audience(tmp_path / "a.csv")


@pytest.mark.parametrize("name", ["a.txt", "a", "a.csv.gz"])
def test_an_unknown_format_must_be_named(tmp_path: Path, name: str) -> None:
    path = make_file(tmp_path, name, b"customer_id\n1\n")

    with pytest.raises(AudienceFormatUnknown, match="--format"):
        open_audience(path)
    assert open_audience(path, AudienceFormat.CSV).schema.names == ["customer_id"]


@pytest.mark.parametrize("header", [b"customer_id,x,x", b"customer_id,Customer_ID", b"email, email"])
def test_columns_of_one_name_are_refused(tmp_path: Path, header: bytes) -> None:
    with pytest.raises(ColumnNamesAmbiguous):
        open_audience(make_file(tmp_path, "a.csv", header + b"\n"))


def test_identifier_columns_are_found_by_name_in_any_case() -> None:
    schema = pa.schema([("x", pa.string()), ("EMail", pa.string()), ("customer_id", pa.int64())])

    assert find_identifier_columns(schema) == {
        IdentifierKind.CUSTOMER_ID: "customer_id",
        IdentifierKind.EMAIL: "EMail",
    }


def test_a_named_identifier_column_is_the_only_one_used() -> None:
    schema = pa.schema([("crm", pa.string()), ("email", pa.string())])

    assert find_identifier_columns(schema, {IdentifierKind.CUSTOMER_ID: "crm"}) == {
        IdentifierKind.CUSTOMER_ID: "crm"
    }


@pytest.mark.parametrize("named", [None, {IdentifierKind.EMAIL: "mail"}])
def test_an_audience_without_an_identifier_column_is_refused(named: dict[IdentifierKind, str] | None) -> None:
    with pytest.raises(IdentifierColumnMissing, match="--identifier"):
        find_identifier_columns(pa.schema([("x", pa.string())]), named)


@pytest.mark.parametrize(
    ("kind", "held"),
    [
        (IdentifierKind.CUSTOMER_ID, pa.float64()),
        (IdentifierKind.CUSTOMER_ID, pa.binary()),
        (IdentifierKind.CUSTOMER_ID, pa.list_(pa.string())),
        (IdentifierKind.CUSTOMER_ID, pa.null()),
        (IdentifierKind.EMAIL, pa.int64()),
        (IdentifierKind.PHONE, pa.int64()),
        (IdentifierKind.DEVICE_ID, pa.timestamp("s")),
    ],
)
def test_an_identifier_column_of_a_type_that_changes_it_is_refused(
    kind: IdentifierKind, held: pa.DataType
) -> None:
    with pytest.raises(IdentifierColumnMistyped, match="write it as text"):
        find_identifier_columns(pa.schema([(kind.value, held)]))


@pytest.mark.parametrize(
    "held", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string()), pa.int64()]
)
def test_customer_numbers_are_read_from_text_and_whole_numbers(held: pa.DataType) -> None:
    batch = pa.RecordBatch.from_arrays(
        [pa.array([7] if held == pa.int64() else ["7"]).cast(held)], ["customer_id"]
    )

    found = read_identifiers(batch, find_identifier_columns(batch.schema))

    assert found == [(Identifier(IdentifierKind.CUSTOMER_ID, "7"),)]


def test_a_row_names_nobody_if_all_is_empty_or_one_identifier_is_malformed() -> None:
    rows = [
        {"customer_id": "1", "email": None},
        {"customer_id": "", "email": " A@b.example "},
        {"customer_id": None, "email": "  "},
        {"customer_id": "4", "email": "no address"},
    ]
    batch = pa.RecordBatch.from_pylist(rows)

    assert read_identifiers(batch, find_identifier_columns(batch.schema)) == [
        (Identifier(IdentifierKind.CUSTOMER_ID, "1"),),
        (Identifier(IdentifierKind.EMAIL, "a@b.example"),),
        None,
        None,
    ]


def test_rows_come_in_small_batches(tmp_path: Path) -> None:
    line = json.dumps({"customer_id": "1"}).encode() + b"\n"
    path = make_file(tmp_path, "a.ndjson", line * 10_000)

    sizes = [batch.num_rows for batch in open_audience(path).batches()]

    assert sum(sizes) == 10_000
    assert max(sizes) <= 4096
