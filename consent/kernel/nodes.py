"""Roots and proofs from stored nodes, without the leaves (RFC 9162 section 2.1).

The node (level, index) is the root of the perfect subtree over the leaves from `index * 2**level` up to
`(index + 1) * 2**level`. Once its last leaf is there it never changes, so it can be stored. Every other
hash of a tree joins a few of these.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import reduce

from consent.kernel.merkle import EMPTY_ROOT, node_hash

Lookup = Callable[[int, int], bytes]
"""Returns the hash of the stored node (level, index)."""


def perfect_subtrees(start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the (level, index) of the perfect subtrees that make up the leaves `start` to `end`.

    They come from left to right, the largest first. `start` is 0 or where RFC 9162 splits a tree.
    """
    width = end - start
    for level in reversed(range(width.bit_length())):
        if width >> level & 1:
            yield level, start >> level
            start += 1 << level


def join(hashes: Sequence[bytes]) -> bytes:
    """Return the root over perfect subtrees with these hashes, given from left to right."""
    if not hashes:
        return EMPTY_ROOT
    return reduce(lambda right, left: node_hash(left, right), reversed(hashes))


def stored_root(size: int, lookup: Lookup) -> bytes:
    """Return the root of the tree over the first `size` leaves."""
    return _hash_of(0, size, lookup)


def stored_inclusion_path(index: int, size: int, lookup: Lookup) -> list[bytes]:
    """Return the sibling hashes from the leaf at `index` up to the root of `size` leaves.

    :raises IndexError: if the tree has no such leaf.
    """
    if not 0 <= index < size:
        raise IndexError(f"no leaf {index} in a tree of {size}")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = _split(start, end)
        if index < middle:
            path.append(_hash_of(middle, end, lookup))
            end = middle
        else:
            path.append(_hash_of(start, middle, lookup))
            start = middle
    return path[::-1]


def stored_consistency_path(first: int, second: int, lookup: Lookup) -> list[bytes]:
    """Return the hashes that prove that the tree of `second` leaves begins with that of `first`.

    They are those of SUBPROOF in RFC 9162 section 2.1.4.1. Where there is nothing to prove, as the trees
    are the same or the first one is empty, there are none.

    :raises IndexError: if the first tree is not within the second.
    """
    if not 0 <= first <= second:
        raise IndexError(f"no tree of {first} leaves within one of {second}")
    path: list[bytes] = []
    start, end = 0, second
    while first not in (0, end):
        middle = _split(start, end)
        if first <= middle:
            path.append(_hash_of(middle, end, lookup))
            end = middle
        else:
            path.append(_hash_of(start, middle, lookup))
            start = middle
    if start:  # else what is left is the first tree itself, whose root the verifier has
        path.append(_hash_of(start, end, lookup))
    return path[::-1]


def _split(start: int, end: int) -> int:
    """Return where the tree over these leaves splits: after the largest power of two below their number."""
    return start + (1 << (end - start - 1).bit_length() - 1)


def _hash_of(start: int, end: int, lookup: Lookup) -> bytes:
    return join([lookup(level, index) for level, index in perfect_subtrees(start, end)])
