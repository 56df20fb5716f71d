"""Who was in an export can be proved, and so can who was not; a forged proof shows nothing."""

import hashlib
from dataclasses import replace

import pytest

from consent.kernel import merkle
from consent.subjects.types import HASHED_KINDS, Identifier, IdentifierKind
from consent.verifier.manifests.membership import (
    BadProof,
    MemberSet,
    bucket_of,
    check_proof,
    commit_to_key,
    hash_member,
    new_run_key,
)

KEY = bytes(range(32))
PEOPLE = [hash_member(KEY, Identifier(IdentifierKind.CUSTOMER_ID, f"{number:05}")) for number in range(300)]
STRANGER = hash_member(KEY, Identifier(IdentifierKind.CUSTOMER_ID, "99999"))
SET = MemberSet(PEOPLE)


def make_neighbour(member: bytes) -> bytes:
    """Return another member of the same bucket."""
    return member[:-1] + bytes([member[-1] ^ 1])


@pytest.mark.parametrize("size", [0, 1, 2, 300, 1024, 1025])
def test_the_root_of_few_is_that_of_the_whole_tree(size: int) -> None:
    members = MemberSet(
        hashlib.sha256(bytes([number % 256, number // 256])).digest() for number in range(size)
    )

    assert members.root == merkle.root(members._leaves).hex()


def test_a_member_is_proved_present() -> None:
    assert check_proof(SET.prove(PEOPLE[7]), member=PEOPLE[7], root=SET.root)


def test_a_stranger_is_proved_absent_from_an_empty_bucket() -> None:
    assert not check_proof(SET.prove(STRANGER), member=STRANGER, root=SET.root)


def test_a_stranger_is_proved_absent_from_a_bucket_with_others() -> None:
    neighbour = make_neighbour(PEOPLE[7])

    proof = SET.prove(neighbour)

    assert PEOPLE[7] in proof.members
    assert not check_proof(proof, member=neighbour, root=SET.root)


def test_removing_the_hash_does_not_forge_an_absence() -> None:
    honest = SET.prove(PEOPLE[7])
    forged = replace(honest, members=tuple(one for one in honest.members if one != PEOPLE[7]))

    with pytest.raises(BadProof):
        check_proof(forged, member=PEOPLE[7], root=SET.root)


def test_adding_the_hash_does_not_forge_a_presence() -> None:
    forged = replace(SET.prove(STRANGER), members=(STRANGER,))

    with pytest.raises(BadProof):
        check_proof(forged, member=STRANGER, root=SET.root)


def test_another_buckets_proof_does_not_forge_an_absence() -> None:
    other = next(one for one in PEOPLE if bucket_of(one) != bucket_of(PEOPLE[7]))

    with pytest.raises(BadProof):
        check_proof(SET.prove(other), member=PEOPLE[7], root=SET.root)


def test_a_proof_relabelled_as_another_bucket_is_refused() -> None:
    empty = SET.prove(STRANGER)

    with pytest.raises(BadProof):
        check_proof(replace(empty, bucket=bucket_of(PEOPLE[7])), member=PEOPLE[7], root=SET.root)


@pytest.mark.parametrize("position", range(16))
def test_every_step_of_the_path_counts(position: int) -> None:
    honest = SET.prove(PEOPLE[7])
    path = list(honest.path)
    path[position] = bytes(32)

    with pytest.raises(BadProof):
        check_proof(replace(honest, path=tuple(path)), member=PEOPLE[7], root=SET.root)


def test_a_bucket_that_repeats_a_member_is_refused() -> None:
    honest = SET.prove(PEOPLE[7])

    with pytest.raises(BadProof):
        check_proof(replace(honest, members=honest.members * 2), member=PEOPLE[7], root=SET.root)


def test_the_root_does_not_depend_on_order_or_repetition() -> None:
    assert MemberSet([*reversed(PEOPLE), *PEOPLE]).root == SET.root
    assert len(MemberSet(PEOPLE * 2)) == len(PEOPLE)


def test_sets_that_differ_in_one_member_have_different_roots() -> None:
    roots = {SET.root, MemberSet(PEOPLE[1:]).root, MemberSet([*PEOPLE, STRANGER]).root, MemberSet([]).root}

    assert len(roots) == 4


def test_the_same_value_of_two_kinds_is_two_members() -> None:
    plain = [kind for kind in IdentifierKind if kind not in HASHED_KINDS]
    hashes = {hash_member(KEY, Identifier(kind, "00001")) for kind in plain}

    assert len(hashes) == len(plain)


def test_an_identifier_and_its_sha256_form_are_one_member() -> None:
    address = "anna@example.com"
    digest = hashlib.sha256(address.encode()).hexdigest()

    assert hash_member(KEY, Identifier(IdentifierKind.EMAIL, address)) == hash_member(
        KEY, Identifier(IdentifierKind.EMAIL_SHA256, digest)
    )


def test_two_runs_share_neither_hashes_nor_commitments() -> None:
    one, other = new_run_key(), new_run_key()

    address = Identifier(IdentifierKind.EMAIL, "a@b.example")
    assert hash_member(one, address) != hash_member(other, address)
    assert commit_to_key(one) != commit_to_key(other)
