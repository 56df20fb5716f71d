"""The ledger: events wait for their place, then stand in a gapless, append-only, signed tree."""

import base64
import hashlib
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from consent.kernel import canonical
from consent.kernel.checkpoints import verify_checkpoint
from consent.kernel.merkle import leaf_hash, root
from consent.kernel.proofs import verify_proof
from consent.kernel.sealing import unseal
from consent.kernel.signing import SigningKey, VerifyKey
from consent.ledger import queries, services
from consent.ledger.models import Checkpoint, Leaf, PendingEvent
from consent.ledger.types import NewEntry, Stream, rfc3339
from tests.ledger_world import read_entries, sequence_all

pytestmark = pytest.mark.django_db

DATA_KEY = b"\x07" * 32


def make_entry(subject_ref: str | None = "sub_alice", version: int | None = 1, **body: object) -> NewEntry:
    return NewEntry("choice_recorded", {"purpose": "marketing.email", **body}, subject_ref, version)


def append(*entries: NewEntry, stream: Stream = Stream.CONSENT) -> None:
    services.append(stream=stream, entries=entries)


def make_versions(count: int, *, start: int = 1) -> list[NewEntry]:
    return [make_entry(version=number) for number in range(start, start + count)]


def test_an_event_is_pending_until_the_sequencer_gives_it_its_place() -> None:
    append(make_entry())
    assert (queries.get_size(), PendingEvent.objects.count()) == (0, 1)
    assert queries.get_oldest_pending() is not None

    assert services.sequence_pending() == 1

    assert (queries.get_size(), PendingEvent.objects.count()) == (1, 0)
    assert queries.get_oldest_pending() is None


def test_the_first_leaf_has_index_0_and_the_next_ones_follow() -> None:
    append(*make_versions(2))
    append(make_entry(None, None), stream=Stream.AUDIT)

    entries = read_entries()

    assert [entry.index for entry in entries] == [0, 1, 2]
    assert [entry.stream for entry in entries] == [Stream.CONSENT, Stream.CONSENT, Stream.AUDIT]


def test_an_envelope_holds_the_whole_entry_as_canonical_json_and_the_leaf_is_its_hash() -> None:
    entry = make_entry(note="Zoë", count=3)
    append(entry)

    [read] = read_entries()
    assert read.leaf_hash == hashlib.sha256(b"\x00" + read.envelope).digest()
    assert canonical.dumps(canonical.loads(read.envelope)) == read.envelope
    assert canonical.loads(read.envelope) == {
        "schema": "accordant/event/1",
        "stream": "consent",
        "kind": "choice_recorded",
        "event_id": entry.event_id,
        "recorded_at": rfc3339(read.recorded_at),
        "subject_ref": "sub_alice",
        "subject_version": 1,
        "body": {"purpose": "marketing.email", "note": "Zoë", "count": 3},
        "private": None,
    }


def test_a_private_part_lies_sealed_beside_the_event_which_holds_its_commitment() -> None:
    append(NewEntry("fact_recorded", {}, "sub_a", 1, "evt_1", private={"value": "DE"}, data_key=DATA_KEY))

    [read] = read_entries()
    ciphertext = queries.list_private_parts(["evt_1"])["evt_1"]
    opened = unseal(ciphertext, key=DATA_KEY, subject_ref="sub_a", event_id="evt_1")
    assert opened.private == {"value": "DE"}
    assert canonical.loads(read.envelope)["private"]["ciphertext_sha256"] == (
        hashlib.sha256(ciphertext).hexdigest()
    )
    assert b"DE" not in read.envelope


def test_recorded_at_is_the_databases_clock_and_one_for_all_entries_of_a_call() -> None:
    before = queries.get_time()
    append(*make_versions(3))
    after = queries.get_time()

    [recorded_at] = {entry.recorded_at for entry in read_entries()}
    assert before <= recorded_at <= after
    assert abs(recorded_at - timezone.now()) < timedelta(minutes=1)


def test_the_feed_goes_on_behind_what_was_read() -> None:
    append(*make_versions(5))
    sequence_all()

    first = queries.list_changes(after=0, limit=3)
    rest = queries.list_changes(after=3, limit=3)

    assert [entry.index for entry in first + rest] == [0, 1, 2, 3, 4]
    assert queries.list_changes(after=queries.get_size()) == []


def test_the_feed_of_one_stream_keeps_the_ledgers_indexes() -> None:
    append(make_entry())
    append(make_entry(None, None), stream=Stream.AUDIT)
    sequence_all()

    assert [entry.index for entry in queries.list_changes(after=0, stream=Stream.AUDIT)] == [1]


def test_an_entry_about_nobody_has_neither_subject_nor_version() -> None:
    append(make_entry(None, None), stream=Stream.POLICY)

    [read] = read_entries()
    assert (read.subject_ref, read.subject_version) == (None, None)


