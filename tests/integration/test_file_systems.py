"""Systems that are files: a person's rows go, everybody else's stay as they were, and nothing leads out."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped]
import obstore
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from moto.server import ThreadedMotoServer

from consent.requests.connectors.files.connector import FilesConnector, open_files
from consent.requests.connectors.files.settings import read_settings
from consent.requests.connectors.files.store import ChangedMeanwhile, Place
from consent.requests.connectors.interface import (
    DeclaredDataset,
    DeclaredField,
    DeclaredReference,
    DeclaredSystem,
    SystemFailed,
    SystemRefused,
)
from consent.requests.types import Masking, OnErasure, Outcome, Person, StepState
from consent.subjects.types import IdentifierKind

ALICE = "alice@example.com"
PERSON = Person(identifiers={IdentifierKind.EMAIL: (ALICE,), IdentifierKind.CUSTOMER_ID: ("17",)})
FIELDS = (
    DeclaredField(
        name="mail", category="contact", identifier_kind=IdentifierKind.EMAIL, masking=Masking.HASH
    ),
    DeclaredField(name="name", category="name", masking=Masking.REPLACE, replacement="gone"),
    DeclaredField(name="total", category="purchases", masking=Masking.KEEP, keep_ground="tax law"),
)
ROWS: list[dict[str, Any]] = [
    {"mail": " Alice@Example.COM", "name": "Alice", "total": "5"},
    {"mail": "bob@example.com", "name": "Bob, the\n\nsecond", "total": "7"},
    {"mail": ALICE, "name": "=cmd()", "total": "9"},
]


def dataset(**changes: Any) -> DeclaredDataset:
    return DeclaredDataset(**{"name": "orders", "fields": FIELDS, **changes})


def connect(
    folder: Path, declared: dict[str, Any], *, one: DeclaredDataset | None = None, **settings: Any
) -> FilesConnector:
    return open_files(
        DeclaredSystem(
            slug="lake",
            address=f"file://{folder}",
            settings={"datasets": {"orders": declared}, **settings},
            datasets=(one or dataset(),),
            hash_key=b"k" * 32,
        )
    )


def write(folder: Path, form: str, rows: list[dict[str, Any]] = ROWS, name: str = "a") -> Path:
    path = folder / "orders" / f"{name}.{form}"
    path.parent.mkdir(exist_ok=True)
    lines = "".join(json.dumps(row) + "\n" for row in rows).encode()
    if form == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif form == "csv":
        quoted = ['"' + '","'.join(str(v).replace('"', '""') for v in row.values()) + '"' for row in rows]
        path.write_bytes(("\n".join([",".join(rows[0]), *quoted]) + "\n").encode())
    else:
        path.write_bytes(gzip.compress(lines) if form == "gz" else lines)
    return path


def declared(form: str) -> dict[str, Any]:
    return {
        "format": "ndjson" if form == "gz" else form,
        "prefix": "orders",
        "suffix": f".{form}",
        "gzip": form == "gz",
    }


def collect(connector: FilesConnector) -> tuple[Outcome, list[dict[str, Any]]]:
    rows: list[Any] = []
    return connector.collect(PERSON, lambda _, row: rows.append(row), key="k"), rows


def read(folder: Path, form: str) -> list[dict[str, Any]]:
    """Return everybody's rows, by asking for somebody whom every row is about."""
    everybody = Person(
        identifiers={IdentifierKind.EMAIL: (ALICE, "bob@example.com"), IdentifierKind.CUSTOMER_ID: ()}
    )
    rows: list[Any] = []
    connect(folder, declared(form)).collect(everybody, lambda _, row: rows.append(row), key="k")
    return rows


@pytest.mark.parametrize("form", ["ndjson", "csv", "parquet", "gz"])
def test_a_persons_rows_are_found_erased_and_gone_and_others_stay(tmp_path: Path, form: str) -> None:
    path = write(tmp_path, form)
    write(tmp_path, form, ROWS[1:2], name="untouched")
    untouched = (tmp_path / "orders" / f"untouched.{form}").read_bytes()
    connector = connect(tmp_path, declared(form))

    outcome, rows = collect(connector)
    assert rows == [ROWS[0], ROWS[2]]
    erased = connector.erase(PERSON, key="k")
    again = connector.erase(PERSON, key="k")

    assert (outcome.state, erased.state, erased.datasets[0].done) == (StepState.DONE, StepState.DONE, 2)
    assert again.datasets[0].found == 0
    assert read(tmp_path, form) == [ROWS[1], ROWS[1]]
    assert (tmp_path / "orders" / f"untouched.{form}").read_bytes() == untouched
    assert connector.verify_gone(PERSON, key="v").state is StepState.DONE
    assert path.exists()


