"""Following the tree as it grew: every stored node, and every checkpoint at its size."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from consent.kernel.checkpoints import Checkpoint
from consent.kernel.errors import AccordantError
from consent.kernel.frontier import Frontier, TreeNode
from consent.kernel.handover import KeyChain
from consent.kernel.notes import UnsignedNote
from consent.ledger.types import Finding, StoredCheckpoint

Nodes = Mapping[tuple[int, int], bytes]
Ranges = Mapping[int, tuple[int, int]]
"""By level, the first index and the one behind the last."""


@dataclass(slots=True)
class TreeWalk:
    """Appends leaves in their order, and compares what comes of them with what is stored and signed.

    All checkpoints are recomputed from the same leaves, so each is consistent with all the others.
    """

    chain: KeyChain | None
    """None: no key signs this log, so no checkpoint can be right."""
    checkpoints: Iterator[StoredCheckpoint]
    """In the order of their numbers."""
    frontier: Frontier = field(default_factory=Frontier)
    count: int = 0
    """The checkpoints that were checked."""
    _next: StoredCheckpoint | None = None
    _signed: int = 0

    def __post_init__(self) -> None:
        self._next = next(self.checkpoints, None)

    def append(self, leaf_hashes: Sequence[bytes], load: Callable[[Ranges], Nodes]) -> Iterator[Finding]:
        """Add the next leaves, and yield what is wrong with nodes they complete and checkpoints they reach.

        `load` returns the stored nodes of these ranges.
        """
        start, end = self.frontier.size, self.frontier.size + len(leaf_hashes)
        completed: list[TreeNode] = []
        while self._next is not None and self._next.size <= end:
            completed += self._grow(leaf_hashes[self.frontier.size - start : self._next.size - start])
            yield from self._check(self._next)
            self._next = next(self.checkpoints, None)
        completed += self._grow(leaf_hashes[self.frontier.size - start :])
        stored = load(_ranges(start, end))
        yield from _compare((node for node in completed if node.level), stored)

    def finish(self) -> Iterator[Finding]:
        """Yield the checkpoints that are over more leaves than there are."""
        while self._next is not None:
            yield Finding(
                f"checkpoint {self._next.number}",
                f"it is over {self._next.size} leaves, and the ledger has {self.frontier.size}",
            )
            self._next = next(self.checkpoints, None)

    @property
    def signed_size(self) -> int:
        """The size of the last checkpoint that was checked."""
        return self._signed

    def _grow(self, leaf_hashes: Sequence[bytes]) -> list[TreeNode]:
        self.frontier, completed = self.frontier.append(leaf_hashes)
        return completed

    def _check(self, stored: StoredCheckpoint) -> Iterator[Finding]:
        where = f"checkpoint {stored.number}"
        if stored.number != self.count:
            yield Finding(where, f"its number should be {self.count}: one is missing or was moved")
        if stored.size <= self._signed:
            yield Finding(where, "it does not follow the one before it")
        self.count, self._signed = stored.number + 1, stored.size
        try:
            checkpoint = _verify(stored.note, self.chain)
        except AccordantError as error:
            yield Finding(where, f"its note does not verify: {error}")
            return
        if (checkpoint.size, checkpoint.root) != (stored.size, stored.root):
            yield Finding(where, "its columns do not say what its note says")
        elif (checkpoint.size, checkpoint.root) != (self.frontier.size, self.frontier.root):
            yield Finding(where, f"the first {checkpoint.size} leaves are not those that were signed")


def _verify(note: bytes, chain: KeyChain | None) -> Checkpoint:
    if chain is None:
        raise UnsignedNote("no key signs this log")
    return chain.verify_checkpoint(note)


def _ranges(start: int, end: int) -> dict[int, tuple[int, int]]:
    """Return the nodes above leaves that the leaves from `start` to `end` complete."""
    levels = range(1, end.bit_length())
    return {level: (start >> level, end >> level) for level in levels if start >> level < end >> level}


def _compare(completed: Iterable[TreeNode], stored: Nodes) -> Iterator[Finding]:
    for node in completed:
        found = stored.get((node.level, node.index))
        if found != node.hash:
            first, last = node.index << node.level, ((node.index + 1) << node.level) - 1
            what = "is missing" if found is None else "is not that of its leaves"
            yield Finding(f"node {node.level}/{node.index}", f"it {what} ({first} to {last})")
