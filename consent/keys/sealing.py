"""A secret of the installation's own, such as a password for another system: sealed under a key of its own.

The key is random and wrapped by the key wrapper, as subjects' keys are, so that a KMS never sees the secret.
Both are bound to the secret's name: put in another's place, neither opens.
"""

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from consent.keys.rules import make_key
from consent.keys.types import KeyUnreadable, KeyWrapper, SealedSecret

_NONCE_SIZE = 12


def seal_secret(wrapper: KeyWrapper, secret: str, *, name: str) -> SealedSecret:
    """Return the secret, sealed, to be opened under the same `name` only.

    :raises KeysUnavailable: if the wrapper cannot be asked now.
    """
    key, nonce, version = make_key(), secrets.token_bytes(_NONCE_SIZE), wrapper.newest_version
    wrapped = wrapper.wrap(key, version=version, bound_to=_bound_to_key(name, version))
    sealed = nonce + AESGCM(key).encrypt(nonce, secret.encode(), _bound_to(name))
    return SealedSecret(version=version, wrapped=wrapped, sealed=sealed)


def open_secret(wrapper: KeyWrapper, sealed: SealedSecret, *, name: str) -> str:
    """Return the secret that `seal_secret` sealed under `name`.

    :raises KeyUnreadable: if it does not open.
    :raises KeysUnavailable: if the wrapper cannot be asked now.
    """
    key = _unwrap(wrapper, sealed, name=name)
    try:
        opened = AESGCM(key).decrypt(
            sealed.sealed[:_NONCE_SIZE], sealed.sealed[_NONCE_SIZE:], _bound_to(name)
        )
    except (InvalidTag, ValueError):
        raise KeyUnreadable("A sealed secret does not open: its row was changed. Enter it again.") from None
    return opened.decode()


def rewrap_secret(wrapper: KeyWrapper, sealed: SealedSecret, *, name: str) -> SealedSecret:
    """Return the same secret, its key wrapped under the newest version.

    :raises KeyUnreadable: if it does not open.
    :raises KeysUnavailable: if the wrapper cannot be asked now.
    """
    key, version = _unwrap(wrapper, sealed, name=name), wrapper.newest_version
    wrapped = wrapper.wrap(key, version=version, bound_to=_bound_to_key(name, version))
    return SealedSecret(version=version, wrapped=wrapped, sealed=sealed.sealed)


def _unwrap(wrapper: KeyWrapper, sealed: SealedSecret, *, name: str) -> bytes:
    bound_to = _bound_to_key(name, sealed.version)
    return wrapper.unwrap(sealed.wrapped, version=sealed.version, bound_to=bound_to)


def _bound_to_key(name: str, version: int) -> bytes:
    return f"accordant/secret-key/1\n{name}\n{version}".encode()


def _bound_to(name: str) -> bytes:
    return f"accordant/secret/1\n{name}".encode()
