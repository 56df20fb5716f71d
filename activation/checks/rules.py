"""The form of an API key. Pure."""

import hashlib
import secrets

PREFIX = "acc_"
"""So that a key found in a log or a repository is known for what it is."""


def new_key() -> str:
    """Return a new key: the prefix and 256 random bits."""
    return PREFIX + secrets.token_urlsafe(32)


def hash_key(key: str) -> bytes:
    """Return what is kept of `key`."""
    return hashlib.sha256(key.encode()).digest()