@pytest.mark.parametrize("form", ["ndjson", "csv", "parquet"])
def test_masked_rows_stay_without_the_person(tmp_path: Path, form: str) -> None:
    write(tmp_path, form)
    connector = connect(tmp_path, declared(form), one=dataset(on_erasure=OnErasure.MASK))

    outcome = connector.erase(PERSON, key="k")

    text = (tmp_path / "orders" / f"a.{form}").read_bytes()
    assert outcome.datasets[0].done == 2
    assert b"lice" not in text
    assert connector.verify_gone(PERSON, key="v").state is StepState.DONE
    if form == "ndjson":
        first, second, third = map(json.loads, text.splitlines())
        assert (first["name"], first["total"], second) == ("gone", "5", ROWS[1])
        assert len(third["mail"]) == 64


@pytest.mark.parametrize(
    "kept", [{"hold": "case 7: a claim"}, {"on_erasure": OnErasure.KEEP, "keep_ground": "tax law"}]
)
def test_what_is_held_or_kept_stays_and_says_why(tmp_path: Path, kept: dict[str, Any]) -> None:
    path = write(tmp_path, "csv")
    before = path.read_bytes()
    connector = connect(tmp_path, declared("csv"), one=dataset(**kept))

    (erased,) = connector.erase(PERSON, key="k").datasets
    verified = connector.verify_gone(PERSON, key="v")

    assert (erased.found, erased.done, erased.kept, bool(erased.ground)) == (2, 0, 2, True)
    assert verified.state is StepState.DONE
    assert path.read_bytes() == before


def test_corrections_change_the_persons_rows_only(tmp_path: Path) -> None:
    write(tmp_path, "csv")
    connector = connect(tmp_path, declared("csv"))

    outcome = connector.rectify(PERSON, {"name": "Alicia", "orders.total": "0"}, key="k")

    assert outcome.datasets[0].done == 2
    assert [(row["name"], row["total"]) for row in read(tmp_path, "csv")] == [
        ("Alicia", "0"),
        (ROWS[1]["name"], "7"),
        ("Alicia", "0"),
    ]


def test_a_file_of_ones_own_is_collected_and_removed(tmp_path: Path) -> None:
    (tmp_path / "people").mkdir()
    (tmp_path / "people" / "17.json").write_text('{"likes": "tea"}')
    (tmp_path / "people" / "18.json").write_text('{"likes": "coffee"}')
    connector = connect(tmp_path, {"format": "one_per_person", "path": "people/{customer_id}.json"})

    _, rows = collect(connector)
    outcome = connector.erase(PERSON, key="k")

    assert rows == [{"likes": "tea"}]
    assert outcome.datasets[0].done == 1
    assert [path.name for path in (tmp_path / "people").iterdir()] == ["18.json"]


@pytest.mark.parametrize(
    "value", ["../../secret", "..", "a/../../secret", "/etc/passwd", "%2e%2e/secret", "."]
)
def test_an_identifier_never_leads_out_of_the_place(tmp_path: Path, value: str) -> None:
    inside = tmp_path / "place"
    (inside / "people").mkdir(parents=True)
    (tmp_path / "secret").write_text("secret")
    connector = connect(inside, {"format": "one_per_person", "path": "people/{customer_id}"})
    person = Person(identifiers={IdentifierKind.CUSTOMER_ID: (value,)})

    outcome = connector.erase(person, key="k")

    assert outcome.datasets[0].found == 0
    assert (tmp_path / "secret").exists()


def test_a_link_that_leads_out_of_the_place_is_not_followed(tmp_path: Path) -> None:
    inside, outside = tmp_path / "place", tmp_path / "outside"
    (inside / "orders").mkdir(parents=True)
    outside.mkdir()
    secret = write(outside, "ndjson")
    (inside / "orders" / "a.ndjson").symlink_to(secret)
    before = secret.read_bytes()

    with pytest.raises(SystemRefused, match="leads out"):
        connect(inside, declared("ndjson")).erase(PERSON, key="k")

    assert secret.read_bytes() == before


def test_more_objects_than_are_looked_through_are_never_all_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = []

    def list_pages(*_: object) -> Iterator[list[dict[str, Any]]]:
        for page in range(1000):
            pages.append(page)
            yield [{"path": f"{page}/{n}.csv", "size": 1, "e_tag": "1"} for n in range(10)]

    monkeypatch.setattr(obstore, "list", list_pages)

    with pytest.raises(SystemRefused, match="most_objects"):
        collect(connect(tmp_path, declared("csv"), most_objects=25))

    assert len(pages) == 3


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    path = write(tmp_path, "gz")
    path.write_bytes(gzip.compress(b" " * 50_000_000))

    with pytest.raises(SystemRefused, match="larger than is read"):
        collect(connect(tmp_path, declared("gz"), most_object_bytes=1_000_000))


