"""What the kinds of our own do besides what every kind does."""

import base64
import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import obstore
import pyarrow as pa
import pytest
from obstore.store import S3Store

from activation.destinations.kinds.object_store import store
from activation.destinations.kinds.object_store.tunnel import open_tunnel
from consent.network.errors import DeliveryFailed, DeliveryRefused
from consent.subjects.types import IdentifierKind
from tests.conformance import harness_file, harness_object_store, harness_postgresql
from tests.conformance.harness import AUDIENCE, MANIFEST, Harness
from tests.conformance.kinds import kind_of
from tests.conformance.rows import assert_holds, assert_silent, deliver, ignore
from tests.conformance.wire import Wire

STORES = ("file-csv", "object_store", "postgresql", "kafka")


def group(name: str) -> Any:
    """Return the parameter that runs on the worker of that kind."""
    return pytest.param(name, marks=pytest.mark.xdist_group(f"conformance {kind_of(name)}"))


def stores(*names: str) -> pytest.MarkDecorator:
    """Run on these kinds."""
    return pytest.mark.parametrize("harness", [group(name) for name in names], indirect=True)


@stores(*STORES)
def test_an_earlier_run_that_is_repeated_does_not_come_back(harness: Harness) -> None:
    earlier, later = harness.sample().slice(0, 4), harness.sample().slice(4)
    deliver(harness, 1, earlier)
    deliver(harness, 2, later)

    deliver(harness, 1, earlier)

    assert_holds(harness, *([] if harness.kind.replaces else [earlier]), later)


@stores("file-csv")
def test_the_manifest_lies_beside_the_rows_and_the_last_file_names_the_run(harness: Any) -> None:
    deliver(harness)

    folder = harness.root / harness_file.FOLDER
    done = json.loads((folder / f"{AUDIENCE}.delivery.json").read_bytes())
    assert (folder / f"{AUDIENCE}.manifest.json").read_bytes() == MANIFEST
    assert done["run_id"] == str(harness.delivery().run_id)
    assert not [path for path in folder.iterdir() if path.name.endswith(".partial")]


