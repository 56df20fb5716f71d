"""Trees that grow: consistency proofs and the frontier, held against RFC 9162's own definitions.

Every pair of sizes up to 17 is tried; the published vectors are those of Certificate Transparency.
"""

import pytest

from consent.kernel.consistency import consistency_path, verify_consistency
from consent.kernel.frontier import Frontier, TreeNode
from consent.kernel.merkle import EMPTY_ROOT, inclusion_path, leaf_hash, node_hash, root
from consent.kernel.nodes import stored_consistency_path, stored_inclusion_path, stored_root

LARGEST = 17
SIZES = range(LARGEST + 1)
LEAVES = [leaf_hash(str(number).encode()) for number in range(LARGEST)]
ROOTS = [root(LEAVES[:size]) for size in SIZES]
PAIRS = [(first, second) for second in SIZES for first in range(1, second)]
OTHER = leaf_hash(b"other")

# github.com/transparency-dev/merkle, testdata/consistency: eight leaves, their roots, and three proofs.
PUBLISHED_LEAVES = [
    leaf_hash(bytes.fromhex(data))
    for data in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
PUBLISHED_ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    6: "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}
PUBLISHED_PATHS = {
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


def root_by_definition(hashes: list[bytes]) -> bytes:
    """MTH of RFC 9162 section 2.1.1."""
    if not hashes:
        return EMPTY_ROOT
    if len(hashes) == 1:
        return hashes[0]
    split = split_by_definition(len(hashes))
    return node_hash(root_by_definition(hashes[:split]), root_by_definition(hashes[split:]))


def split_by_definition(size: int) -> int:
    return max(power for power in (1 << exponent for exponent in range(size)) if power < size)


def subproof(first: int, hashes: list[bytes], is_known: bool) -> list[bytes]:
    """SUBPROOF(m, D_n, b) of RFC 9162 section 2.1.4.1, word for word."""
    if first == len(hashes):
        return [] if is_known else [root_by_definition(hashes)]
    split = split_by_definition(len(hashes))
    if first <= split:
        return [*subproof(first, hashes[:split], is_known), root_by_definition(hashes[split:])]
    return [*subproof(first - split, hashes[split:], False), root_by_definition(hashes[:split])]


def proves(first: int, second: int, path: list[bytes], first_root: bytes, second_root: bytes) -> bool:
    return verify_consistency(
        first=first, second=second, first_root=first_root, second_root=second_root, path=path
    )


def nodes_by_definition(size: int) -> dict[tuple[int, int], bytes]:
    """Return every perfect subtree that is complete among the first `size` leaves."""
    return {
        (level, index): root_by_definition(LEAVES[index << level : (index + 1) << level])
        for level in range(size.bit_length())
        for index in range(size >> level)
    }


@pytest.mark.parametrize(("first", "second"), PUBLISHED_PATHS)
def test_the_published_proofs_are_made_and_accepted(first: int, second: int) -> None:
    path = consistency_path(PUBLISHED_LEAVES, first, second)
    first_root, second_root = (bytes.fromhex(PUBLISHED_ROOTS[size]) for size in (first, second))

    assert [one.hex() for one in path] == PUBLISHED_PATHS[first, second]
    assert proves(first, second, path, first_root, second_root)


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_the_path_is_the_one_defined(first: int, second: int) -> None:
    assert consistency_path(LEAVES, first, second) == subproof(first, LEAVES[:second], True)
    assert consistency_path(LEAVES[:second], first) == consistency_path(LEAVES, first, second)


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_a_path_proves_only_the_trees_it_is_the_path_of(first: int, second: int) -> None:
    path = consistency_path(LEAVES, first, second)
    proved = [
        (smaller, larger)
        for larger in SIZES
        for smaller in range(1, larger)
        if proves(smaller, larger, path, ROOTS[smaller], ROOTS[larger])
    ]

    assert proved == [(first, second)]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_a_changed_path_or_root_proves_nothing(first: int, second: int) -> None:
    path, places = (
        consistency_path(LEAVES, first, second),
        range(len(consistency_path(LEAVES, first, second))),
    )
    changed = [path[:place] + path[place + 1 :] for place in places]
    changed += [[*path[:place], OTHER, *path[place + 1 :]] for place in places]
    changed += [[*path[:place], path[place][:-1], *path[place + 1 :]] for place in places]
    changed += [[*path, OTHER], [OTHER, *path], [ROOTS[first], *path], [*path, ROOTS[second]], []]

    assert not any(proves(first, second, one, ROOTS[first], ROOTS[second]) for one in changed)
    assert not proves(first, second, path, OTHER, ROOTS[second])
    assert not proves(first, second, path, ROOTS[first], OTHER)
    assert not proves(first, second, path, ROOTS[second], ROOTS[first])


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_a_log_that_changed_an_old_leaf_cannot_prove_that_it_only_grew(first: int, second: int) -> None:
    for place in range(first):
        forked = [*LEAVES[:place], OTHER, *LEAVES[place + 1 : second]]
        for path in (consistency_path(forked, first), consistency_path(LEAVES, first, second)):
            assert not proves(first, second, path, ROOTS[first], root(forked))


def test_a_path_is_refused_for_sizes_whose_path_has_another_length() -> None:
    lengths = {(first, second): len(subproof(first, LEAVES[:second], True)) for first, second in PAIRS}
    for first, second in PAIRS:
        path = consistency_path(LEAVES, first, second)
        others = [claimed for claimed in PAIRS if lengths[claimed] != len(path)]
        assert not any(proves(*claimed, path, ROOTS[first], ROOTS[second]) for claimed in others)


def test_hashes_of_another_length_prove_nothing_though_they_join_to_the_same_bytes() -> None:
    left, right = consistency_path(LEAVES, 3, 4)[2], consistency_path(LEAVES, 3, 4)[0]
    path = [left[-1:] + right, consistency_path(LEAVES, 3, 4)[1], left[:-1]]

    assert node_hash(path[2], path[0]) == ROOTS[3]
    assert not proves(3, 4, path, ROOTS[3], node_hash(left[:-1], node_hash(path[0], path[1])))


@pytest.mark.parametrize("size", SIZES)
def test_a_tree_is_consistent_with_itself_and_with_the_empty_one_by_an_empty_path(size: int) -> None:
    assert consistency_path(LEAVES, size, size) == consistency_path(LEAVES, 0, size) == []
    assert proves(size, size, [], ROOTS[size], ROOTS[size])
    assert proves(0, size, [], EMPTY_ROOT, ROOTS[size])
    assert not proves(size, size, [], ROOTS[size], OTHER)
    assert not proves(size, size, [OTHER], ROOTS[size], ROOTS[size])
    assert not proves(0, size, [OTHER], EMPTY_ROOT, ROOTS[size])
    assert not proves(0, size, [], OTHER, ROOTS[size])
    assert not proves(0, size, [], OTHER, OTHER)


@pytest.mark.parametrize(("first", "second"), [(-1, 3), (4, 3), (3, LARGEST + 1)])
def test_there_is_no_path_between_trees_that_do_not_contain_each_other(first: int, second: int) -> None:
    assert not proves(first, second, [], OTHER, OTHER)
    with pytest.raises(IndexError):
        consistency_path(LEAVES, first, second)


@pytest.mark.parametrize("size", SIZES)
def test_a_frontier_has_the_root_and_completes_the_nodes_defined(size: int) -> None:
    for split in range(size + 1):
        half, earlier = Frontier().append(LEAVES[:split])
        whole, later = Frontier(half.size, half.hashes).append(LEAVES[split:size])
        completed = [*earlier, *later]

        assert half.root == root_by_definition(LEAVES[:split])
        assert whole.root == root_by_definition(LEAVES[:size])
        assert {(one.level, one.index): one.hash for one in completed} == nodes_by_definition(size)
        assert len(completed) == len(nodes_by_definition(size))
        assert len(whole.hashes) == size.bit_count()


def test_an_append_leaves_the_frontier_it_began_with_unchanged() -> None:
    before, _ = Frontier().append(LEAVES[:3])

    after, completed = before.append(LEAVES[3:4])

    assert (before.size, before.root) == (3, ROOTS[3])
    assert (after.size, after.root) == (4, ROOTS[4])
    assert completed == [
        TreeNode(0, 3, LEAVES[3]),
        TreeNode(1, 1, root(LEAVES[2:4])),
        TreeNode(2, 0, ROOTS[4]),
    ]


@pytest.mark.parametrize("size", SIZES)
def test_stored_nodes_give_the_root_and_every_path(size: int) -> None:
    stored = {(one.level, one.index): one.hash for one in Frontier().append(LEAVES)[1]}

    def lookup(level: int, index: int) -> bytes:
        assert (index + 1) << level <= size, "a tree is computed from its own nodes only"
        return stored[level, index]

    assert stored_root(size, lookup) == ROOTS[size]
    for index in range(size):
        assert stored_inclusion_path(index, size, lookup) == inclusion_path(LEAVES[:size], index)
    for first in range(size + 1):
        assert stored_consistency_path(first, size, lookup) == consistency_path(LEAVES, first, size)


def test_a_path_is_computed_from_few_nodes() -> None:
    size = 1_000_003
    asked: list[tuple[int, int]] = []

    def lookup(level: int, index: int) -> bytes:
        asked.append((level, index))
        return OTHER

    stored_inclusion_path(777_777, size, lookup)
    stored_consistency_path(777_777, size, lookup)

    assert len(asked) <= 4 * size.bit_length()


@pytest.mark.parametrize("index", [-1, 3])
def test_there_is_no_stored_path_to_a_leaf_that_is_not_there(index: int) -> None:
    with pytest.raises(IndexError):
        stored_inclusion_path(index, 3, lambda _level, _index: OTHER)


@pytest.mark.parametrize(
    ("size", "hashes"), [(-1, (OTHER,)), (0, (OTHER,)), (3, (OTHER,)), (2, (OTHER, OTHER)), (1, (b"short",))]
)
def test_hashes_that_are_no_frontier_of_that_size_are_refused(size: int, hashes: tuple[bytes, ...]) -> None:
    with pytest.raises(ValueError, match=r"frontier|bytes"):
        Frontier(size, hashes)


def test_an_appended_leaf_is_a_hash() -> None:
    with pytest.raises(ValueError, match="bytes"):
        Frontier().append([b"data"])
