"""Ed25519 keys and signatures under C2SP names."""

import pytest

from consent.kernel.signing import BadSignature, MalformedKey, SigningKey, VerifyKey

KEY = SigningKey.from_seed("accordant.example/test", bytes(range(32)))


def test_a_signature_holds_for_its_message_and_key_only() -> None:
    signature = KEY.sign(b"message")
    other = SigningKey.from_seed("accordant.example/test", bytes(32))

    KEY.verify_key.verify(b"message", signature)
    for key, message in ((KEY, b"massage"), (other, b"message")):
        with pytest.raises(BadSignature):
            key.verify_key.verify(message, signature)


def test_every_changed_bit_of_a_signature_is_refused() -> None:
    signature = KEY.sign(b"message")

    for bit in range(len(signature) * 8):
        changed = bytearray(signature)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(BadSignature):
            KEY.verify_key.verify(b"message", bytes(changed))


def test_a_key_reads_back_from_its_published_form() -> None:
    assert VerifyKey.parse(f" {KEY.verify_key.text}\n") == KEY.verify_key


def test_every_mutant_of_a_published_key_is_refused() -> None:
    text = KEY.verify_key.text
    mutants = [
        text[:i] + other + text[i + 1 :] for i in range(len(text)) for other in "a0+=~" if text[i] != other
    ]

    for mutant in mutants:
        with pytest.raises(MalformedKey):
            VerifyKey.parse(mutant)


@pytest.mark.parametrize("text", ["", "+", "++", "name", "name+00000000+AQ==", "name+x+@"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(MalformedKey):
        VerifyKey.parse(text)


@pytest.mark.parametrize(
    ("name", "seed"), [("", bytes(32)), ("a b", bytes(32)), ("a+b", bytes(32)), ("a", bytes(31))]
)
def test_a_key_needs_a_name_and_32_bytes(name: str, seed: bytes) -> None:
    with pytest.raises(MalformedKey):
        SigningKey.from_seed(name, seed)


def test_a_private_key_does_not_print_itself() -> None:
    assert repr(KEY) == "SigningKey('accordant.example/test')"
