"""The whole check, in one consistent view of the database and in bounded memory."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from django.db import connection, transaction

from consent.kernel.merkle import HASH_SIZE, leaf_hash
from consent.kernel.signing import VerifyKey
from consent.ledger import queries
from consent.ledger.announcements import ANNOUNCED
from consent.ledger.models import Checkpoint, Leaf, PrivatePart, TreeNode
from consent.ledger.types import (
    MAX_FINDINGS,
    Finding,
    LedgerChecks,
    LedgerEntry,
    LedgerReport,
    StoredCheckpoint,
    Stream,
    VerifiedEvent,
)
from consent.ledger.verification.keys import load_chain
from consent.ledger.verification.leaves import check_leaf, check_private_parts, find_left_parts
from consent.ledger.verification.prunings import PrunedLeaves
from consent.ledger.verification.tree import Nodes, Ranges, TreeWalk

_UNTOLD_PARTS = """
    SELECT event_id FROM consent_ledger_privatepart AS part
    WHERE NOT EXISTS (SELECT FROM consent_ledger_leaf AS leaf WHERE leaf.event_id = part.event_id)
    AND NOT EXISTS (SELECT FROM consent_ledger_pendingevent AS event WHERE event.event_id = part.event_id)
    ORDER BY event_id LIMIT 10
"""


def verify_ledger(*, key: VerifyKey | None, checks: LedgerChecks | None = None) -> LedgerReport:
    """Check everything, and return what was found. `key` is the log's first key, as it was published.

    Without `key`, the key that the database names is believed: that shows damage, not a forger.
    """
    checks = checks or LedgerChecks()
    report = LedgerReport()
    is_own = not connection.in_atomic_block
    with transaction.atomic():
        if is_own:
            _use_one_view()
        report.findings.extend(islice(_walk(key, checks, report), MAX_FINDINGS))
    if not _is_signed_by_now(report, checks):
        where = f"leaves {report.signed_size} to {report.leaves - 1}"
        report.findings.append(Finding(where, "they are under no signed checkpoint: does the sequencer run?"))
    return report


def _is_signed_by_now(report: LedgerReport, checks: LedgerChecks) -> bool:
    """Return whether all leaves that were seen are signed; on a living ledger the last ones are so soon."""
    for patience in (*checks.patience, 0.0):
        checkpoint = queries.get_checkpoint()
        if report.leaves <= max(report.signed_size, checkpoint.size if checkpoint else 0):
            return True
        checks.wait(patience)
    return False


def _use_one_view() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def _walk(key: VerifyKey | None, checks: LedgerChecks, report: LedgerReport) -> Iterator[Finding]:
    report.pending = queries.count_pending()
    chain, findings = load_chain(queries.list_log_keys(), trusted=key)
    yield from findings
    tree, pruned = TreeWalk(chain, _iterate_checkpoints()), PrunedLeaves()
    yield from pruned.load(_iterate_announcements())
    while entries := queries.list_changes(after=report.leaves, limit=checks.chunk):
        present = _take_whole(entries, report.leaves)
        yield from pruned.check(present)
        yield from _check_chunk(present, tree, checks)
        report.leaves += len(present)
        report.checkpoints, report.signed_size = tree.count, tree.signed_size
        report.pruned = pruned.count
        checks.progress(report.leaves)
        if len(present) < len(entries):
            yield Finding(f"leaf {report.leaves}", "it is missing; nothing behind it can be checked")
            return
    yield from tree.finish()
    yield from pruned.finish()
    yield from _find_extra_nodes(report.leaves)
    yield from _find_untold_parts()
    for find in checks.untold:
        yield from find()


def _take_whole(entries: Sequence[LedgerEntry], start: int) -> list[LedgerEntry]:
    """Return the entries up to the first gap."""
    return [entry for place, entry in enumerate(entries, start) if entry.index == place]


def _check_chunk(entries: Sequence[LedgerEntry], tree: TreeWalk, checks: LedgerChecks) -> Iterator[Finding]:
    events: list[VerifiedEvent] = []
    kept = [entry for entry in entries if not entry.pruned]
    for entry in kept:
        event, findings = check_leaf(entry)
        yield from findings
        if event is not None:
            events.append(event)
    yield from tree.append([_hash_of(entry) for entry in entries], _load_nodes)
    yield from check_private_parts(events, _load_parts(event.event_id for event in events))
    left = [entry for entry in entries if entry.pruned]
    yield from find_left_parts(left, _load_parts(entry.event_id for entry in left))
    for check in checks.copies:
        yield from check(events)


def _hash_of(entry: LedgerEntry) -> bytes:
    """Return the hash to go on with: the stored one, so that a changed envelope is told of once."""
    return entry.leaf_hash if len(entry.leaf_hash) == HASH_SIZE else leaf_hash(entry.envelope)


def _load_nodes(ranges: Ranges) -> Nodes:
    if not ranges:
        return {}
    where = " OR ".join(f"(level = {level} AND index >= %s AND index < %s)" for level in ranges)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT level, index, hash FROM {TreeNode._meta.db_table} WHERE {where}",  # noqa: S608 - levels are ours
            [bound for bounds in ranges.values() for bound in bounds],
        )
        return {(level, index): bytes(hash_) for level, index, hash_ in cursor.fetchall()}


def _load_parts(event_ids: Iterable[str]) -> dict[str, tuple[str, bytes]]:
    rows = PrivatePart.objects.filter(event_id__in=queries.one_of(event_ids))
    return {
        event_id: (subject_ref, bytes(text))
        for event_id, subject_ref, text in rows.values_list("event_id", "subject_ref", "ciphertext")
    }


def _iterate_announcements() -> Iterator[tuple[int, bytes]]:
    told = Leaf.objects.filter(stream=Stream.AUDIT, kind=ANNOUNCED).exclude(envelope=b"").order_by("index")
    for index, envelope in told.values_list("index", "envelope").iterator(chunk_size=100):
        yield index, bytes(envelope)


def _iterate_checkpoints() -> Iterator[StoredCheckpoint]:
    rows = Checkpoint.objects.order_by("number").values_list("number", "size", "root", "note")
    for number, size, root, note in rows.iterator(chunk_size=2000):
        yield StoredCheckpoint(number, size, bytes(root), bytes(note))


def _find_extra_nodes(size: int) -> Iterator[Finding]:
    """Yield stored nodes that no leaves complete."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT level, index FROM consent_ledger_treenode"
            " WHERE level > 62 OR (index::numeric + 1) * (2::numeric ^ level) > %s"
            " ORDER BY level, index LIMIT 10",
            [size],
        )
        for level, index in cursor.fetchall():
            yield Finding(f"node {level}/{index}", "no leaves complete it")


def _find_untold_parts() -> Iterator[Finding]:
    with connection.cursor() as cursor:
        cursor.execute(_UNTOLD_PARTS)
        for (event_id,) in cursor.fetchall():
            yield Finding(f"the private part of {event_id}", "there is no such event")
