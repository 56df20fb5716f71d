"""Who was in a set of people, provably, without naming anyone: keyed hashes in a tree of buckets.

A run draws a random key. A member is HMAC-SHA256 under that key, so two runs cannot be joined and nobody
without the key can test a guess. Members lie in 65,536 buckets by their first two bytes; the bucket hashes
are the leaves of an RFC 9162 tree. One bucket and its path to the root prove that an identifier is in the
set, and equally that it is not: a bucket holds all members that begin with its two bytes.
"""

import hashlib
import hmac
import secrets
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from operator import lt
from struct import Struct
from typing import Self

from consent.kernel import merkle
from consent.kernel.errors import AccordantError
from consent.subjects.rules import digest_of
from consent.subjects.types import SUBJECT_REF, Identifier

MEMBER_SIZE = 32
BUCKETS = 65_536
_PREFIX_SIZE = 2
_KEY_SIZE = 32
_COMMITMENT = b"accordant/run-key/1\n"
_BUCKET = b"accordant/member-bucket/1\n"
Buffer = bytes | memoryview
_MEMBER = Struct(f"{MEMBER_SIZE}s")
_FEW = BUCKETS // 64
_CHECKED_AT_ONCE = 65_536 * MEMBER_SIZE


class BadProof(AccordantError):
    """The proof does not lead to the root, so it shows nothing."""

    code = "bad_membership_proof"


def new_run_key() -> bytes:
    """Return 32 random bytes: the key of one run's hashes, kept in its evidence only."""
    return secrets.token_bytes(_KEY_SIZE)


def commit_to_key(run_key: bytes) -> str:
    """Return the SHA-256 (hex) by which a manifest binds `run_key` without telling it."""
    return hashlib.sha256(_COMMITMENT + run_key).hexdigest()


def hash_member(run_key: bytes, normalised: Identifier) -> bytes:
    """Return the 32 bytes that stand for one identifier in one run.

    The identifier goes in as its SHA-256, so that a holder of that form alone can be found too.
    """
    kind, digest = digest_of(normalised)
    return hmac.digest(run_key, kind.encode() + b"\x00" + digest, "sha256")


def hash_reference(run_key: bytes, subject_ref: str) -> bytes:
    """Return the 32 bytes that stand, in one run, for a subject that rows named by its reference."""
    return hmac.digest(run_key, SUBJECT_REF.encode() + b"\x00" + subject_ref.encode(), "sha256")


def bucket_of(member: bytes) -> int:
    """Return the index of the bucket that `member` belongs to."""
    return int.from_bytes(member[:_PREFIX_SIZE], "big")


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketProof:
    """All that is needed, beside the root, to tell whether an identifier is in the set."""

    bucket: int
    members: tuple[bytes, ...]
    path: tuple[bytes, ...]


