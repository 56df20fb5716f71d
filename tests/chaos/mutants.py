"""Bugs to plant: each breaks one promise of the ledger, and the schedules must find it."""

import hashlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

from django.db import connection, transaction

from consent.kernel import canonical, checkpoints
from consent.kernel.checkpoints import Checkpoint
from consent.kernel.frontier import Frontier
from consent.ledger import loop, models, queries, sequencing, signing
from consent.records import services
from consent.records.idempotency import Answer
from consent.records.models import IdempotentAnswer

_FIELDS = (
    "stream",
    "kind",
    "event_id",
    "subject_ref",
    "subject_version",
    "envelope",
    "recorded_at",
)
_BEHIND_CURSOR = """
    SELECT COALESCE(max(id), %s) FROM (
        SELECT id FROM consent_ledger_pendingevent WHERE id > %s ORDER BY id LIMIT %s
    ) AS next
"""


def _plant(module: ModuleType, name: str, bug: object) -> None:
    setattr(module, name, bug)


def tear_the_move() -> None:
    """Empty the queue in one transaction, and make the leaves in another."""

    def sequence_pending(*, limit: int = 2000) -> int:
        with transaction.atomic():
            events = list(models.PendingEvent.objects.order_by("id")[:limit])
            models.PendingEvent.objects.filter(pk__in=[event.pk for event in events]).delete()
        with transaction.atomic():
            frontier = queries.get_frontier()
            hashes = [hashlib.sha256(b"\0" + bytes(event.envelope)).digest() for event in events]
            for place, (event, leaf_hash) in enumerate(zip(events, hashes, strict=True), frontier.size):
                fields = {name: getattr(event, name) for name in _FIELDS}
                models.Leaf.objects.create(index=place, leaf_hash=leaf_hash, **fields)
            sequencing._store_nodes(frontier, hashes)
        return len(events)

    _plant(loop, "sequence_pending", sequence_pending)


def read_behind_a_cursor() -> None:
    """Take "every id above the last one": what commits late with a smaller id is never taken."""
    cursor_at = 0
    take = sequencing._TAKE.replace("ORDER BY id LIMIT %s", "WHERE id > %s ORDER BY id LIMIT %s")

    @transaction.atomic
    def sequence_pending(*, limit: int = 2000) -> int:
        nonlocal cursor_at
        sequencing._lock()
        frontier = queries.get_frontier()
        with connection.cursor() as cursor:
            cursor.execute(_BEHIND_CURSOR, [cursor_at, cursor_at, limit])
            [last] = cursor.fetchone()
            cursor.execute(take, [cursor_at, limit, frontier.size])
            hashes = [bytes(leaf_hash) for (leaf_hash,) in cursor.fetchall()]
        sequencing._store_nodes(frontier, hashes)
        cursor_at = last
        return len(hashes)

    _plant(loop, "sequence_pending", sequence_pending)


def sign_from_memory() -> None:
    """Sign the tree as this process believes it to be: a transaction that failed stays in it."""
    believed: Frontier | None = None
    store = sequencing._store_nodes

    def store_and_believe(frontier: Frontier, leaf_hashes: list[bytes]) -> None:
        nonlocal believed
        believed, _ = (believed or frontier).append(leaf_hashes)
        store(frontier, leaf_hashes)

    @transaction.atomic
    def sign_checkpoint() -> bytes | None:
        frontier, last = believed or queries.get_frontier(), queries.get_checkpoint()
        if frontier.size <= (last.size if last else 0):
            return None
        key = signing.get_signing_key()
        origin = signing._enter_key(key)
        note = checkpoints.sign_checkpoint(Checkpoint(origin, frontier.size, frontier.root), key)
        number = last.number + 1 if last else 0
        models.Checkpoint.objects.create(number=number, size=frontier.size, root=frontier.root, note=note)
        return note

    _plant(sequencing, "_store_nodes", store_and_believe)
    _plant(loop, "sign_checkpoint", sign_checkpoint)


def keep_the_answer_apart() -> None:
    """Keep a write's answer in a transaction of its own, after the write's."""

    def answer_once(*, caller: str, key: str, body: object, write: Callable[[], dict[str, Any]]) -> Answer:
        earlier = IdempotentAnswer.objects.filter(caller=caller, key=key).first()
        if earlier is not None:
            return Answer(earlier.answer, repeated=True)
        answered = write()
        digest = hashlib.sha256(canonical.dumps(body)).digest()
        IdempotentAnswer.objects.create(caller=caller, key=key, body_digest=digest, answer=answered)
        return Answer(answered)

    _plant(services, "answer_once", answer_once)


def acknowledge_before_commit() -> None:
    """Let commits reach the log when it suits the server: what was acknowledged may not be there yet."""

    def ask_for_less(execute: Callable[..., Any], *arguments: Any) -> Any:
        if connection.connection is not None and connection.connection is not told[-1]:
            told.append(connection.connection)
            connection.connection.execute("SET synchronous_commit = off")
        return execute(*arguments)

    told: list[Any] = [None]
    connection.execute_wrappers.append(ask_for_less)


MUTANTS: dict[str, Callable[[], None]] = {
    "the queue is emptied and leaves are made in two transactions": tear_the_move,
    "the sequencer reads behind a cursor": read_behind_a_cursor,
    "checkpoints are signed from memory": sign_from_memory,
    "a write's answer is kept apart from the write": keep_the_answer_apart,
    "commits are acknowledged before they are in the log": acknowledge_before_commit,
}
"""By what is wrong."""
