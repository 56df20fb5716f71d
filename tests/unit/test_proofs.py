"""Proof files: a leaf shown to be in a log by a file alone, and refused when any byte is another."""

import base64
from collections.abc import Iterator

import pytest

from consent.kernel.checkpoints import Checkpoint, MalformedCheckpoint, WrongOrigin, sign_checkpoint
from consent.kernel.merkle import inclusion_path, leaf_hash, root
from consent.kernel.notes import MalformedNote, UnsignedNote, sign_note
from consent.kernel.proofs import (
    LoggedLeaf,
    LogProof,
    MalformedProof,
    NotIncluded,
    read_proof,
    verify_proof,
    write_proof,
)
from consent.kernel.signing import BadSignature, SigningKey

LOG = "a.example/log"
KEY = SigningKey.from_seed(LOG, bytes(range(32)))
LEAVES = [leaf_hash(str(number).encode()) for number in range(11)]
REFUSALS = (
    MalformedProof,
    MalformedNote,
    MalformedCheckpoint,
    UnsignedNote,
    BadSignature,
    WrongOrigin,
    NotIncluded,
)


def signed(size: int, *, origin: str = LOG) -> bytes:
    return sign_checkpoint(Checkpoint(origin, size, root(LEAVES[:size])), KEY)


def proof_of(index: int, size: int, *, extra: bytes | None = None) -> LogProof:
    return LogProof(index, tuple(inclusion_path(LEAVES[:size], index)), signed(size), extra)


def mutants(content: bytes) -> Iterator[bytes]:
    for place in range(len(content)):
        for value in range(256):
            if value != content[place]:
                yield content[:place] + bytes([value]) + content[place + 1 :]


def is_accepted(content: bytes, leaf: bytes) -> bool:
    try:
        verify_proof(content, KEY.verify_key, origin=LOG, leaf=leaf)
    except REFUSALS:
        return False
    return True


def test_a_proof_is_written_as_the_specification_says() -> None:
    first, second = (base64.b64encode(one).decode() for one in (LEAVES[1], LEAVES[2]))
    expected = f"c2sp.org/tlog-proof@v1\nextra aGk=\nindex 0\n{first}\n{second}\n\n".encode()

    assert write_proof(proof_of(0, 3, extra=b"hi")) == expected + signed(3)
    assert write_proof(proof_of(0, 3)) == expected.replace(b"extra aGk=\n", b"") + signed(3)
    assert write_proof(proof_of(0, 1)) == b"c2sp.org/tlog-proof@v1\nindex 0\n\n" + signed(1)


@pytest.mark.parametrize("size", range(1, 12))
def test_every_leaf_is_proved_at_its_own_place_only(size: int) -> None:
    for index in range(size):
        content = write_proof(proof_of(index, size))
        proved = [number for number, leaf in enumerate(LEAVES) if is_accepted(content, leaf)]
        shown = verify_proof(content, KEY.verify_key, origin=LOG, leaf=LEAVES[index])

        assert proved == [index]
        assert shown == LoggedLeaf(index, Checkpoint(LOG, size, root(LEAVES[:size])))


@pytest.mark.parametrize("extra", [None, b"", b"\x00\n\nindex 5"])
def test_a_proof_reads_back(extra: bytes | None) -> None:
    proof = proof_of(2, 5, extra=extra)

    assert read_proof(write_proof(proof)) == proof


@pytest.mark.parametrize(("index", "size"), [(0, 1), (2, 3), (10, 11)])
def test_every_single_byte_mutant_is_refused(index: int, size: int) -> None:
    content = write_proof(proof_of(index, size))

    assert is_accepted(content, LEAVES[index])
    assert [one for one in mutants(content) if is_accepted(one, LEAVES[index])] == []


def test_every_byte_dropped_or_doubled_is_refused() -> None:
    content = write_proof(proof_of(10, 11))
    changed = [content[:place] + content[place + 1 :] for place in range(len(content))]
    changed += [
        content[:place] + content[place : place + 1] + content[place:] for place in range(len(content))
    ]
    changed += [content[:size] for size in range(len(content))]

    assert [one for one in changed if is_accepted(one, LEAVES[10])] == []


def test_a_mutant_of_unsigned_extra_data_changes_nothing_that_is_verified() -> None:
    original = proof_of(2, 3, extra=b"hi")
    shown = verify_proof(write_proof(original), KEY.verify_key, origin=LOG, leaf=LEAVES[2])

    for one in mutants(write_proof(original)):
        if is_accepted(one, LEAVES[2]):
            assert read_proof(one).extra not in (None, b"hi")
            assert verify_proof(one, KEY.verify_key, origin=LOG, leaf=LEAVES[2]) == shown


