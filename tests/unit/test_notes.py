"""Signed notes, held against the published example of the Go package, and against every byte changed."""

import base64
from collections.abc import Iterator

import pytest

from consent.kernel.errors import AccordantError
from consent.kernel.notes import MalformedNote, UnsignedNote, read_note, sign_note, verify_note
from consent.kernel.signing import BadSignature, MalformedKey, SigningKey, VerifyKey, is_key_name

# The example of golang.org/x/mod/sumdb/note: both keys, the text and both signatures are published there.
PETER = VerifyKey.parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
PETER_SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
ENOCH = VerifyKey.parse("EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop")
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETER_SIGNED = (
    "\u2014 PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
ENOCH_SIGNED = (
    "\u2014 EnochRoot "
    "rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
)
ENOCH_FALSIFIED = ENOCH_SIGNED.replace("rwz+eBzm", "rwz+eBzn")
KEY = SigningKey.from_seed("a.example/log", bytes(range(32)))


def note(*lines: str, text: str = TEXT) -> bytes:
    return f"{text}\n{''.join(lines)}".encode()


def mutants(content: bytes) -> Iterator[bytes]:
    for place in range(len(content)):
        for value in range(256):
            if value != content[place]:
                yield content[:place] + bytes([value]) + content[place + 1 :]


def is_accepted(content: bytes, *keys: VerifyKey) -> bool:
    try:
        verify_note(content, *keys)
    except (MalformedNote, UnsignedNote, BadSignature):
        return False
    return True


def test_the_published_note_is_signed_byte_for_byte() -> None:
    peter = SigningKey.from_seed("PeterNeumann", PETER_SEED)

    assert peter.verify_key == PETER
    assert sign_note(TEXT, peter) == note(PETER_SIGNED)


def test_the_published_note_is_verified() -> None:
    content = note(PETER_SIGNED, ENOCH_SIGNED)

    assert verify_note(content, PETER, ENOCH) == read_note(content)
    assert read_note(content).text == TEXT
    assert [one.name for one in read_note(content).signatures] == ["PeterNeumann", "EnochRoot"]


def test_only_verified_signatures_are_handed_back() -> None:
    verified = verify_note(note(ENOCH_SIGNED, PETER_SIGNED), PETER)

    assert [one.name for one in verified.signatures] == ["PeterNeumann"]


def test_a_signature_of_an_unknown_key_is_ignored_even_if_it_is_false() -> None:
    assert is_accepted(note(PETER_SIGNED, ENOCH_FALSIFIED), PETER)


def test_a_false_signature_of_a_known_key_is_refused_beside_a_good_one() -> None:
    for lines in ((PETER_SIGNED, ENOCH_FALSIFIED), (ENOCH_FALSIFIED, PETER_SIGNED)):
        with pytest.raises(BadSignature):
            verify_note(note(*lines), PETER, ENOCH)


def test_a_false_signature_is_refused_before_and_after_a_good_one_of_the_same_key() -> None:
    for lines in ((ENOCH_SIGNED, ENOCH_FALSIFIED), (ENOCH_FALSIFIED, ENOCH_SIGNED)):
        with pytest.raises(BadSignature):
            verify_note(note(*lines), ENOCH)


def test_a_note_that_no_given_key_signed_is_refused() -> None:
    other_peter = SigningKey.from_seed("PeterNeumann", bytes(32)).verify_key
    renamed = VerifyKey("PeterNeumann2", PETER.public)

    for keys in ((), (ENOCH,), (other_peter,), (renamed,)):
        with pytest.raises(UnsignedNote):
            verify_note(note(PETER_SIGNED), *keys)


def test_another_text_under_the_signature_is_refused() -> None:
    with pytest.raises(BadSignature):
        verify_note(note(PETER_SIGNED, text=TEXT + "\n"), PETER)


@pytest.mark.parametrize(
    "text", ["\n", "a\n", "\n\n\n", "a\n\nb\n", "è\u2028\x7f\ufeff\n", "a\n\n\u2014 b AAAAAAA=\n"]
)
def test_every_text_that_ends_in_a_newline_is_read_back(text: str) -> None:
    assert verify_note(sign_note(text, KEY), KEY.verify_key).text == text


@pytest.mark.parametrize(
    "text", ["", "a", "a\n\n\u2014 b AAAAAAA=", "a\r\n", "\x00\n", "\t\n", "\x1f\n", "\ud800\n"]
)
def test_a_text_that_cannot_stand_in_a_note_is_not_signed(text: str) -> None:
    with pytest.raises(MalformedNote):
        sign_note(text, KEY)


def test_a_note_is_signed_by_at_least_one_key() -> None:
    with pytest.raises(MalformedNote):
        sign_note(TEXT)


def test_every_single_byte_mutant_is_refused() -> None:
    content = sign_note("a\n", KEY)

    assert is_accepted(content, KEY.verify_key)
    assert [one for one in mutants(content) if is_accepted(one, KEY.verify_key)] == []


def test_every_byte_dropped_or_doubled_is_refused() -> None:
    content = sign_note("ab\n", KEY)
    changed = [content[:place] + content[place + 1 :] for place in range(len(content))]
    changed += [
        content[:place] + content[place : place + 1] + content[place:] for place in range(len(content))
    ]
    changed += [content[:size] for size in range(len(content))]

    assert [one for one in changed if is_accepted(one, KEY.verify_key)] == []


def test_no_mutant_of_a_note_with_two_signatures_changes_what_is_verified() -> None:
    other = SigningKey.from_seed("b", bytes(32))
    content = sign_note("a\n", KEY, other)

    for one in mutants(content):
        if is_accepted(one, KEY.verify_key, other.verify_key):
            verified = verify_note(one, KEY.verify_key, other.verify_key)
            assert verified.text == "a\n"
            assert set(verified.signatures) < set(read_note(content).signatures)


def test_a_mutant_that_reads_as_a_note_reads_as_another_note() -> None:
    content = sign_note("a\n", KEY)
    original = read_note(content)
    alike = []
    for one in mutants(content):
        try:
            if read_note(one) == original:
                alike.append(one)
        except MalformedNote:
            continue

    assert alike == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"\n\n",
        TEXT.encode(),
        note(),
        note(PETER_SIGNED.removesuffix("\n")),
        note(PETER_SIGNED, "\n"),
        (TEXT + PETER_SIGNED).encode(),
        note(PETER_SIGNED, "Unexpected line.\n"),
        note(PETER_SIGNED.replace("\n", "\r\n")),
        note(PETER_SIGNED, text="\x01" + TEXT),
        b"\xff" + note(PETER_SIGNED),
        b"\xed\xa0\x80" + note(PETER_SIGNED),
        note(PETER_SIGNED.replace("PeterNeumann", "Bad Name")),
        note(PETER_SIGNED.replace("PeterNeumann", "Bad\u00a0Name")),
        note(PETER_SIGNED.replace("PeterNeumann", "Bad+Name")),
        note(PETER_SIGNED.replace("PeterNeumann", "")),
        note(PETER_SIGNED.replace("\u2014", "-")),
        note(PETER_SIGNED.replace("AM=", "AN=")),
        note(PETER_SIGNED.replace("AM=", "AM")),
        note(PETER_SIGNED.replace("=\n", "= \n")),
        note("\u2014 PeterNeumann \n"),
        note("\u2014 PeterNeumann x08gow==\n"),
        note("\u2014 PeterNeumann \u00e9\n"),
        note(*[PETER_SIGNED] * 101),
    ],
)
def test_what_is_no_note_is_refused(content: bytes) -> None:
    with pytest.raises(MalformedNote):
        verify_note(content, PETER)


def test_a_hundred_signatures_are_read() -> None:
    assert len(verify_note(note(*[PETER_SIGNED] * 100), PETER).signatures) == 100


@pytest.mark.parametrize(
    "name", ["", "a b", "a\u00a0b", "a\u2028b", "a\u0085b", "a+b", "a\x00b", "a\ud800", "a\n"]
)
def test_a_name_that_cannot_stand_in_a_note_names_no_key(name: str) -> None:
    assert not is_key_name(name)
    with pytest.raises(MalformedKey):
        SigningKey.from_seed(name, bytes(32))
    with pytest.raises(AccordantError):
        VerifyKey.parse(f"{name}+00000000+{base64.b64encode(bytes([1]) + bytes(32)).decode()}")


def test_a_verifier_key_is_refused_for_its_name_though_its_hash_is_right() -> None:
    with pytest.raises(MalformedKey):
        VerifyKey.parse(VerifyKey("a b", PETER.public).text)


def test_a_verifier_key_beyond_ascii_is_refused_as_malformed() -> None:
    with pytest.raises(MalformedKey):
        VerifyKey.parse("name+00000000+\u00e9")
