"""Retention: what is past its time loses its content. First the ledger announces it, then it goes.

Both steps commit by themselves, and the second one only when a signed checkpoint is over the first. Who is
killed between them leaves an announcement, which the next run carries out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from consent.ledger import queries
from consent.ledger.announcements import ANNOUNCED, announce
from consent.ledger.models import Leaf, Pruning, RetentionRule
from consent.ledger.retention_runs import describe_pruning
from consent.ledger.types import KeptLeaf, NewEntry, RetentionReport, Stream, StreamRetention
from lineage.running import services as running

LEAVES_AT_ONCE = 10_000
SUBJECTS_AT_ONCE = 1_000
"""In the consent stream an announcement holds whole subjects, so that nobody's history is half there."""

_RETENTION_LOCK = 0x5245544E  # "RETN": the key of the advisory lock of who announces
_COLUMNS = (
    "index",
    "stream",
    "kind",
    "event_id",
    "recorded_at",
    "subject_ref",
    "subject_version",
    "leaf_hash",
)
_ERASED = """
    SELECT erased.subject_ref FROM consent_ledger_erasedsubject AS erased
    WHERE erased.erased_at < %(before)s AND EXISTS (
        SELECT FROM consent_ledger_leaf AS leaf
        WHERE leaf.subject_ref = erased.subject_ref AND leaf.subject_ref <> ''
        AND leaf.stream = 'consent' AND leaf.recorded_at < %(before)s AND leaf.envelope <> ''
    )
    ORDER BY erased.subject_ref LIMIT %(limit)s
"""

Append = Callable[[NewEntry], None]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for the checkpoint over an announcement, and how."""

    seconds: Sequence[float] = ()
    wait: Callable[[float], object] = lambda _: None


def list_retention(*, count: bool = False) -> list[StreamRetention]:
    """Return how long each stream is kept; with `count`, also how many leaves are past their time."""
    now = queries.get_time()
    rules = {Stream(rule.stream): rule for rule in RetentionRule.objects.order_by("stream")}
    found = []
    for stream in Stream:
        kept_for = get_kept_for(rules[stream]) if stream in rules else None
        prunable = _count_old(stream, now - kept_for) if count and kept_for else 0
        found.append(StreamRetention(stream, kept_for, prunable))
    return found


def get_kept_for(rule: RetentionRule) -> timedelta | None:
    """Return the longer of rule and setting, for ever being the longest: no setting shortens a rule."""
    asked: timedelta | None = settings.LEDGER_RETENTION[rule.stream]
    return None if asked is None or rule.kept_for is None else max(asked, rule.kept_for)


def prune_next(stream: Stream, *, append: Append, patience: Patience, report: RetentionReport) -> int:
    """Carry out the stream's announced pruning, or announce one and carry it out; return how many leaves.

    0 if there is nothing to do, or the announcement is under no checkpoint yet, as `report` then says.
    """
    pruning = Pruning.objects.filter(stream=stream, executed_at=None, withdrawn_at=None).first()
    pruning = pruning or _announce(stream, append)
    if pruning is None:
        return 0
    if not _is_signed(pruning.event_id, patience):
        report.waiting.append(stream)
        return 0
    try:
        pruned = _execute(pruning)
    except IntegrityError:
        Pruning.objects.filter(pk=pruning.pk).update(withdrawn_at=queries.get_time())
        report.withdrawn += 1
        return 0
    report.pruned[stream] += pruned
    return pruned


@transaction.atomic
def _announce(stream: Stream, append: Append) -> Pruning | None:
    _take_turns()
    if running := Pruning.objects.filter(stream=stream, executed_at=None, withdrawn_at=None).first():
        return running
    kept_for = next(rule.kept_for for rule in list_retention() if rule.stream is stream)
    if kept_for is None:
        return None
    now = queries.get_time()
    leaves = _list_old(stream, now - kept_for)
    if not leaves:
        return None
    body = announce(stream, now - kept_for, leaves)
    entry = NewEntry(ANNOUNCED, body)
    append(entry)
    return Pruning.objects.create(
        event_id=entry.event_id,
        stream=stream,
        before=now - kept_for,
        leaves=len(leaves),
        first=leaves[0].index,
        last=leaves[-1].index,
        announced_at=now,
    )


@transaction.atomic
def _execute(pruning: Pruning) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT accordant_prune(%s)", [pruning.event_id])
        pruned: int = cursor.fetchone()[0]
    executed_at = queries.get_time()
    Pruning.objects.filter(pk=pruning.pk).update(executed_at=executed_at)
    running.tell_done(run=describe_pruning(Stream(pruning.stream), pruning.before, pruned), at=executed_at)
    return pruned


def _is_signed(event_id: str, patience: Patience) -> bool:
    """Return whether a signed checkpoint is over the announcement, at last."""
    for seconds in (*patience.seconds, 0.0):
        index = queries.get_leaf_index(event_id)
        if index is not None and queries.get_checkpoint(covering=index) is not None:
            return True
        patience.wait(seconds)
    return False


def _list_old(stream: Stream, before: datetime) -> list[KeptLeaf]:
    old = Leaf.objects.filter(stream=stream, recorded_at__lt=before).exclude(envelope=b"").order_by("index")
    if stream is Stream.CONSENT:
        rows = old.exclude(subject_ref="").filter(
            subject_ref__in=queries.one_of(_list_erased(before, SUBJECTS_AT_ONCE))
        )
        return [_read(row) for row in rows.values_list(*_COLUMNS)]
    return [_read(row) for row in old.exclude(kind=ANNOUNCED).values_list(*_COLUMNS)[:LEAVES_AT_ONCE]]


def _count_old(stream: Stream, before: datetime) -> int:
    old = Leaf.objects.filter(stream=stream, recorded_at__lt=before).exclude(envelope=b"")
    if stream is Stream.CONSENT:
        return old.filter(subject_ref__in=queries.one_of(_list_erased(before, None))).count()
    return old.exclude(kind=ANNOUNCED).count()


def _list_erased(before: datetime, limit: int | None) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_ERASED, {"before": before, "limit": limit})
        return [ref for (ref,) in cursor.fetchall()]


def _read(row: Sequence[Any]) -> KeptLeaf:
    """Return a row of `_COLUMNS` as a value."""
    values = dict(zip(_COLUMNS, row, strict=True))
    values |= {
        "stream": Stream(values["stream"]),
        "subject_ref": values["subject_ref"] or None,
        "leaf_hash": bytes(values["leaf_hash"]),
    }
    return KeptLeaf(**values)


def _take_turns() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_RETENTION_LOCK])