class MemberSet:
    """An immutable set of members with its tree, kept as their bytes, one after the other and in order."""

    def __init__(self, members: Iterable[bytes] = ()) -> None:
        self._packed: Buffer = b"".join(sorted(set(members)))

    @classmethod
    def of_packed(cls, packed: Buffer) -> Self:
        """Return the set whose members stand in `packed`, ascending; it is not copied.

        :raises ValueError: if it is not whole members, each greater than the one before.
        """
        if len(packed) % MEMBER_SIZE:
            raise ValueError("a member is cut short")
        last = b""
        for start in range(0, len(packed), _CHECKED_AT_ONCE):
            members = [
                last,
                *(one for (one,) in _MEMBER.iter_unpack(packed[start : start + _CHECKED_AT_ONCE])),
            ]
            if not all(map(lt, members, members[1:])):
                raise ValueError("members are not in order")
            last = members[-1]
        found = cls()
        found._packed = packed
        return found

    def __len__(self) -> int:
        return len(self._packed) // MEMBER_SIZE

    def __getitem__(self, place: int) -> bytes:
        if not 0 <= place < len(self):
            raise IndexError(place)
        return bytes(self._packed[place * MEMBER_SIZE : (place + 1) * MEMBER_SIZE])

    def __contains__(self, member: bytes) -> bool:
        return self.place_of(member) is not None

    def place_of(self, member: bytes) -> int | None:
        """Return where `member` stands; None if it is not in the set."""
        place = bisect_left(self, member)
        return place if place < len(self) and self[place] == member else None

    @cached_property
    def root(self) -> str:
        """The root over all 65,536 buckets, empty ones included, in hex."""
        if len(self) > _FEW:
            return merkle.root(self._leaves).hex()
        buckets = {bucket_of(self[place]) for place in range(len(self))}
        nodes = {index: _bucket_leaf(index, self._bucket(index)) for index in buckets}
        *levels, [top] = _empty_tree()
        for level in levels:
            pairs = {place // 2 * 2 for place in nodes}
            nodes = {
                left // 2: merkle.node_hash(
                    nodes.get(left, level[left]), nodes.get(left + 1, level[left + 1])
                )
                for left in pairs
            }
        return nodes.get(0, top).hex()

    def prove(self, member: bytes) -> BucketProof:
        """Return the proof of whether `member` is in this set."""
        bucket = bucket_of(member)
        path = tuple(merkle.inclusion_path(self._leaves, bucket))
        packed = self._bucket(bucket)
        members = tuple(packed[place : place + MEMBER_SIZE] for place in range(0, len(packed), MEMBER_SIZE))
        return BucketProof(bucket=bucket, members=members, path=path)

    @cached_property
    def _leaves(self) -> list[bytes]:
        return [_bucket_leaf(index, self._bucket(index)) for index in range(BUCKETS)]

    @cached_property
    def _starts(self) -> list[int]:
        """Where each bucket begins, and where the last one ends."""
        first, second = (bytes(self._packed[place::MEMBER_SIZE]) for place in range(_PREFIX_SIZE))
        edges = [bisect_left(first, byte) for byte in range(256)] + [len(self)]
        starts = [
            bisect_left(second, byte, lo=start, hi=end)
            for start, end in pairwise(edges)
            for byte in range(256)
        ]
        return [*starts, len(self)]

    def _bucket(self, index: int) -> bytes:
        start, end = self._starts[index : index + 2]
        return bytes(self._packed[start * MEMBER_SIZE : end * MEMBER_SIZE])


def check_proof(proof: BucketProof, *, member: bytes, root: str) -> bool:
    """Return True if the proof shows `member` in the set of `root`, False if it shows it absent.

    :raises BadProof: if it shows neither.
    """
    if proof.bucket != bucket_of(member):
        raise BadProof("the proof is of another bucket than the identifier's")
    if not all(len(one) == MEMBER_SIZE and bucket_of(one) == proof.bucket for one in proof.members):
        raise BadProof("the proof's bucket holds what does not belong into it")
    if not all(one < other for one, other in pairwise(proof.members)):
        raise BadProof("the proof's bucket is not in order, or holds a member twice")
    leaf = _bucket_leaf(proof.bucket, b"".join(proof.members))
    if not merkle.verify_inclusion(
        leaf=leaf, index=proof.bucket, size=BUCKETS, path=proof.path, expected_root=bytes.fromhex(root)
    ):
        raise BadProof("the proof does not lead to the manifest's root")
    return member in proof.members


@cache
def _empty_tree() -> list[list[bytes]]:
    """Return the levels of the tree of nobody, leaves first. A few members change little of it."""
    levels = [[_bucket_leaf(index, b"") for index in range(BUCKETS)]]
    while len(level := levels[-1]) > 1:
        levels.append([merkle.node_hash(*level[left : left + 2]) for left in range(0, len(level), 2)])
    return levels


def _bucket_leaf(index: int, members: bytes) -> bytes:
    return merkle.leaf_hash(_BUCKET + index.to_bytes(_PREFIX_SIZE, "big") + members)