def test_a_mutant_that_reads_as_a_proof_reads_as_another() -> None:
    original = proof_of(2, 3, extra=b"hi")
    alike = []
    for one in mutants(write_proof(original)):
        try:
            if read_proof(one) == original:
                alike.append(one)
        except REFUSALS:
            continue

    assert alike == []


def test_a_proof_under_another_logs_checkpoint_is_refused() -> None:
    content = write_proof(LogProof(0, (LEAVES[1],), signed(2, origin="b.example/log")))

    with pytest.raises(WrongOrigin):
        verify_proof(content, KEY.verify_key, origin=LOG, leaf=LEAVES[0])


def test_a_proof_that_no_given_key_signed_is_refused() -> None:
    other = SigningKey.from_seed(LOG, bytes(32)).verify_key

    with pytest.raises(UnsignedNote):
        verify_proof(write_proof(proof_of(0, 2)), other, origin=LOG, leaf=LEAVES[0])


def test_a_path_to_another_root_is_refused() -> None:
    content = write_proof(LogProof(0, (LEAVES[2],), signed(2)))

    with pytest.raises(NotIncluded):
        verify_proof(content, KEY.verify_key, origin=LOG, leaf=LEAVES[0])


HASH = base64.b64encode(LEAVES[1]).decode()


@pytest.mark.parametrize(
    "head",
    [
        "",
        "index 0",
        "c2sp.org/tlog-proof@v1",
        "c2sp.org/tlog-proof@v2\nindex 0",
        "c2sp.org/tlog-proof@v1\nextra aGk=",
        "c2sp.org/tlog-proof@v1\nindex 0\nextra aGk=",
        "c2sp.org/tlog-proof@v1\nextra aGl=\nindex 0",
        "c2sp.org/tlog-proof@v1\nextra !!!\nindex 0",
        "c2sp.org/tlog-proof@v1\nextra aGk=\nextra aGk=\nindex 0",
        "c2sp.org/tlog-proof@v1\nextra\nindex 0",
        "c2sp.org/tlog-proof@v1\nindex notanumber",
        *(
            f"c2sp.org/tlog-proof@v1\nindex {index}"
            for index in (
                "",
                "-1",
                "-0",
                "+0",
                "00",
                "01",
                " 0",
                "0 ",
                "1_0",
                str(2**63 - 1),
                "9" * 10_000,
                "\u0660",
            )
        ),
        "c2sp.org/tlog-proof@v1\n0",
        f"c2sp.org/tlog-proof@v1\r\nindex 0\r\n{HASH}",
        f"c2sp.org/tlog-proof@v1\nindex 0\n {HASH}",
        f"c2sp.org/tlog-proof@v1\nindex 0\n{HASH[:-1]}",
        f"c2sp.org/tlog-proof@v1\nindex 0\n{base64.b64encode(bytes(16)).decode()}",
        "c2sp.org/tlog-proof@v1\nindex 0\nnot-valid-base64!!!",
    ],
)
def test_what_is_no_proof_is_refused(head: str) -> None:
    with pytest.raises(MalformedProof):
        read_proof(f"{head}\n\n".encode() + signed(1))


def test_what_follows_is_a_signed_checkpoint() -> None:
    head = b"c2sp.org/tlog-proof@v1\nindex 0\n\n"

    for tail in (b"", signed(1) + b"\n", signed(1).partition(b"\n\n")[0] + b"\n"):
        with pytest.raises(MalformedNote):
            read_proof(head + tail)
    for tail in (b"\n" + signed(1), sign_note("no checkpoint\n", KEY)):
        with pytest.raises(MalformedCheckpoint):
            read_proof(head + tail)


@pytest.mark.parametrize(
    ("proof", "refusal"),
    [
        (LogProof(-1, (), signed(1)), MalformedProof),
        (LogProof(True, (), signed(1)), MalformedProof),
        (LogProof(0, (b"short",), signed(1)), MalformedProof),
        (LogProof(0, (), b"not a note"), MalformedNote),
        (LogProof(0, (), sign_note("no checkpoint\n", KEY)), MalformedCheckpoint),
    ],
)
def test_what_would_not_read_back_is_not_written(proof: LogProof, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        write_proof(proof)
