"""Private parts of events: sealed under a subject's data key, bound to the event by a commitment.

The event holds `HMAC-SHA256(salt, JCS(private))`. The salt lies inside the ciphertext, so who has not the
data key can neither read the private part nor try guesses against the commitment; and when the key is
destroyed the event stays whole, byte for byte.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from consent.kernel import canonical
from consent.kernel.errors import AccordantError

KEY_SIZE = 32
_SALT_SIZE = 32
_NONCE_SIZE = 12  # NIST SP 800-38D section 5.2.1.1; random, for far fewer than 2**32 parts a key


class Unsealable(AccordantError):
    """The ciphertext does not open: another key, another event or subject, or it was changed."""

    code = "unsealable"


@dataclass(frozen=True, slots=True)
class SealedPart:
    """A private part as it is stored, and the commitment that stands for it in the event."""

    ciphertext: bytes
    commitment: bytes


@dataclass(frozen=True, slots=True)
class OpenedPart:
    """A private part read back. Whoever is shown it with its salt can check it against the event."""

    private: Mapping[str, Any]
    salt: bytes


def commit(private: Mapping[str, Any], salt: bytes) -> bytes:
    """Return the 32 bytes that stand for `private` in an event.

    :raises MalformedJson: if `private` holds something that canonical JSON cannot express.
    """
    return hmac.digest(salt, canonical.dumps(private), hashlib.sha256)


def seal(private: Mapping[str, Any], *, key: bytes, subject_ref: str, event_id: str) -> SealedPart:
    """Return `private` sealed by AES-256-GCM under `key` (32 bytes), to be opened for this event only.

    :raises MalformedJson: if `private` holds something that canonical JSON cannot express.
    """
    text = canonical.dumps(private)
    salt, nonce = secrets.token_bytes(_SALT_SIZE), secrets.token_bytes(_NONCE_SIZE)
    ciphertext = nonce + AESGCM(key).encrypt(nonce, salt + text, _bound_to(subject_ref, event_id))
    return SealedPart(ciphertext, hmac.digest(salt, text, hashlib.sha256))


def unseal(ciphertext: bytes, *, key: bytes, subject_ref: str, event_id: str) -> OpenedPart:
    """Return what `seal` sealed; compare its `commit` with the event's where the event is at hand.

    :raises Unsealable: if it does not open.
    """
    nonce, sealed = ciphertext[:_NONCE_SIZE], ciphertext[_NONCE_SIZE:]
    try:
        opened = AESGCM(key).decrypt(nonce, sealed, _bound_to(subject_ref, event_id))
    except (InvalidTag, ValueError) as error:
        raise Unsealable("the private part does not open with this subject's key for this event") from error
    return OpenedPart(canonical.loads(opened[_SALT_SIZE:]), opened[:_SALT_SIZE])


def _bound_to(subject_ref: str, event_id: str) -> bytes:
    return f"accordant/private/1\n{subject_ref}\n{event_id}".encode()
