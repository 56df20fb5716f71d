"""Identifiers in the form that platforms match by: normalised as the platform says, then hashed."""

import hashlib
import re

from activation.destinations.kinds.platform_rows import text_of
from consent.subjects.rules import MalformedIdentifier, normalise_value
from consent.subjects.types import IdentifierKind

_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_YES = frozenset({"granted", "yes", "true", "1"})
_NO = frozenset({"no", "false", "0"})


def normalised(kind: IdentifierKind, value: object) -> str:
    """Return the value as Accordant looks it up, empty if it is none of its kind."""
    text = text_of(value)
    try:
        return normalise_value(kind, text) if text else ""
    except MalformedIdentifier:
        return ""


def sha256_hex(text: str) -> str:
    """Return the SHA-256 of a normalised value in hex; of an empty one, nothing."""
    return hashlib.sha256(text.encode()).hexdigest() if text else ""


def masked(value: object) -> str:
    """Return a value that was hashed before, empty if it is no SHA-256."""
    text = text_of(value).lower()
    return text if _SHA256.fullmatch(text) else ""


def says_yes(value: object) -> bool:
    """Return whether a column says yes in so many words; anything else, or nothing, is no yes."""
    return text_of(value).lower() in _YES


def says_no(value: object) -> bool:
    """Return whether a column says no in so many words; anything else, or nothing, is no no."""
    return text_of(value).lower() in _NO
