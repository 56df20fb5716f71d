"""The sequencer: it alone gives events their place in the tree.

Events come out of a queue, never out of "every id above the last one": ids are given before commits, and
a transaction with a smaller one may commit later. Events of one subject keep their order, because their
writer inserts them while it holds the subject's row.
"""

from django.db import connection, transaction

from consent.kernel.errors import AccordantError
from consent.kernel.frontier import Frontier, TreeNode
from consent.ledger import models, queries
from consent.ledger.types import FEED_CHANNEL

SEQUENCER_LOCK = 0x4C454447  # "LEDG": the key of the advisory lock that one sequencer holds

_TAKE = """
    WITH taken AS (
        DELETE FROM consent_ledger_pendingevent
        WHERE id IN (SELECT id FROM consent_ledger_pendingevent ORDER BY id LIMIT %s)
        RETURNING *
    ), placed AS (
        INSERT INTO consent_ledger_leaf (
            index, stream, kind, event_id, subject_ref, subject_version, envelope, leaf_hash, recorded_at
        )
        SELECT
            %s + row_number() OVER (ORDER BY id) - 1, stream, kind, event_id, subject_ref, subject_version,
            envelope, sha256(decode('00', 'hex') || envelope), recorded_at
        FROM taken
        RETURNING index, leaf_hash
    )
    SELECT leaf_hash FROM placed ORDER BY index
"""


class SequencerRunning(AccordantError):
    """Another process is the sequencer: there is one at a time."""

    code = "sequencer_running"
    status = 409


@transaction.atomic
def sequence_pending(*, limit: int = 2000) -> int:
    """Move the next pending events, at most `limit`, to leaves, and return how many they were.

    Leaves, the tree's new nodes and the emptied queue are one transaction. Two sequencers could not both
    write: the second would fail on the first one's primary keys.

    :raises SequencerRunning: if another connection holds the sequencer's lock.
    """
    _lock()
    frontier = queries.get_frontier()
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [limit, frontier.size])
        hashes = [bytes(leaf_hash) for (leaf_hash,) in cursor.fetchall()]
        if hashes:
            cursor.execute("SELECT pg_notify(%s, '')", [FEED_CHANNEL])
    _store_nodes(frontier, hashes)
    return len(hashes)


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEQUENCER_LOCK])
        if cursor.fetchone() != (True,):
            raise SequencerRunning("another process is sequencing this ledger: stop it first, or let it work")


def _store_nodes(frontier: Frontier, leaf_hashes: list[bytes]) -> None:
    _, completed = frontier.append(leaf_hashes)
    models.TreeNode.objects.copy_in(("level", "index", "hash"), map(_row, filter(_is_inner, completed)))


def _is_inner(node: TreeNode) -> bool:
    return node.level > 0  # leaves keep their own hashes


def _row(node: TreeNode) -> tuple[int, int, bytes]:
    return node.level, node.index, node.hash
