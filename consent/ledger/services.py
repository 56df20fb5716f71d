"""Writes to the ledger: all that other apps may call."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from consent.ledger import queries
from consent.ledger.loop import SequencerLoop
from consent.ledger.models import PendingEvent, PrivatePart
from consent.ledger.rules import Envelope, seal_entry
from consent.ledger.sequencing import SequencerRunning, sequence_pending
from consent.ledger.signing import (
    KeyNotHandedOver,
    LogRolledBack,
    get_log_key,
    get_signing_key,
    hand_over_key,
    sign_checkpoint,
)
from consent.ledger.types import NewEntry, Stream
from consent.ledger.verification.keys import load_chain
from consent.ledger.verification.walk import verify_ledger

__all__ = [
    "KeyNotHandedOver",
    "LogRolledBack",
    "SequencerLoop",
    "SequencerRunning",
    "append",
    "get_log_key",
    "get_signing_key",
    "hand_over_key",
    "load_chain",
    "sequence_pending",
    "sign_checkpoint",
    "verify_ledger",
]

_FIELDS = ("stream", "kind", "event_id", "subject_ref", "subject_version", "envelope", "recorded_at")


def append(*, stream: Stream, entries: Sequence[NewEntry], recorded_at: datetime | None = None) -> None:
    """Append `entries` in their order, in the caller's transaction.

    They are evidence when that commits. Their place in the tree they get from the sequencer, soon after:
    those of one subject in the order of its versions, which the caller takes under the subject's lock.
    Nothing here is shared with other writers, so they do not wait for each other.

    `recorded_at` is for a caller who has already read the database's clock in this transaction.

    :raises TransactionManagementError: outside a transaction: an event goes in with what it tells of.
    :raises MalformedJson: if a body holds something that canonical JSON cannot express.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("append events in the transaction that makes them true")
    if not entries:
        return
    moment = recorded_at or queries.get_time()
    sealed = [(entry, seal_entry(entry, stream=stream, recorded_at=moment)) for entry in entries]
    PrivatePart.objects.copy_in(
        ("event_id", "subject_ref", "ciphertext"),
        (
            (entry.event_id, entry.subject_ref, envelope.ciphertext)
            for entry, envelope in sealed
            if envelope.ciphertext is not None
        ),
    )
    PendingEvent.objects.copy_in(
        _FIELDS, (_row(stream, entry, envelope, moment) for entry, envelope in sealed)
    )


def _row(stream: Stream, entry: NewEntry, envelope: Envelope, recorded_at: datetime) -> tuple[object, ...]:
    return (
        stream.value,
        entry.kind,
        entry.event_id,
        entry.subject_ref or "",
        entry.subject_version,
        envelope.content,
        recorded_at,
    )
