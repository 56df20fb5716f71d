"""Witnesses: nothing is signed that one of them could contradict, and a restored backup shows."""

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection, transaction

from consent.kernel.signing import SigningKey, VerifyKey
from consent.kernel.witness import MalformedWitness, read_witness
from consent.ledger import queries, services
from consent.ledger.signing import get_signing_key
from consent.ledger.types import NewEntry, StoredCheckpoint, Stream
from consent.ledger.witnesses.guard import (
    MAX_PASSED_OVER,
    MalformedWitnessAddress,
    Witness,
    WitnessGuard,
    open_witness,
)
from tests.ledger_world import sequence_all
from tests.witness_server import FakeWitness, serve_witness

pytestmark = pytest.mark.django_db


def write(count: int = 3) -> StoredCheckpoint:
    """Write some events, and return the checkpoint over all."""
    entries = [NewEntry("told", {}) for _ in range(count)]
    services.append(stream=Stream.AUDIT, entries=entries)
    sequence_all()
    services.sign_checkpoint()
    checkpoint = queries.get_checkpoint()
    assert checkpoint is not None
    return checkpoint


@pytest.fixture
def server() -> Iterator[FakeWitness]:
    """Return a witness over HTTP that knows this log's key."""
    with serve_witness(get_signing_key().verify_key) as witness:
        yield witness


@pytest.fixture(params=["file", "http"])
def witness(request: pytest.FixtureRequest, tmp_path: Path, server: FakeWitness) -> Iterator[Witness]:
    """Return a witness of each kind; the one over HTTP must never be sent anything that is wrong."""
    yield open_witness(f"file:{tmp_path}/witness" if request.param == "file" else server.url)
    assert not server.faults


def test_a_witness_sees_the_log_grow(witness: Witness) -> None:
    guard = WitnessGuard([witness])

    for count in (1, 4, 2, 9):
        assert guard.may_sign()
        guard.tell(write(count))

    assert witness.get_size() == 16
    assert WitnessGuard([witness]).may_sign()


def test_a_witness_that_was_away_sees_the_rest_later(witness: Witness) -> None:
    WitnessGuard([witness]).tell(write())
    write(5)
    guard = WitnessGuard([witness])

    assert guard.may_sign()
    guard.tell(write(2))

    assert witness.get_size() == 10


def test_nothing_is_signed_after_an_older_backup_was_restored(witness: Witness) -> None:
    WitnessGuard([witness]).tell(write())
    with transaction.atomic():
        WitnessGuard([witness]).tell(write())
        transaction.set_rollback(True)  # the database forgets what the witness saw

    with pytest.raises(services.LogRolledBack, match="6 leaves"):
        WitnessGuard([witness]).may_sign()


def test_another_log_of_the_same_size_is_found(witness: Witness) -> None:
    with transaction.atomic():
        WitnessGuard([witness]).tell(write())
        transaction.set_rollback(True)
    write()

    with pytest.raises(services.LogRolledBack):
        WitnessGuard([witness]).may_sign()


def test_an_empty_database_in_the_place_of_a_log_is_found(witness: Witness) -> None:
    with transaction.atomic():
        WitnessGuard([witness]).tell(write())
        transaction.set_rollback(True)

    with pytest.raises(services.LogRolledBack):
        WitnessGuard([witness]).may_sign()


def test_nothing_is_signed_until_a_witness_was_asked(server: FakeWitness) -> None:
    guard = WitnessGuard([open_witness(server.url)])
    server.is_down = True

    assert not guard.may_sign()
    server.is_down = False
    assert any(guard.may_sign() for _ in range(MAX_PASSED_OVER + 1))


def test_a_witness_that_is_down_is_passed_over_and_told_later(server: FakeWitness) -> None:
    guard = WitnessGuard([open_witness(server.url)])
    guard.tell(write())
    server.is_down = True
    guard.tell(write())
    server.is_down = False

    for _ in range(3):
        guard.tell(write())

    assert server.size > 6
    assert not server.faults


def test_a_witness_that_saw_another_log_stops_the_signing(server: FakeWitness) -> None:
    guard = WitnessGuard([open_witness(server.url)])
    guard.tell(write())
    server.root = b"\x00" * 32

    for _ in range(2):
        checkpoint = write()
    with pytest.raises(services.LogRolledBack):
        WitnessGuard([open_witness(server.url)]).tell(checkpoint)


def test_a_file_that_was_changed_stops_the_signing(tmp_path: Path) -> None:
    path = tmp_path / "witness"
    WitnessGuard([open_witness(f"file:{path}")]).tell(write())
    path.write_bytes(path.read_bytes().replace(b'"size":3', b'"size":4'))

    with pytest.raises(services.LogRolledBack, match="line 1"):
        WitnessGuard([open_witness(f"file:{path}")]).may_sign()


def test_every_changed_byte_of_a_witness_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "witness"
    WitnessGuard([open_witness(f"file:{path}")]).tell(write())
    line = path.read_bytes()
    honest = read_witness([line])

    for place in range(len(line)):
        changed = bytes([*line[:place], line[place] ^ 1, *line[place + 1 :]])
        try:
            assert read_witness([changed]) != honest  # a signature that no longer verifies, at the least
        except MalformedWitness:
            continue


@pytest.mark.parametrize(
    "address", ["http://witness.example/log", "file:relative", "file://host/x", "ftp://x", "", "/a/path"]
)
def test_an_address_that_is_no_safe_witness_is_refused(address: str) -> None:
    with pytest.raises(MalformedWitnessAddress):
        open_witness(address)


def test_a_key_hands_over_and_the_chain_is_verified(settings: pytest.FixtureRequest) -> None:
    first = VerifyKey.parse(get_signing_key().verify_key.text)
    write()
    note = hand_over(settings)
    write()

    keys = queries.list_log_keys()
    assert [key.from_size for key in keys] == [0, 3]
    assert keys[1].handover == note
    assert not services.verify_ledger(key=first).findings


def hand_over(settings: pytest.FixtureRequest) -> bytes:
    seed = b"\x44" * 32
    note = services.hand_over_key(to=SigningKey.from_seed("accordant.example/second", seed))
    settings.SIGNING_KEY = b64encode(seed).decode()  # type: ignore[attr-defined]
    settings.SIGNING_NAME = "accordant.example/second"  # type: ignore[attr-defined]
    return note


def test_after_a_hand_over_the_old_key_signs_nothing(settings: pytest.FixtureRequest) -> None:
    write()
    old = (settings.SIGNING_KEY, settings.SIGNING_NAME)  # type: ignore[attr-defined]
    hand_over(settings)
    settings.SIGNING_KEY, settings.SIGNING_NAME = old  # type: ignore[attr-defined]

    with pytest.raises(services.KeyNotHandedOver):
        write()


def test_a_checkpoint_of_the_old_key_after_the_hand_over_is_found(settings: pytest.FixtureRequest) -> None:
    write()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
    hand_over(settings)
    write()
    with connection.cursor() as cursor:  # as if the new key had begun later than its note says
        cursor.execute("UPDATE consent_ledger_logkey SET from_size = 6 WHERE number = 1")

    assert services.verify_ledger(key=None).findings