def test_appending_nothing_writes_nothing() -> None:
    append()

    assert not read_entries()


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(make_entry(version=None), id="a subject without version"),
        pytest.param(make_entry(subject_ref=None), id="a version without subject"),
        pytest.param(make_entry(version=0), id="a version before the first"),
    ],
)
def test_the_database_refuses_an_entry_that_is_half_about_a_subject(entry: NewEntry) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        append(entry)

    assert not read_entries()


def test_the_database_refuses_two_events_for_one_version_of_a_subject() -> None:
    append(make_entry())

    with pytest.raises(IntegrityError), transaction.atomic():
        append(make_entry())

    assert len(read_entries()) == 1


def test_a_body_that_is_no_canonical_json_is_refused_and_nothing_is_written() -> None:
    with pytest.raises(canonical.MalformedJson):
        append(make_entry(), make_entry(amount=float("nan")))

    assert not read_entries()


def test_a_private_part_without_a_key_is_refused_and_nothing_is_written() -> None:
    with pytest.raises(ValueError, match="data key"):
        append(NewEntry("fact_recorded", {}, "sub_a", 1, private={"value": "DE"}))

    assert not read_entries()


def test_events_of_a_transaction_that_was_rolled_back_never_get_a_place() -> None:
    with transaction.atomic():
        append(make_entry())
        transaction.set_rollback(True)
    append(make_entry())

    assert [entry.index for entry in read_entries()] == [0]


@pytest.mark.parametrize("stream", Stream)
def test_every_stream_takes_entries(stream: Stream) -> None:
    append(make_entry(), stream=stream)

    assert read_entries()[0].stream is stream


@pytest.mark.parametrize("batch", [1, 3, 7, 40])
def test_in_whatever_batches_events_are_placed_the_tree_is_that_of_its_leaves(batch: int) -> None:
    append(*make_versions(40))

    while services.sequence_pending(limit=batch):
        pass

    hashes = [leaf_hash(entry.envelope) for entry in queries.list_changes(after=0)]
    assert len(hashes) == 40
    assert queries.get_frontier().root == root(hashes)


def test_a_checkpoint_signs_size_and_root_and_is_signed_once_for_a_size() -> None:
    append(*make_versions(5))
    sequence_all()

    note = services.sign_checkpoint()
    assert note is not None
    assert services.sign_checkpoint() is None

    key = VerifyKey.parse(queries.list_log_keys()[0].verify_key)
    checkpoint = verify_checkpoint(note, key, origin=key.name)
    assert (checkpoint.size, checkpoint.root) == (5, queries.get_frontier().root)
    stored = queries.get_checkpoint()
    assert stored is not None
    assert (stored.number, stored.size, stored.note) == (0, 5, note)


def test_every_leaf_has_a_proof_under_the_newest_checkpoint() -> None:
    append(*make_versions(11))
    sequence_all()
    services.sign_checkpoint()
    append(*make_versions(2, start=12))
    entries = read_entries()
    key = VerifyKey.parse(queries.list_log_keys()[0].verify_key)

    for entry in entries[:11]:
        proof = queries.get_proof(entry.index)
        assert proof is not None
        assert verify_proof(proof, key, origin=key.name, leaf=entry.leaf_hash).index == entry.index
    assert queries.get_proof(11) is None
    assert queries.get_proof(-1) is None


def test_an_empty_ledger_has_no_checkpoint() -> None:
    assert services.sign_checkpoint() is None
    assert not Checkpoint.objects.exists()


def test_a_key_that_was_never_handed_the_ledger_signs_nothing(settings: pytest.FixtureRequest) -> None:
    append(make_entry())
    sequence_all()
    services.sign_checkpoint()
    append(make_entry(version=2))
    sequence_all()
    settings.SIGNING_KEY = base64.b64encode(b"\x55" * 32).decode()  # type: ignore[attr-defined]

    with pytest.raises(services.KeyNotHandedOver):
        services.sign_checkpoint()

    assert Checkpoint.objects.count() == 1


def test_a_ledger_that_is_shorter_than_it_was_is_not_signed() -> None:
    key = SigningKey.from_seed("log", b"\x01" * 32).verify_key
    append(make_entry())
    sequence_all()
    Checkpoint.objects.create(number=0, size=9, root=b"\x00" * 32, note=key.text.encode())

    with pytest.raises(services.LogRolledBack):
        services.sign_checkpoint()

    assert Checkpoint.objects.count() == 1


def test_what_takes_a_place_that_is_taken_fails_whole() -> None:
    append(*make_versions(3))
    services.sequence_pending(limit=2)

    with pytest.raises(IntegrityError), transaction.atomic():
        Leaf.objects.copy_in(
            ("index", "stream", "kind", "event_id", "subject_ref", "envelope", "leaf_hash", "recorded_at"),
            [(1, "audit", "forged", "evt_forged", "", b"{}", b"\x00" * 32, timezone.now())],
        )

    assert len(read_entries()) == 3
