"""Checkpoints: one way to write each, signed, and refused when any byte is another."""

import base64
from collections.abc import Iterator

import pytest

from consent.kernel.checkpoints import (
    MAX_SIZE,
    Checkpoint,
    MalformedCheckpoint,
    WrongOrigin,
    read_checkpoint,
    sign_checkpoint,
    verify_checkpoint,
    write_checkpoint,
)
from consent.kernel.merkle import EMPTY_ROOT
from consent.kernel.notes import MalformedNote, UnsignedNote, read_note, sign_note
from consent.kernel.signing import BadSignature, SigningKey

LOG = "a.example/log"
KEY = SigningKey.from_seed(LOG, bytes(range(32)))
ROOT = base64.b64decode("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")

# The example of the specification; its key is not published, so it can be read but not verified.
PUBLISHED = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "\u2014 example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
)


def mutants(content: bytes) -> Iterator[bytes]:
    for place in range(len(content)):
        for value in range(256):
            if value != content[place]:
                yield content[:place] + bytes([value]) + content[place + 1 :]


def is_accepted(content: bytes) -> bool:
    try:
        verify_checkpoint(content, KEY.verify_key, origin=LOG)
    except (MalformedNote, UnsignedNote, BadSignature, MalformedCheckpoint, WrongOrigin):
        return False
    return True


def test_the_published_checkpoint_is_read_and_written() -> None:
    text = read_note(PUBLISHED.encode()).text

    assert read_checkpoint(text) == Checkpoint("example.com/behind-the-sofa", 20852163, ROOT)
    assert write_checkpoint(read_checkpoint(text)) == text


@pytest.mark.parametrize(
    "checkpoint",
    [
        Checkpoint(LOG, 0, EMPTY_ROOT),
        Checkpoint(LOG, 1, ROOT),
        Checkpoint("an origin may be any line +", MAX_SIZE, ROOT),
        Checkpoint(LOG, 10, ROOT, ("one", " two ", "\u2014 three AAAAAAA=")),
    ],
)
def test_a_signed_checkpoint_is_verified_and_read_back(checkpoint: Checkpoint) -> None:
    content = sign_checkpoint(checkpoint, KEY)

    assert verify_checkpoint(content, KEY.verify_key, origin=checkpoint.origin) == checkpoint


def test_a_checkpoint_of_another_log_is_refused_though_the_key_is_known() -> None:
    content = sign_checkpoint(Checkpoint("b.example/log", 1, ROOT), KEY)

    with pytest.raises(WrongOrigin):
        verify_checkpoint(content, KEY.verify_key, origin=LOG)


def test_a_checkpoint_nobody_known_signed_is_refused() -> None:
    with pytest.raises(UnsignedNote):
        verify_checkpoint(PUBLISHED.encode(), KEY.verify_key, origin="example.com/behind-the-sofa")


def test_a_signed_note_that_is_no_checkpoint_is_refused() -> None:
    with pytest.raises(MalformedCheckpoint):
        verify_checkpoint(sign_note(f"{LOG}\n1\n", KEY), KEY.verify_key, origin=LOG)


def test_every_single_byte_mutant_is_refused() -> None:
    content = sign_checkpoint(Checkpoint(LOG, 7, ROOT), KEY)

    assert is_accepted(content)
    assert [one for one in mutants(content) if is_accepted(one)] == []


def test_a_mutant_that_reads_as_a_checkpoint_reads_as_another() -> None:
    checkpoint = Checkpoint("a", 10, ROOT, ("x",))
    alike = []
    for one in mutants(write_checkpoint(checkpoint).encode()):
        try:
            if read_checkpoint(one.decode("latin-1")) == checkpoint:
                alike.append(one)
        except MalformedCheckpoint:
            continue

    assert alike == []


ENCODED = base64.b64encode(ROOT).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n\n",
        f"{LOG}\n1\n",
        f"{LOG}\n1\n{ENCODED}",
        f"\n1\n{ENCODED}\n",
        f"{LOG}\n\n{ENCODED}\n",
        f"{LOG}\n1\n\n",
        f"{LOG}\n1\n{ENCODED}\n\n",
        f"{LOG}\n1\n{ENCODED}\n\nextension\n",
        f"{LOG}\n1\n{ENCODED[:-2]}J=\n",
        f"{LOG}\n1\n{ENCODED[:-1]}\n",
        f"{LOG}\n1\n{ENCODED} \n",
        f"{LOG}\n1\n{base64.b64encode(ROOT[1:]).decode()}\n",
        f"{LOG}\n1\n{base64.b64encode(ROOT + b'x').decode()}\n",
        f"{LOG}\n1\n\u00e9\n",
        *(
            f"{LOG}\n{size}\n{ENCODED}\n"
            for size in (
                "01",
                "00",
                "-1",
                "-0",
                "+1",
                " 1",
                "1 ",
                "1_0",
                "1e3",
                "0x1",
                "1.0",
                "\u0661",
                "\uff11",
            )
        ),
        f"{LOG}\n{MAX_SIZE + 1}\n{ENCODED}\n",
        f"{LOG}\n{'9' * 10_000}\n{ENCODED}\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(MalformedCheckpoint):
        read_checkpoint(text)


@pytest.mark.parametrize(
    "checkpoint",
    [
        Checkpoint("", 1, ROOT),
        Checkpoint("a\nb", 1, ROOT),
        Checkpoint(f"a\n1\n{ENCODED}", 2, ROOT),
        Checkpoint(LOG, -1, ROOT),
        Checkpoint(LOG, MAX_SIZE + 1, ROOT),
        Checkpoint(LOG, True, ROOT),
        Checkpoint(LOG, 1, ROOT[1:]),
        Checkpoint(LOG, 1, ROOT, ("",)),
        Checkpoint(LOG, 1, ROOT, ("a\nb",)),
    ],
)
def test_what_would_not_read_back_is_not_written(checkpoint: Checkpoint) -> None:
    with pytest.raises(MalformedCheckpoint):
        write_checkpoint(checkpoint)


def test_a_control_character_is_not_signed() -> None:
    with pytest.raises(MalformedNote):
        sign_checkpoint(Checkpoint("a\rb", 1, ROOT), KEY)
