"""STANDIN for consent.keys: derived keys, forgotten ones by process."""

import hashlib
import hmac
from collections.abc import Iterable

from django.conf import settings

from consent.kernel.errors import AccordantError

DESTROYED: set[str] = set()


class KeysUnavailable(AccordantError):
    """The database of keys cannot be reached."""

    code = "keys_unavailable"
    status = 503


class KeyUnreadable(AccordantError):
    """A stored key does not open."""

    code = "key_unreadable"
    status = 503


def get_keys(refs: Iterable[str]) -> dict[str, bytes]:
    """Return the data keys of `refs`; only those that are there."""
    return {ref: _derive(ref) for ref in set(refs) - DESTROYED}


def _derive(ref: str) -> bytes:
    return hmac.digest(settings.SECRET_KEY.encode(), ref.encode(), hashlib.sha256)
