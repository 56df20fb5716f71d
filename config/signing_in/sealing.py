"""The secrets of factors, sealed at rest with a key made from SECRET_KEY."""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_NONCE = 12
_PURPOSE = b"accordant: secrets of factors"


class FactorUnreadable(Exception):
    """Neither SECRET_KEY nor SECRET_KEY_FALLBACKS sealed this."""


def seal(text: str) -> str:
    """Return `text` sealed by the first key."""
    nonce = os.urandom(_NONCE)
    sealed = _cipher(settings.SECRET_KEY).encrypt(nonce, text.encode(), _PURPOSE)
    return urlsafe_b64encode(nonce + sealed).decode()


def unseal(sealed: str) -> str:
    """Return what was sealed, by the first key or one before it.

    :raises FactorUnreadable: if none of them did.
    """
    raw = urlsafe_b64decode(sealed)
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        try:
            return _cipher(key).decrypt(raw[:_NONCE], raw[_NONCE:], _PURPOSE).decode()
        except InvalidTag:
            continue
    raise FactorUnreadable("SECRET_KEY was replaced: list the old one in SECRET_KEY_FALLBACKS")


def _cipher(key: str | bytes) -> AESGCM:
    raw = key.encode() if isinstance(key, str) else key
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(raw))
