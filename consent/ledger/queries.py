"""Reads of the ledger."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection
from django.db.models import Max
from django.db.models.expressions import RawSQL

from consent.ledger.models import Leaf, PrivatePart
from consent.ledger.types import LedgerEntry, Stream

_COLUMNS = (
    "index",
    "stream",
    "kind",
    "event_id",
    "recorded_at",
    "subject_ref",
    "subject_version",
    "envelope",
    "leaf_hash",
)


def get_size() -> int:
    """Return the number of entries: the watermark of everything read after this call."""
    last: int | None = Leaf.objects.aggregate(last=Max("index"))["last"]
    return 0 if last is None else last + 1


def get_time() -> datetime:
    """Return the database's clock: the only source of `recorded_at`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def list_changes(*, after: int, limit: int = 1000) -> list[LedgerEntry]:
    """Return the next entries for a reader who has read `after` of them, at most `limit`, in order.

    The size that `get_size` returned is where a reader who wants only news begins.
    """
    rows = Leaf.objects.filter(index__gte=after).order_by("index").values_list(*_COLUMNS)[:limit]
    return [
        LedgerEntry(
            index=index,
            stream=Stream(stream),
            kind=kind,
            event_id=event_id,
            recorded_at=recorded_at,
            subject_ref=subject_ref or None,
            subject_version=subject_version,
            envelope=bytes(envelope),
            leaf_hash=bytes(leaf_hash),
        )
        for (
            index,
            stream,
            kind,
            event_id,
            recorded_at,
            subject_ref,
            subject_version,
            envelope,
            leaf_hash,
        ) in rows
    ]


def list_private_parts(event_ids: Iterable[str]) -> dict[str, bytes]:
    """Return the ciphertexts of the private parts of these events, by event; open them with `unseal`."""
    rows = PrivatePart.objects.filter(event_id__in=RawSQL("SELECT unnest(%s::varchar[])", [list(event_ids)]))
    return {event_id: bytes(text) for event_id, text in rows.values_list("event_id", "ciphertext")}
