"""How a data key is wrapped: AES-256-GCM, bound to its subject and to the wrapping key's version."""

import secrets
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from consent.keys.types import KEY_SIZE, KeyUnreadable, KeyWrapper

_NONCE_SIZE = 12  # NIST SP 800-38D section 8.2.2: random, so at most 2**32 keys for each version


def make_key() -> bytes:
    """Return a new random data key."""
    return secrets.token_bytes(KEY_SIZE)


def bind(subject_ref: str, version: int) -> bytes:
    """Return what a wrapped key is bound to: elsewhere, or as another version, it does not open."""
    return f"accordant/data-key/1\n{subject_ref}\n{version}".encode()


def wrap_key(wrapper: KeyWrapper, key: bytes, *, subject_ref: str, version: int) -> bytes:
    """Return the subject's `key` wrapped under `version`.

    :raises KeysUnavailable: if the wrapper cannot be asked now.
    """
    return wrapper.wrap(key, version=version, bound_to=bind(subject_ref, version))


def unwrap_key(wrapper: KeyWrapper, wrapped: bytes, *, subject_ref: str, version: int) -> bytes:
    """Return the subject's key that `wrap_key` wrapped.

    :raises KeyUnreadable: if it does not open, or is no key.
    :raises KeysUnavailable: if the wrapper cannot be asked now.
    """
    key = wrapper.unwrap(wrapped, version=version, bound_to=bind(subject_ref, version))
    if len(key) != KEY_SIZE:
        raise KeyUnreadable(f"A data key of version {version} opens to {len(key)} bytes, not {KEY_SIZE}.")
    return key


class LocalKeyWrapper:
    """Wraps with key-encryption keys that this process holds."""

    def __init__(self, keys: Mapping[int, bytes], *, version: int | None = None) -> None:
        """Take the key-encryption keys, 32 bytes each, by version; there is at least one.

        `version` wraps new keys: one of theirs, the highest if none is given.
        """
        self._ciphers = {version: AESGCM(key) for version, key in keys.items()}
        self.newest_version = max(keys) if version is None else version

    def wrap(self, key: bytes, *, version: int, bound_to: bytes) -> bytes:
        """Return a random nonce and `key` encrypted under `version`."""
        nonce = secrets.token_bytes(_NONCE_SIZE)
        return nonce + self._cipher(version).encrypt(nonce, key, bound_to)

    def unwrap(self, wrapped: bytes, *, version: int, bound_to: bytes) -> bytes:
        """Return the key that `wrap` was given.

        :raises KeyUnreadable: if `version` is not known, or `wrapped` does not open.
        """
        cipher = self._cipher(version)
        try:
            return cipher.decrypt(wrapped[:_NONCE_SIZE], wrapped[_NONCE_SIZE:], bound_to)
        except (InvalidTag, ValueError) as error:
            raise KeyUnreadable(
                f"A data key does not open with master key version {version}: that version holds another"
                " key than it did, or the row was changed."
            ) from error

    def _cipher(self, version: int) -> AESGCM:
        try:
            return self._ciphers[version]
        except KeyError:
            known = ", ".join(map(str, sorted(self._ciphers)))
            raise KeyUnreadable(
                f"A data key is wrapped under master key version {version}, and there is only {known}."
                f" Put version {version} back into ACCORDANT_MASTER_KEYS; nothing is lost."
            ) from None
