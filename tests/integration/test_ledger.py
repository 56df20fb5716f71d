"""The ledger: gapless, append-only, each envelope whole."""

import hashlib
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from consent.kernel import canonical
from consent.ledger import queries, services
from consent.ledger.types import NewEntry, Stream, rfc3339

pytestmark = pytest.mark.django_db


def make_entry(subject_ref: str | None = "sub_alice", version: int | None = 1, **body: object) -> NewEntry:
    return NewEntry("choice_recorded", {"purpose": "marketing.email", **body}, subject_ref, version)


def test_the_first_entry_has_index_0_and_the_next_ones_follow() -> None:
    assert queries.get_size() == 0

    first = services.append(stream=Stream.CONSENT, entries=[make_entry(version=1), make_entry(version=2)])
    second = services.append(stream=Stream.AUDIT, entries=[make_entry(None, None)])

    assert [entry.index for entry in first + second] == [0, 1, 2]
    assert queries.get_size() == 3


def test_an_envelope_holds_the_whole_entry_as_canonical_json_and_the_leaf_is_its_hash() -> None:
    [entry] = services.append(stream=Stream.CONSENT, entries=[make_entry(note="Zoë", count=3)])

    [read] = queries.list_changes(after=0)
    assert read == entry
    assert read.leaf_hash == hashlib.sha256(b"\x00" + read.envelope).digest()
    assert canonical.dumps(canonical.loads(read.envelope)) == read.envelope
    assert canonical.loads(read.envelope) == {
        "schema": "accordant/event/1",
        "stream": "consent",
        "kind": "choice_recorded",
        "event_id": entry.event_id,
        "recorded_at": rfc3339(entry.recorded_at),
        "subject_ref": "sub_alice",
        "subject_version": 1,
        "body": {"purpose": "marketing.email", "note": "Zoë", "count": 3},
    }


def test_recorded_at_is_the_databases_clock_and_one_for_all_entries_of_a_call() -> None:
    before = queries.get_time()
    appended = services.append(
        stream=Stream.CONSENT, entries=[make_entry(version=number) for number in range(1, 4)]
    )
    after = queries.get_time()

    [recorded_at] = {entry.recorded_at for entry in appended}
    assert before <= recorded_at <= after
    assert abs(recorded_at - timezone.now()) < timedelta(minutes=1)


def test_the_feed_goes_on_behind_what_was_read() -> None:
    services.append(stream=Stream.CONSENT, entries=[make_entry(version=number) for number in range(1, 6)])

    first = queries.list_changes(after=0, limit=3)
    rest = queries.list_changes(after=3, limit=3)

    assert [entry.index for entry in first + rest] == [0, 1, 2, 3, 4]
    assert queries.list_changes(after=queries.get_size()) == []


def test_an_entry_about_nobody_has_neither_subject_nor_version() -> None:
    services.append(stream=Stream.POLICY, entries=[make_entry(None, None)])

    [read] = queries.list_changes(after=0)
    assert (read.subject_ref, read.subject_version) == (None, None)


def test_appending_nothing_writes_nothing() -> None:
    assert services.append(stream=Stream.CONSENT, entries=[]) == []
    assert queries.get_size() == 0


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
        services.append(stream=Stream.CONSENT, entries=[entry])

    assert queries.get_size() == 0


def test_the_database_refuses_two_events_for_one_version_of_a_subject() -> None:
    services.append(stream=Stream.CONSENT, entries=[make_entry()])

    with pytest.raises(IntegrityError), transaction.atomic():
        services.append(stream=Stream.CONSENT, entries=[make_entry()])

    assert queries.get_size() == 1


def test_a_body_that_is_no_canonical_json_is_refused_and_nothing_is_written() -> None:
    with pytest.raises(canonical.MalformedJson):
        services.append(stream=Stream.CONSENT, entries=[make_entry(), make_entry(amount=float("nan"))])

    assert queries.get_size() == 0


def test_indexes_of_a_transaction_that_was_rolled_back_are_used_by_the_next() -> None:
    with transaction.atomic():
        services.append(stream=Stream.CONSENT, entries=[make_entry()])
        transaction.set_rollback(True)

    [entry] = services.append(stream=Stream.CONSENT, entries=[make_entry()])

    assert entry.index == 0


@pytest.mark.parametrize("stream", Stream)
def test_every_stream_takes_entries(stream: Stream) -> None:
    [entry] = services.append(stream=stream, entries=[make_entry()])

    assert queries.list_changes(after=0)[0].stream is stream is entry.stream
