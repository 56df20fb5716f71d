"""Writes to the ledger: all that other apps may call."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction

from consent.ledger import queries
from consent.ledger.following import FeedLoop, Follower, listen, wait_for_news
from consent.ledger.loop import SequencerLoop
from consent.ledger.models import PendingEvent, PrivatePart, RetentionRule
from consent.ledger.retention import Patience, list_retention, prune_next
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
from consent.ledger.types import NewEntry, RetentionReport, Stream
from consent.ledger.verification.keys import load_chain
from consent.ledger.verification.walk import verify_ledger
from consent.ledger.watching import get_standing, note_verification

__all__ = [
    "FeedLoop",
    "Follower",
    "KeyNotHandedOver",
    "LogRolledBack",
    "Patience",
    "SequencerLoop",
    "SequencerRunning",
    "append",
    "apply_retention",
    "get_log_key",
    "get_signing_key",
    "get_standing",
    "hand_over_key",
    "list_retention",
    "listen",
    "load_chain",
    "note_verification",
    "sequence_pending",
    "set_retention_rule",
    "sign_checkpoint",
    "verify_ledger",
    "wait_for_news",
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


def apply_retention(
    *,
    patience: Patience | None = None,
    batches: int | None = None,
    progress: Callable[[RetentionReport], None] = lambda _: None,
) -> RetentionReport:
    """Take the content of every leaf that is past its stream's time, and return how many they were.

    What goes is announced in the audit stream first, batch by batch, at most `batches` for each stream. A
    batch waits, as `patience` says, for the sequencer to sign its announcement; the next run goes on with it
    otherwise. Safe at any moment to kill, and to run twice.
    """
    report = RetentionReport()
    for stream in Stream:
        done = 0
        while (batches is None or done < batches) and prune_next(
            stream, append=_append_audit, patience=patience or Patience(), report=report
        ):
            done += 1
            progress(report)
    return report


@transaction.atomic
def set_retention_rule(*, stream: Stream, kept_for: timedelta | None) -> None:
    """Set how long the stream's content is kept at least; None: for ever. The audit stream tells of it.

    :raises DatabaseError: if the connection is not the table owner's.
    """
    RetentionRule.objects.update_or_create(stream=stream, defaults={"kept_for": kept_for})
    _append_audit(
        NewEntry("retention_rule_set", {"stream": stream.value, "days": kept_for and kept_for.days})
    )


def _append_audit(entry: NewEntry) -> None:
    append(stream=Stream.AUDIT, entries=[entry])


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
