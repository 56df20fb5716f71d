"""The Merkle tree of RFC 9162, held against the definition and against every way to cheat on a small one."""

import hashlib

import pytest

from consent.kernel.merkle import EMPTY_ROOT, inclusion_path, leaf_hash, node_hash, root, verify_inclusion

SIZES = range(1, 18)


def leaves(size: int) -> list[bytes]:
    return [leaf_hash(str(number).encode()) for number in range(size)]


def root_by_definition(hashes: list[bytes]) -> bytes:
    """Return the root as RFC 9162 section 2.1.1 defines it: split at the largest power of two below."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return node_hash(root_by_definition(hashes[:split]), root_by_definition(hashes[split:]))


def test_hashes_are_separated_by_kind() -> None:
    assert leaf_hash(b"") == bytes.fromhex("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")
    assert node_hash(b"", b"") == hashlib.sha256(b"\x01").digest()
    assert root([]) == EMPTY_ROOT == hashlib.sha256().digest()


@pytest.mark.parametrize("size", SIZES)
def test_the_root_is_the_one_defined(size: int) -> None:
    assert root(leaves(size)) == root_by_definition(leaves(size))


@pytest.mark.parametrize("size", SIZES)
def test_every_leaf_is_proved_at_its_own_place_only(size: int) -> None:
    hashes = leaves(size)
    for index in range(size):
        path = inclusion_path(hashes, index)
        proved = [
            (place, number)
            for place in range(-1, size + 2)
            for number in range(size)
            if verify_inclusion(
                leaf=hashes[number], index=place, size=size, path=path, expected_root=root(hashes)
            )
        ]
        assert proved == [(index, index)]


@pytest.mark.parametrize("size", SIZES)
def test_a_changed_path_proves_nothing(size: int) -> None:
    hashes = leaves(size)
    for index in range(size):
        path = inclusion_path(hashes, index)
        changed = [path[:place] + path[place + 1 :] for place in range(len(path))]
        changed += [[*path[:place], leaf_hash(b"x"), *path[place + 1 :]] for place in range(len(path))]
        changed += [[*path, leaf_hash(b"x")], [leaf_hash(b"x"), *path]]
        assert not any(
            verify_inclusion(leaf=hashes[index], index=index, size=size, path=one, expected_root=root(hashes))
            for one in changed
        )


def test_what_is_no_hash_proves_nothing() -> None:
    for text in (b"", b"x", b"x" * 33):
        assert not verify_inclusion(leaf=text, index=0, size=1, path=[], expected_root=text)


def test_there_is_no_path_to_a_leaf_that_is_not_there() -> None:
    with pytest.raises(IndexError):
        inclusion_path(leaves(3), 3)