@stores("file-csv")
@pytest.mark.parametrize("below", [harness_file.FOLDER, harness_file.FOLDER.partition("/")[0]])
def test_a_link_out_of_the_folder_is_not_followed(harness: Any, below: str, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (harness.root / below).parent.mkdir(parents=True, exist_ok=True)
    (harness.root / below).symlink_to(outside)

    with pytest.raises(DeliveryRefused, match="link"):
        deliver(harness)

    assert list(outside.iterdir()) == []


@stores("file-csv")
def test_a_link_in_the_place_of_a_file_is_replaced_and_not_written_through(
    harness: Any, tmp_path: Path
) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_text("kept")
    folder = harness.root / harness_file.FOLDER
    folder.mkdir(parents=True)
    for name in (f"{AUDIENCE}.csv", f".{AUDIENCE}.csv.partial"):
        (folder / name).symlink_to(outside)

    deliver(harness)

    assert outside.read_text() == "kept"
    assert_holds(harness, harness.sample())


@stores("file-csv")
def test_two_deliveries_of_one_audience_do_not_mix(harness: Harness) -> None:
    refused: list[str] = []

    def meanwhile() -> Iterator[pa.RecordBatch]:
        try:
            deliver(harness, 2)
        except DeliveryFailed as error:
            refused.append(str(error))
        yield from harness.sample().to_batches()

    harness.open().deliver(harness.delivery(1, batches=meanwhile), ignore)

    assert "another process" in refused[0]
    assert_holds(harness, harness.sample())


@stores("postgresql")
@pytest.mark.parametrize(
    ("column", "kind", "check"),
    [
        ("note", "text", "CHECK (length(note) < 5)"),
        ("note", "varchar(3)", ""),
        ("customer_id", "integer", ""),
        ("note", "text NOT NULL", ""),
    ],
)
def test_a_row_that_the_table_refuses_is_not_quoted(harness: Any, column: str, kind: str, check: str) -> None:
    others = {name: "text" for name in harness.sample().column_names if name != column}
    declared = ", ".join(f"{name} {type_}" for name, type_ in others.items())
    harness.owner.execute(
        "CREATE TABLE crm.people"
        f" (accordant_audience text, accordant_run uuid, {declared}, {column} {kind} {check})"
    )
    harness.owner.execute(f"GRANT ALL ON crm.people TO {harness_postgresql.USER}")

    with pytest.raises(DeliveryRefused, match="SQLSTATE") as refused:
        deliver(harness)

    assert_silent(harness, str(refused.value))
    assert harness.held(AUDIENCE) == []


@stores("postgresql")
def test_what_looks_like_the_end_of_a_copy_is_text(harness: Any) -> None:
    texts = ["one\n\\.\ntwo", "\\.", "a\r\n\\.\r\nb", '"', '""', "\\", "", ","]
    table = pa.table({"customer_id": texts, "email": texts[::-1]})

    deliver(harness, 1, table)

    assert_holds(harness, table)


@stores("postgresql")
def test_a_table_that_lacks_a_column_or_a_privilege_is_refused_by_name(harness: Any) -> None:
    harness.owner.execute("CREATE TABLE crm.people (accordant_audience text, accordant_run uuid, email text)")
    with pytest.raises(DeliveryRefused, match=r"SELECT on .*people"):
        harness.open().check()
    harness.owner.execute(f"GRANT ALL ON crm.people TO {harness_postgresql.USER}")

    harness.open().check()

    with pytest.raises(DeliveryRefused, match="lacks the columns customer_id, note"):
        harness.open().prepare(harness.delivery())


@stores("postgresql")
def test_a_table_that_is_locked_fails_in_time(harness: Any) -> None:
    deliver(harness, 1)
    with harness.owner.transaction():
        harness.owner.execute("LOCK TABLE crm.people")

        with pytest.raises(DeliveryFailed, match="run again later"):
            deliver(harness, 2)

    assert_holds(harness, harness.sample())


@stores("kafka")
def test_no_key_shows_an_identifier_unless_a_column_is_named(harness: Any) -> None:
    deliver(harness, 1)

    keys = [message.key().decode() for message in harness.read()]

    assert all(len(key) == 64 for key in keys)
    assert len(set(keys)) == harness.sample().num_rows
    clear = harness.open(key_column="customer_id")
    clear.deliver(harness.delivery(2), ignore)
    assert {message.key() for message in harness.read()} >= {b"C-0000", b"C-0001"}
    clear.remove(harness.removal(harness.sample()))
    assert len(harness.held(AUDIENCE)) == harness.sample().num_rows


@stores("kafka")
def test_a_topic_that_is_not_there_is_refused_and_not_made(harness: Any) -> None:
    for change in ({"topic": "nowhere"}, {"deliveries_topic": "nowhere"}):
        connector = harness.open(**change)
        with pytest.raises(DeliveryRefused, match="no topic nowhere"):
            connector.check()
        with pytest.raises(DeliveryRefused, match="no topic nowhere"):
            connector.deliver(harness.delivery(), ignore)

    assert harness.held(AUDIENCE) == []


@stores("kafka")
def test_a_process_that_was_shut_out_ends_without_a_trace(harness: Harness) -> None:
    def meanwhile() -> Iterator[pa.RecordBatch]:
        yield from harness.sample().to_batches()
        deliver(harness, 2, harness.sample().slice(0, 2))

    with pytest.raises(DeliveryFailed, match="took over"):
        harness.open().deliver(harness.delivery(1, batches=meanwhile), ignore)

    assert_holds(harness, harness.sample().slice(0, 2))


@stores("kafka")
def test_who_is_not_known_by_the_key_column_is_looked_for_in_the_topic(harness: Any) -> None:
    sample = harness.sample()
    connector = harness.open(key_column="customer_id")
    connector.deliver(harness.delivery(), ignore)
    other = harness.delivery(2, table=sample.slice(0, 5), audience="newsletter-readers")
    harness.open().deliver(other, ignore)
    by_email = {IdentifierKind.EMAIL: "email"}

    connector.remove(harness.removal(sample.slice(0, 2), identifiers=by_email))

    assert_holds(harness, sample.slice(2))
    assert_holds(harness, sample.slice(0, 5), audience="newsletter-readers")


@stores("kafka")
def test_a_row_that_could_not_be_taken_out_again_is_not_delivered(harness: Any) -> None:
    sample = harness.sample()
    keyless = sample.set_column(0, "customer_id", pa.nulls(sample.num_rows, pa.string()))

    with pytest.raises(DeliveryRefused, match="key_column"):
        harness.open(key_column="customer_id").deliver(harness.delivery(table=keyless), ignore)

    assert harness.held(AUDIENCE) == []


def answer_of(proxy: str, line: str, fields: str) -> bytes:
    """Return what the tunnel says to a request."""
    port = int(proxy.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=5) as near:
        near.sendall(f"{line}\r\n{fields}\r\n".encode())
        return near.recv(1000)


def test_a_tunnel_leads_to_the_checked_place_only_and_for_its_own_library_only() -> None:
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        port = elsewhere.getsockname()[1]
        wire = Wire(lambda: socket.create_connection(("127.0.0.1", port)))
        with open_tunnel("store.example", wire.port, [ip_address("127.0.0.1")], connect_seconds=5) as proxy:
            word = proxy.removeprefix("http://").partition("@")[0]
            known = f"Proxy-Authorization: Basic {_basic(word)}\r\n"
            there = f"CONNECT store.example:{wire.port} HTTP/1.1"

            assert answer_of(proxy, there, known).startswith(b"HTTP/1.1 200")
            assert answer_of(proxy, there, "").startswith(b"HTTP/1.1 403")
            for other in (
                f"CONNECT other.example:{wire.port} HTTP/1.1",
                f"CONNECT store.example:{port} HTTP/1.1",
                f"GET http://store.example:{wire.port}/ HTTP/1.1",
            ):
                assert answer_of(proxy, other, known).startswith(b"HTTP/1.1 403")
        wire.close()


def _basic(word: str) -> str:
    return base64.b64encode(word.encode()).decode()


@stores("object_store")
def test_a_store_with_tls_is_reached_through_the_tunnel_and_nowhere_else(
    harness: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[tuple[str, int]] = []

    def watched(host: str, port: int, *rest: Any, **options: Any) -> Any:
        opened.append((host, port))
        return open_tunnel(host, port, *rest, **options)

    def trusting(bucket: str, **options: Any) -> S3Store:
        options["client_options"]["allow_invalid_certificates"] = True  # the server signed its own
        return S3Store(bucket, **options)

    monkeypatch.setattr(store, "open_tunnel", watched)
    monkeypatch.setattr(store, "S3Store", trusting)
    with harness.with_tls() as port:
        connector = harness.open(endpoint=f"https://localhost:{port}")
        connector.check()
        connector.deliver(harness.delivery(), ignore)
        monkeypatch.setattr(store, "S3Store", S3Store)
        with pytest.raises(DeliveryFailed):
            connector.check()

    assert opened == [("localhost", port)] * 3
    assert_holds(harness, harness.sample())


def lock_by(harness: Any, act: str, *, seconds: float) -> None:
    """Let the audience be locked in the object store by somebody's act, for so long."""
    note = json.dumps({"act": act, "token": "of somebody", "seconds": seconds}).encode()
    obstore.put(harness.store, f"{harness_object_store.PREFIX}/{AUDIENCE}.lock", note)


@stores("object_store")
def test_an_audience_that_somebody_else_writes_waits_unless_that_act_is_this_one(harness: Any) -> None:
    lock_by(harness, "another", seconds=3600)
    with pytest.raises(DeliveryFailed, match="another process"):
        deliver(harness)
    assert harness.held(AUDIENCE) == []

    lock_by(harness, str(harness.delivery().run_id), seconds=3600)
    deliver(harness)

    assert_holds(harness, harness.sample())


@stores("object_store")
def test_a_lock_that_was_not_kept_is_taken_over(harness: Any) -> None:
    lock_by(harness, "another", seconds=-60)

    deliver(harness)

    assert_holds(harness, harness.sample())


@stores("object_store")
def test_a_writer_whose_lock_was_taken_away_changes_nothing(harness: Any) -> None:
    earlier = harness.sample().slice(0, 4)
    deliver(harness, 1, earlier)

    def meanwhile() -> Iterator[pa.RecordBatch]:
        with ThreadPoolExecutor(1) as another:
            another.submit(lock_by, harness, "another", seconds=3600).result()
        yield from harness.sample().to_batches()

    with pytest.raises(DeliveryFailed, match="took the audience over"):
        harness.open().deliver(harness.delivery(2, batches=meanwhile), ignore)

    assert_holds(harness, earlier)
