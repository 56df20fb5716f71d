"""Ed25519 signatures with the key names of C2SP signed notes (<https://c2sp.org/signed-note>).

A verifier key is published as text: `name+hash+base64(0x01 || public key)`, where the hash is the first
four bytes of SHA-256(name || 0x0A || 0x01 || public key), in hex. So a key names itself and cannot be
mistaken for another.
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from consent.kernel.errors import AccordantError

_ED25519 = b"\x01"
_SEED_SIZE = 32
_KEY_NAME = re.compile(r"[^\s+\x00-\x1f\ud800-\udfff]+")


class BadSignature(AccordantError):
    """The signature is not this key's over this message."""

    code = "bad_signature"


class MalformedKey(AccordantError):
    """The text is not a key."""

    code = "malformed_key"


def is_key_name(name: str) -> bool:
    """Whether `name` can stand in a note: not empty, no Unicode space, no "+", no control character."""
    return _KEY_NAME.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class VerifyKey:
    """A public key and the name it signs under."""

    name: str
    public: bytes

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the key in `text` (a C2SP verifier key, surrounding white space allowed).

        :raises MalformedKey: if it is none, or its hash is not its own.
        """
        name, _, rest = text.strip().partition("+")
        stated, _, encoded = rest.partition("+")
        try:
            raw = base64.b64decode(encoded, validate=True)
        except ValueError as error:
            raise MalformedKey("not a verifier key: its last part is not base64") from error
        if not is_key_name(name):
            raise MalformedKey("not a verifier key: its name cannot stand in a note")
        key = cls(name, raw[1:])
        if raw[:1] != _ED25519 or len(raw) != 1 + _SEED_SIZE or key.text != text.strip() or not stated:
            raise MalformedKey("not an Ed25519 verifier key of the form name+hash+key")
        return key

    @property
    def key_hash(self) -> bytes:
        """The four bytes that stand for this key beside its signatures."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:4]

    @property
    def text(self) -> str:
        """The key as it is published."""
        encoded = base64.b64encode(_ED25519 + self.public).decode()
        return f"{self.name}+{self.key_hash.hex()}+{encoded}"

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the public key, in groups of four hex digits, for people to compare."""
        digits = hashlib.sha256(self.public).hexdigest()
        return " ".join(digits[place : place + 4] for place in range(0, len(digits), 4))

    def verify(self, message: bytes, signature: bytes) -> None:
        """Return if `signature` is this key's over `message`.

        :raises BadSignature: if it is not.
        """
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError) as error:
            raise BadSignature(f"not a signature of {self.name} over this content") from error


class SigningKey:
    """A private key and the name it signs under. Its text form shows only the name."""

    __slots__ = ("_private", "verify_key")

    def __init__(self, name: str, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.verify_key = VerifyKey(name, private.public_key().public_bytes_raw())

    @classmethod
    def from_seed(cls, name: str, seed: bytes) -> Self:
        """Return the key made from a seed of 32 bytes.

        :raises MalformedKey: if the seed has another length, or the name cannot stand in a note.
        """
        if len(seed) != _SEED_SIZE:
            raise MalformedKey(f"an Ed25519 seed has {_SEED_SIZE} bytes, not {len(seed)}")
        if not is_key_name(name):
            raise MalformedKey(
                "a key's name is not empty; it has no white space, no '+', no control characters"
            )
        return cls(name, Ed25519PrivateKey.from_private_bytes(seed))

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes of the signature over `message` (RFC 8032)."""
        return self._private.sign(message)

    def __repr__(self) -> str:
        return f"SigningKey({self.verify_key.name!r})"
