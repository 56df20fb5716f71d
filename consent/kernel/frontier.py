"""A tree that grows: what appending needs to know, in as many hashes as the size has binary ones."""

from collections.abc import Iterable
from dataclasses import dataclass

from consent.kernel.merkle import HASH_SIZE, node_hash
from consent.kernel.nodes import join


@dataclass(frozen=True, slots=True)
class TreeNode:
    """A perfect subtree that is complete: it can be stored, and never changes (see `nodes`)."""

    level: int
    index: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Frontier:
    """The right edge of a tree of `size` leaves: its perfect subtrees' hashes, from left to right.

    :raises ValueError: if there are not as many hashes as a tree of that size has.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.hashes) != self.size.bit_count():
            raise ValueError(f"{len(self.hashes)} hashes are not the frontier of {self.size} leaves")
        if any(len(one) != HASH_SIZE for one in self.hashes):
            raise ValueError(f"a hash has {HASH_SIZE} bytes")

    @property
    def root(self) -> bytes:
        """The root of the tree (RFC 9162 section 2.1.1)."""
        return join(self.hashes)

    def append(self, leaf_hashes: Iterable[bytes]) -> tuple["Frontier", list[TreeNode]]:
        """Return the frontier after these leaves, and every node they complete, the leaves included."""
        size, hashes, completed = self.size, list(self.hashes), list[TreeNode]()
        for leaf in leaf_hashes:
            level, found = 0, leaf
            completed.append(TreeNode(level, size, found))
            while size >> level & 1:
                level, found = level + 1, node_hash(hashes.pop(), found)
                completed.append(TreeNode(level, size >> level, found))
            hashes.append(found)
            size += 1
        return Frontier(size, tuple(hashes)), completed
