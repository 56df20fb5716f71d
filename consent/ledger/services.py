"""Writes to the ledger."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from consent.kernel.merkle import leaf_hash
from consent.ledger import queries
from consent.ledger.models import Leaf, PrivatePart
from consent.ledger.rules import seal_entry
from consent.ledger.types import LedgerEntry, NewEntry, Stream

_APPEND_LOCK = 0x4C454447  # "LEDG": the key of the advisory lock that orders appends

_FIELDS = (
    "index",
    "stream",
    "kind",
    "event_id",
    "subject_ref",
    "subject_version",
    "envelope",
    "leaf_hash",
    "recorded_at",
)


def append(
    *, stream: Stream, entries: Sequence[NewEntry], recorded_at: datetime | None = None
) -> list[LedgerEntry]:
    """Append `entries` in their order, in the caller's transaction, and return them with their indexes.

    Call it last in the transaction: from here to the commit every other writer waits. This lock stands
    in for a sequencer. It makes indexes follow the order of commits, without gaps: whoever sees an
    index sees every smaller one.

    `recorded_at` is for a caller who has already read the database's clock in this transaction.

    :raises TransactionManagementError: outside a transaction: an event goes in with what it tells of.
    :raises MalformedJson: if a body holds something that canonical JSON cannot express.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("append events in the transaction that makes them true")
    if not entries:
        return []
    recorded_at = recorded_at or queries.get_time()
    envelopes = [seal_entry(entry, stream=stream, recorded_at=recorded_at) for entry in entries]
    hashes = [leaf_hash(envelope.content) for envelope in envelopes]
    PrivatePart.objects.copy_in(
        ("event_id", "subject_ref", "ciphertext"),
        (
            (entry.event_id, entry.subject_ref, envelope.ciphertext)
            for entry, envelope in zip(entries, envelopes, strict=True)
            if envelope.ciphertext is not None
        ),
    )
    first = _lock_end()
    appended = [
        LedgerEntry(
            index=index,
            stream=stream,
            kind=entry.kind,
            event_id=entry.event_id,
            recorded_at=recorded_at,
            subject_ref=entry.subject_ref,
            subject_version=entry.subject_version,
            envelope=envelope.content,
            leaf_hash=digest,
        )
        for index, (entry, envelope, digest) in enumerate(zip(entries, envelopes, hashes, strict=True), first)
    ]
    Leaf.objects.copy_in(_FIELDS, map(_row, appended))
    return appended


def _lock_end() -> int:
    """Wait for the ledger's end, hold it until the transaction ends, and return the next index.

    Two statements: the second one's snapshot must be taken after the lock is held.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_APPEND_LOCK])
    return queries.get_size()


def _row(entry: LedgerEntry) -> tuple[object, ...]:
    return (
        entry.index,
        entry.stream.value,
        entry.kind,
        entry.event_id,
        entry.subject_ref or "",
        entry.subject_version,
        entry.envelope,
        entry.leaf_hash,
        entry.recorded_at,
    )
