"""Reads of the ledger."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Max, QuerySet
from django.db.models.expressions import RawSQL

from consent.kernel import canonical
from consent.kernel.frontier import Frontier
from consent.kernel.merkle import EMPTY_ROOT
from consent.kernel.nodes import (
    Lookup,
    perfect_subtrees,
    stored_consistency_path,
    stored_inclusion_path,
    stored_root,
)
from consent.kernel.proofs import LogProof, write_proof
from consent.ledger.models import Checkpoint, Leaf, LogKey, PendingEvent, PrivatePart
from consent.ledger.types import LedgerEntry, Selection, StoredCheckpoint, StoredLogKey, Stream, Touched

T = TypeVar("T")

_NODES = """
    SELECT level, index, hash FROM consent_ledger_treenode
    JOIN unnest(%s::smallint[], %s::bigint[]) AS wanted (level, index) USING (level, index)
"""
_COUNT_PARTS = """
    SELECT count(*), count(DISTINCT part.subject_ref) FROM unnest(%s::bigint[]) AS wanted (index)
    JOIN consent_ledger_leaf AS leaf USING (index)
    JOIN consent_ledger_privatepart AS part USING (event_id)
"""
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
    """Return the number of leaves: the watermark of everything read after this call.

    Whoever sees it sees all that those leaves tell of. What is pending has no place yet, and is seen as well.
    """
    last: int | None = Leaf.objects.aggregate(last=Max("index"))["last"]
    return 0 if last is None else last + 1


def get_frontier() -> Frontier:
    """Return the right edge of the tree of all leaves, read from its stored nodes."""
    size = get_size()
    places = list(perfect_subtrees(0, size))
    nodes = get_nodes(places)
    return Frontier(size, tuple(nodes[place] for place in places))


def get_nodes(places: Iterable[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
    """Return the hashes of the nodes at `places` (level, index), level 0 being the leaves. Two statements.

    :raises LookupError: if one is not there: the tree is not whole.
    """
    wanted = set(places)
    leaves = Leaf.objects.filter(index__in=[index for level, index in wanted if level == 0])
    found = {(0, index): bytes(leaf_hash) for index, leaf_hash in leaves.values_list("index", "leaf_hash")}
    levels, indexes = [level for level, _ in wanted if level], [index for level, index in wanted if level]
    with connection.cursor() as cursor:
        cursor.execute(_NODES, [levels, indexes])
        found |= {(level, index): bytes(hash_) for level, index, hash_ in cursor.fetchall()}
    if missing := wanted - found.keys():
        raise LookupError(f"the ledger's tree lacks the nodes {sorted(missing)[:3]}")
    return found


def get_checkpoint(*, covering: int = 0) -> StoredCheckpoint | None:
    """Return the newest checkpoint, if there is one and it is over more than `covering` leaves."""
    last = Checkpoint.objects.filter(size__gt=covering).order_by("-number").first()
    if last is None:
        return None
    return StoredCheckpoint(last.number, last.size, bytes(last.root), bytes(last.note))


def list_log_keys() -> list[StoredLogKey]:
    """Return the keys that have signed this log, the first one first."""
    rows = LogKey.objects.order_by("number").values_list("number", "from_size", "verify_key", "handover")
    return [StoredLogKey(number, size, key, bytes(note)) for number, size, key, note in rows]


def get_proof(index: int) -> bytes | None:
    """Return the proof file (C2SP `.tlog-proof`) of a leaf; None if it is under no checkpoint yet."""
    checkpoint = get_checkpoint(covering=index)
    if checkpoint is None or index < 0:
        return None
    path = _look_up(lambda lookup: stored_inclusion_path(index, checkpoint.size, lookup))
    return write_proof(LogProof(index, tuple(path), checkpoint.note))


def get_proofs(indexes: Sequence[int], checkpoint: StoredCheckpoint) -> dict[int, bytes]:
    """Return the proof files of these leaves under `checkpoint`, by index. Two statements, however many.

    :raises IndexError: if one of them is not under `checkpoint`.
    """
    size = checkpoint.size
    paths = _look_up(
        lambda lookup: {index: tuple(stored_inclusion_path(index, size, lookup)) for index in indexes}
    )
    return {index: write_proof(LogProof(index, path, checkpoint.note)) for index, path in paths.items()}


def get_origin() -> str:
    """Return the log's name, that of its first key; empty if it was never signed."""
    return next((key.verify_key.partition("+")[0] for key in list_log_keys()), "")


def get_consistency(first: int, second: int) -> list[bytes]:
    """Return the hashes that prove that the tree of `second` leaves begins with that of `first`.

    :raises IndexError: if the first tree is not within the second.
    :raises LookupError: if the ledger has not that many leaves.
    """
    return _look_up(lambda lookup: stored_consistency_path(first, second, lookup))


def get_root(size: int) -> bytes | None:
    """Return the root of the first `size` leaves; None if there are not that many."""
    return None if size > get_size() else _look_up(lambda lookup: stored_root(size, lookup))


def get_roots(sizes: Iterable[int]) -> dict[int, bytes]:
    """Return the roots of trees of these sizes, by size; a size that there is not is left out.

    :raises LookupError: if the tree is not whole.
    """
    last = get_size()
    wanted = [size for size in sizes if size <= last]
    return _look_up(lambda lookup: {size: stored_root(size, lookup) for size in wanted})


