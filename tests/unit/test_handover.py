"""A log's key is handed on by both keys, and whoever trusts the first one needs nothing else."""

from collections.abc import Iterator
from itertools import permutations

import pytest

from consent.kernel.checkpoints import Checkpoint, WrongOrigin, sign_checkpoint
from consent.kernel.errors import AccordantError
from consent.kernel.handover import (
    BrokenKeyChain,
    Handover,
    KeyChain,
    MalformedHandover,
    read_handover,
    write_handover,
)
from consent.kernel.merkle import EMPTY_ROOT, leaf_hash
from consent.kernel.notes import UnsignedNote, sign_note
from consent.kernel.proofs import LogProof, write_proof
from consent.kernel.signing import SigningKey

LOG = "a.example/log"
FIRST, SECOND, THIRD, STRANGER = (SigningKey.from_seed(LOG, bytes([number]) * 32) for number in range(4))
NOTE = write_handover(LOG, FIRST, SECOND, 8)
NEXT = write_handover(LOG, SECOND, THIRD, 20)
CHAIN = KeyChain.from_notes(FIRST.verify_key, [NOTE, NEXT], LOG)


def mutants(content: bytes) -> Iterator[bytes]:
    for place in range(len(content)):
        for value in range(256):
            if value != content[place]:
                yield content[:place] + bytes([value]) + content[place + 1 :]


def is_handover(content: bytes) -> bool:
    try:
        read_handover(content)
    except AccordantError:
        return False
    return True


def lines_of(*, old: SigningKey = FIRST, new: SigningKey = SECOND, size: str = "8") -> str:
    return f"accordant/key-handover/1\n{LOG}\n{old.verify_key.text}\n{new.verify_key.text}\n{size}\n"


def checkpoint(size: int, key: SigningKey, *, origin: str = LOG) -> bytes:
    return sign_checkpoint(Checkpoint(origin, size, EMPTY_ROOT), key)


def test_a_handover_is_five_lines_that_both_keys_sign() -> None:
    assert sign_note(lines_of(), FIRST, SECOND) == NOTE
    assert read_handover(NOTE) == Handover(LOG, FIRST.verify_key, SECOND.verify_key, 8)


def test_every_single_byte_mutant_is_refused() -> None:
    assert is_handover(NOTE)
    assert [one for one in mutants(NOTE) if is_handover(one)] == []


def test_every_byte_dropped_or_doubled_is_refused() -> None:
    changed = [NOTE[:place] + NOTE[place + 1 :] for place in range(len(NOTE))]
    changed += [NOTE[:place] + NOTE[place : place + 1] + NOTE[place:] for place in range(len(NOTE))]

    assert [one for one in changed if one != NOTE and is_handover(one)] == []


@pytest.mark.parametrize(
    "keys",
    [(FIRST,), (SECOND,), (FIRST, STRANGER), (SECOND, FIRST), (FIRST, FIRST), (FIRST, SECOND, STRANGER)],
)
def test_a_handover_that_not_just_both_keys_signed_is_refused(keys: tuple[SigningKey, ...]) -> None:
    with pytest.raises(UnsignedNote):
        read_handover(sign_note(lines_of(), *keys))


@pytest.mark.parametrize(
    "text",
    [
        lines_of(size="08"),
        lines_of(size="-1"),
        lines_of(size="x"),
        lines_of(size=str(2**63)),
        lines_of() + "more\n",
        lines_of().replace("handover/1", "handover/2"),
        lines_of().replace(LOG, "", 1),
        lines_of(new=FIRST),
        "",
    ],
)
def test_what_is_no_handover_is_refused(text: str) -> None:
    with pytest.raises(MalformedHandover):
        read_handover(sign_note(text or "\n", FIRST, SECOND))


def test_a_handover_that_could_not_be_read_is_not_written() -> None:
    for old, new, size, origin in (
        (FIRST, FIRST, 1, LOG),
        (FIRST, SECOND, -1, LOG),
        (FIRST, SECOND, 1, "a\nb"),
    ):
        with pytest.raises(MalformedHandover):
            write_handover(origin, old, new, size)


def test_each_size_has_one_key() -> None:
    assert CHAIN.keys == (FIRST.verify_key, SECOND.verify_key, THIRD.verify_key)
    for size, key in ((0, FIRST), (8, FIRST), (9, SECOND), (20, SECOND), (21, THIRD), (2**62, THIRD)):
        assert CHAIN.key_for(size) == key.verify_key
        assert CHAIN.keys_from(size)[0] == key.verify_key


def test_the_order_of_the_notes_does_not_matter() -> None:
    for notes in permutations([NOTE, NEXT]):
        assert KeyChain.from_notes(FIRST.verify_key, notes, LOG) == CHAIN


@pytest.mark.parametrize(
    "notes",
    [
        [NEXT],
        [NOTE, write_handover(LOG, FIRST, THIRD, 9)],
        [NOTE, NOTE],
        [NOTE, write_handover(LOG, STRANGER, THIRD, 9)],
        [NOTE, write_handover(LOG, SECOND, THIRD, 7)],
        [NOTE, write_handover(LOG, SECOND, FIRST, 9)],
        [write_handover("b.example/log", FIRST, SECOND, 8)],
    ],
    ids=["gap", "fork", "twice", "stranger", "back in size", "back to a key", "another log"],
)
def test_a_chain_that_is_no_chain_is_refused(notes: list[bytes]) -> None:
    with pytest.raises(BrokenKeyChain):
        KeyChain.from_notes(FIRST.verify_key, notes, LOG)


def test_a_chain_from_another_first_key_is_refused() -> None:
    with pytest.raises(BrokenKeyChain):
        KeyChain.from_notes(STRANGER.verify_key, [NOTE], LOG)


@pytest.mark.parametrize(("size", "key"), [(8, FIRST), (9, SECOND), (21, THIRD)])
def test_a_checkpoint_is_verified_by_the_key_for_its_size_only(size: int, key: SigningKey) -> None:
    assert CHAIN.verify_checkpoint(checkpoint(size, key)).size == size
    for other in {FIRST, SECOND, THIRD} - {key}:
        with pytest.raises(UnsignedNote):
            CHAIN.verify_checkpoint(checkpoint(size, other))
    with pytest.raises(WrongOrigin):
        CHAIN.verify_checkpoint(checkpoint(size, key, origin="b.example/log"))


def test_a_proof_is_verified_by_the_key_for_its_size_only() -> None:
    leaf = leaf_hash(b"x")
    one, other = (
        write_proof(LogProof(0, (), sign_checkpoint(Checkpoint(LOG, 1, leaf), key)))
        for key in (FIRST, SECOND)
    )

    assert CHAIN.verify_proof(one, leaf=leaf).index == 0
    with pytest.raises(UnsignedNote):
        CHAIN.verify_proof(other, leaf=leaf)