@pytest.mark.parametrize(
    ("form", "content"),
    [
        ("ndjson", b"{"),
        ("ndjson", b"[1]"),
        ("ndjson", b'{"a": "\xff'),
        ("ndjson", b"x" * 11_000_000),
        ("csv", b"mail,mail\n1,2\n"),
        ("csv", b"mail,name\n1\n"),
        ("csv", b'mail\n"open\n'),
        ("csv", b"mail\n\xff\n"),
        ("parquet", b"PAR1 no parquet PAR1"),
        ("gz", b"no gzip"),
        ("gz", gzip.compress(b'{"mail": "x"}\n', mtime=0)[:-6]),
    ],
)
def test_a_file_that_is_not_what_it_should_be_is_refused_and_left_alone(
    tmp_path: Path, form: str, content: bytes
) -> None:
    path = write(tmp_path, form)
    path.write_bytes(content)

    with pytest.raises(SystemRefused):
        connect(tmp_path, declared(form)).erase(PERSON, key="k")

    assert path.read_bytes() == content


def test_who_writes_meanwhile_is_not_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, "ndjson")
    replace = Place.replace

    def replace_late(place: Place, *words: Any) -> None:
        with path.open("a") as file:
            file.write(json.dumps(ROWS[1]) + "\n")
        monkeypatch.setattr(Place, "replace", replace)
        replace(place, *words)

    monkeypatch.setattr(Place, "replace", replace_late)
    connect(tmp_path, declared("ndjson")).erase(PERSON, key="k")

    assert read(tmp_path, "ndjson") == [ROWS[1], ROWS[1]]


def test_who_always_writes_is_waited_for_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "ndjson")

    def never(*_: object) -> None:
        raise ChangedMeanwhile

    monkeypatch.setattr(Place, "replace", never)

    with pytest.raises(SystemFailed):
        connect(tmp_path, declared("ndjson")).erase(PERSON, key="k")


@pytest.mark.parametrize(
    "wrong",
    [
        {"format": "ndjson"},
        {"format": "ndjson", "prefix": "../x"},
        {"format": "ndjson", "prefix": "/x"},
        {"format": "ndjson", "prefix": "a//b"},
        {"format": "ndjson", "prefix": "a/{email}"},
        {"format": "one_per_person", "path": "people/all.json"},
        {"format": "one_per_person", "path": "people/{name}.json"},
        {"format": "one_per_person", "path": "{email}/{phone}"},
        {"format": "parquet", "prefix": "a", "gzip": True},
        {"format": "xml", "prefix": "a"},
        {"format": "ndjson", "prefix": "a", "unknown": 1},
    ],
)
def test_settings_that_cannot_be_right_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(SystemRefused):
        read_settings({"datasets": {"orders": wrong}})


def test_datasets_that_rows_cannot_be_found_in_are_refused(tmp_path: Path) -> None:
    nobody = DeclaredDataset(name="orders", fields=(DeclaredField(name="x", category="other"),))
    referring = dataset(references=(DeclaredReference(field="x", to_dataset="y", to_field="z"),))
    for one in (nobody, referring, dataset(name="other")):
        with pytest.raises(SystemRefused):
            connect(tmp_path, declared("csv"), one=one)
    with pytest.raises(SystemRefused):
        connect(tmp_path / "nowhere", declared("csv"))


@pytest.fixture
def bucket() -> Iterator[str]:
    server = ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    keys = {"aws_access_key_id": "id", "aws_secret_access_key": "key", "region_name": "us-east-1"}
    client = boto3.client("s3", endpoint_url=endpoint, **keys)
    client.create_bucket(Bucket="lake")
    body = "".join(json.dumps(row) + "\n" for row in ROWS).encode()
    client.put_object(Bucket="lake", Key="base/orders/a.ndjson", Body=body)
    try:
        yield endpoint
    finally:
        server.stop()


def test_objects_of_a_bucket_are_written_anew(bucket: str) -> None:
    system = DeclaredSystem(
        slug="lake",
        address=f"s3://lake/base?endpoint={bucket}",
        secret="id:key",
        settings={"datasets": {"orders": declared("ndjson")}},
        datasets=(dataset(),),
    )
    connector = open_files(system)

    assert connector.erase(PERSON, key="k").datasets[0].done == 2
    assert connector.verify_gone(PERSON, key="v").state is StepState.DONE
    assert connector.probe() == "orders: 1 objects"
