"""Proofs that a log has only grown: consistency between two tree heads (RFC 9162 section 2.1.4)."""

from collections.abc import Sequence

from consent.kernel.merkle import EMPTY_ROOT, HASH_SIZE, node_hash, root
from consent.kernel.nodes import stored_consistency_path


def consistency_path(leaf_hashes: Sequence[bytes], first: int, second: int | None = None) -> list[bytes]:
    """Return the hashes that prove that the first `second` leaves (or all) begin with the first `first`.

    :raises IndexError: if there are not that many leaves, or the first tree is not within the second.
    """
    size = len(leaf_hashes) if second is None else second
    if size > len(leaf_hashes):
        raise IndexError(f"no tree of {size} over {len(leaf_hashes)} leaves")
    return stored_consistency_path(
        first, size, lambda level, index: root(leaf_hashes[index << level : (index + 1) << level])
    )


def verify_consistency(
    *, first: int, second: int, first_root: bytes, second_root: bytes, path: Sequence[bytes]
) -> bool:
    """Return True only if `path` proves that the tree of `second` leaves begins with that of `first`.

    The walk is that of RFC 9162 section 2.1.4.2. For the two cases that it leaves out, the path is empty:
    a tree is consistent with itself, and every tree with the empty one.
    """
    if not 0 <= first <= second or any(len(one) != HASH_SIZE for one in path):
        return False
    if first == second and first_root != second_root:
        return False
    if first in {0, second}:
        return not path and (first > 0 or first_root == EMPTY_ROOT)
    if not path:
        return False
    is_power_of_two = first & (first - 1) == 0
    walked = _walk(first, second, [first_root, *path] if is_power_of_two else path)
    return walked == (first_root, second_root)


def _walk(first: int, second: int, path: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """Return both roots that `path` leads to, or None if its length is not that of such a path."""
    position, last = first - 1, second - 1
    while position % 2:
        position, last = position // 2, last // 2
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return None
        if position % 2 or position == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while position % 2 == 0 and position:
                position, last = position // 2, last // 2
        else:
            new = node_hash(new, sibling)
        position, last = position // 2, last // 2
    return (old, new) if last == 0 else None
