"""Whether every envelope that is gone went as it was announced."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from consent.kernel import canonical
from consent.kernel.merkle import HASH_SIZE
from consent.ledger.announcements import Announcement, MalformedAnnouncement, read_announcement
from consent.ledger.types import Finding, LedgerEntry
from consent.ledger.verification.leaves import name_leaf


@dataclass(slots=True)
class PrunedLeaves:
    """Holds the announcements, which come later in the ledger, against the leaves as these are read.

    That an announcement itself is whole and signed is seen when its own leaf is read.
    """

    announcements: dict[int, Announcement] = field(default_factory=dict)
    """By the index of the event that announces."""
    count: int = 0
    """The leaves without content that were seen, announced ones."""

    def load(self, events: Iterable[tuple[int, bytes]]) -> Iterator[Finding]:
        """Read the announcements (index, envelope), and yield those that cannot be followed."""
        for index, envelope in events:
            try:
                body = canonical.loads(envelope)["body"]
                self.announcements[index] = read_announcement(body, told_at=index)
            except (MalformedAnnouncement, canonical.MalformedJson, KeyError, TypeError) as error:
                yield Finding(f"leaf {index}", f"it announces a pruning that cannot be followed: {error}")

    def check(self, entries: Sequence[LedgerEntry]) -> Iterator[Finding]:
        """Yield each of these next entries, which follow each other, that lost its content unannounced."""
        allowed = self._list_allowed(entries)
        for entry in entries:
            if not entry.pruned:
                continue
            self.count += entry.index in allowed
            if entry.index not in allowed:
                yield Finding(name_leaf(entry), "its envelope is gone, and no pruning of it was announced")
            if len(entry.leaf_hash) != HASH_SIZE:
                yield Finding(name_leaf(entry), "its hash is none")

    def finish(self) -> Iterator[Finding]:
        """Yield the announcements whose leaves are not those that were announced, or not so many."""
        for index, announcement in self.announcements.items():
            if not announcement.is_kept():
                yield Finding(
                    f"the pruning announced by leaf {index}",
                    "the leaves that it names are not what they were when it was announced",
                )

    def _list_allowed(self, entries: Sequence[LedgerEntry]) -> set[int]:
        """Return the indexes of these entries that may have no content."""
        if not entries:
            return set()
        start, end = entries[0].index, entries[-1].index + 1
        allowed = set()
        for announcement in self.announcements.values():
            for index in announcement.indexes_until(end):
                if announcement.covers(entries[index - start]):
                    allowed.add(index)
        return allowed
