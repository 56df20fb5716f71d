"""What a pruning announces: which leaves lose their content, and a digest of all that stays of them."""

import hashlib
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from consent.ledger.types import KeptLeaf, Stream, rfc3339

ANNOUNCED = "leaves_pruned"
"""The kind of the event. Entries of this kind are never pruned."""


class MalformedAnnouncement(ValueError):
    """The event announces nothing that could be followed."""


@dataclass(slots=True)
class Announcement:
    """Leaves whose envelopes may be empty. It is held against the leaves in the order of their indexes."""

    stream: Stream
    before: datetime
    count: int
    digest: str
    ranges: "array[int]"
    """First and last index, again and again, ascending."""
    place: int = 0
    seen: int = 0
    _hash: Any = field(default_factory=hashlib.sha256)

    def indexes_until(self, end: int) -> Iterator[int]:
        """Yield the next announced indexes below `end`, each once."""
        while self.place < len(self.ranges) and self.ranges[self.place] < end:
            first, last = self.ranges[self.place], self.ranges[self.place + 1]
            yield from range(first, min(last + 1, end))
            if last >= end:
                self.ranges[self.place] = end
                return
            self.place += 2

    def covers(self, leaf: KeptLeaf) -> bool:
        """Take the next announced leaf, and return whether it is one that this could be announced of."""
        self._hash.update(write_line(leaf))
        self.seen += 1
        return leaf.stream is self.stream and leaf.recorded_at < self.before and leaf.kind != ANNOUNCED

    def is_kept(self) -> bool:
        """Return whether the leaves that were taken are those that were announced, unchanged."""
        return (self.seen, f"sha256:{self._hash.hexdigest()}") == (self.count, self.digest)


def announce(stream: Stream, before: datetime, leaves: Sequence[KeptLeaf]) -> dict[str, Any]:
    """Return the body of the event that announces the pruning of `leaves`, given in their order."""
    digest = hashlib.sha256()
    for leaf in leaves:
        digest.update(write_line(leaf))
    return {
        "stream": stream.value,
        "before": rfc3339(before),
        "count": len(leaves),
        "first": leaves[0].index,
        "last": leaves[-1].index,
        "leaves": _to_ranges(leaf.index for leaf in leaves),
        "digest": f"sha256:{digest.hexdigest()}",
    }


def read_announcement(body: Mapping[str, Any], *, told_at: int) -> Announcement:
    """Return what the event at index `told_at` announces.

    :raises MalformedAnnouncement: if its leaves do not ascend, or are not all before it.
    """
    try:
        ranges = array("q", (bound for first, last in body["leaves"] for bound in (first, last)))
        before = datetime.fromisoformat(body["before"])
        announcement = Announcement(Stream(body["stream"]), before, body["count"], body["digest"], ranges)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise MalformedAnnouncement("its fields are not those of a pruning") from error
    if not _ascend(ranges, told_at):
        raise MalformedAnnouncement("its leaves do not ascend, or do not end before it")
    return announcement


def write_line(leaf: KeptLeaf) -> bytes:
    """Return the leaf as a pruning's digest takes it in: every column that stays.

    The database's `accordant_prune` writes the same.
    """
    texts = [f"{len(text)}:{text}" for text in (leaf.kind, leaf.event_id, leaf.subject_ref or "")]
    version = "-" if leaf.subject_version is None else str(leaf.subject_version)
    parts = [str(leaf.index), leaf.leaf_hash.hex(), leaf.stream.value, *texts, version]
    return f"{' '.join(parts)} {rfc3339(leaf.recorded_at)}\n".encode()


def _to_ranges(indexes: Iterable[int]) -> list[list[int]]:
    ranges: list[list[int]] = []
    for index in indexes:
        if ranges and ranges[-1][1] == index - 1:
            ranges[-1][1] = index
        else:
            ranges.append([index, index])
    return ranges


def _ascend(ranges: Sequence[int], end: int) -> bool:
    """Return whether the ranges follow each other, none of them empty or overlapping, all below `end`."""
    behind = -1
    for first, last in zip(ranges[::2], ranges[1::2], strict=True):
        if not behind < first <= last < end:
            return False
        behind = last
    return True