def _look_up(walk: Callable[[Lookup], T]) -> T:
    """Return what `walk` makes of the tree's nodes; it walks twice, to read them all at once in between."""
    wanted: set[tuple[int, int]] = set()

    def note_down(level: int, index: int) -> bytes:
        wanted.add((level, index))
        return EMPTY_ROOT

    walk(note_down)
    nodes = get_nodes(wanted)
    return walk(lambda level, index: nodes[level, index])


def get_leaf_index(event_id: str) -> int | None:
    """Return where the event stands; None if there is no such event, or it has no place yet."""
    return Leaf.objects.filter(event_id=event_id).values_list("index", flat=True).first()


def count_pending(*, until: datetime | None = None) -> int:
    """Return the number of events, or of those recorded `until` then, that have no place in the tree yet."""
    pending = PendingEvent.objects.all()
    return (pending if until is None else pending.filter(recorded_at__lte=until)).count()


def list_pruned_subjects() -> list[str]:
    """Return the subjects of whom entries have lost their content."""
    rows = Leaf.objects.filter(envelope=b"").exclude(subject_ref="").order_by("subject_ref")
    return list(rows.values_list("subject_ref", flat=True).distinct())


def list_pending(kinds: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the pending events of these kinds in the order of their writing: id and envelope."""
    rows = PendingEvent.objects.filter(kind__in=kinds).order_by("id").values_list("event_id", "envelope")
    for event_id, envelope in rows.iterator(chunk_size=2000):
        yield event_id, canonical.loads(bytes(envelope))


def one_of(texts: Iterable[str]) -> RawSQL:
    """Return what stands behind `__in` for `texts`: one parameter, however many they are."""
    return RawSQL("SELECT unnest(%s::varchar[])", [list(texts)])


def get_oldest_pending() -> datetime | None:
    """Return when the oldest event was recorded that has no place in the tree yet; None if all have one."""
    return PendingEvent.objects.order_by("id").values_list("recorded_at", flat=True).first()


def get_time() -> datetime:
    """Return the database's clock: the only source of `recorded_at`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def list_changes(*, after: int, limit: int = 1000, stream: Stream | None = None) -> list[LedgerEntry]:
    """Return the next entries for a reader who has read `after` of them, at most `limit`, in order.

    The size that `get_size` returned is where a reader who wants only news begins. With a `stream`, entries
    of the others are left out.
    """
    leaves = Leaf.objects.filter(index__gte=after)
    if stream is not None:
        leaves = leaves.filter(stream=stream)
    return _read_entries(leaves.order_by("index")[:limit])


def list_touched(*, after: int, limit: int) -> list[Touched]:
    """Return what the next entries speak of, for a reader who has read `after` of them: no contents.

    The entry before them, if there is one, comes first: a reader sees by its hash whether the ledger is still
    the one it read.
    """
    rows = Leaf.objects.filter(index__gte=max(after - 1, 0)).order_by("index")
    columns = rows.values_list("index", "stream", "subject_ref", "leaf_hash")
    return [
        Touched(index, Stream(stream), subject_ref or None, bytes(leaf_hash))
        for index, stream, subject_ref, leaf_hash in columns[: limit + 1]
    ]


def list_pending_subjects() -> list[str]:
    """Return the subjects whom pending events speak of: they will come with the next entries."""
    rows = PendingEvent.objects.exclude(subject_ref="").order_by("subject_ref")
    return list(rows.values_list("subject_ref", flat=True).distinct())


def list_indexes(selection: Selection, *, below: int, limit: int) -> list[int]:
    """Return the indexes below `below` of the entries in `selection`, in order, at most `limit`."""
    rows = _select(selection).filter(index__lt=below).order_by("index")
    return list(rows.values_list("index", flat=True)[:limit])


def list_entries(indexes: Sequence[int]) -> list[LedgerEntry]:
    """Return the entries at `indexes`, in order."""
    wanted = RawSQL("SELECT unnest(%s::bigint[])", [list(indexes)])
    return _read_entries(Leaf.objects.filter(index__in=wanted).order_by("index"))


def get_entry(event_id: str) -> LedgerEntry | None:
    """Return the event's entry; None if there is no such event, or it has no place yet."""
    return next(iter(_read_entries(Leaf.objects.filter(event_id=event_id).order_by("index"))), None)


def _select(selection: Selection) -> QuerySet[Leaf]:
    leaves = Leaf.objects.all()
    if selection.subject_refs is not None:  # "not empty" lets the index over subjects be used
        leaves = leaves.exclude(subject_ref="").filter(subject_ref__in=one_of(selection.subject_refs))
    if selection.recorded_from is not None:
        leaves = leaves.filter(recorded_at__gte=selection.recorded_from)
    if selection.recorded_until is not None:
        leaves = leaves.filter(recorded_at__lt=selection.recorded_until)
    return leaves if selection.stream is None else leaves.filter(stream=selection.stream)


def _read_entries(leaves: QuerySet[Leaf]) -> list[LedgerEntry]:
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
        ) in leaves.values_list(*_COLUMNS)
    ]


def count_private_parts(indexes: Sequence[int]) -> tuple[int, int]:
    """Return how many of the entries at `indexes` have a private part, and of how many subjects they are."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_PARTS, [list(indexes)])
        parts, subjects = cursor.fetchone()
    return parts, subjects


def list_private_parts(event_ids: Iterable[str]) -> dict[str, bytes]:
    """Return the ciphertexts of the private parts of these events, by event; open them with `unseal`."""
    rows = PrivatePart.objects.filter(event_id__in=one_of(event_ids))
    return {event_id: bytes(text) for event_id, text in rows.values_list("event_id", "ciphertext")}
