"""Random identifiers. They carry a prefix, so that a reader of a log knows what a stray one names."""

import secrets

_RANDOM_BYTES = 16


def new_id(prefix: str) -> str:
    """Return `prefix`, an underscore and 128 random bits in hex; never derived from anything."""
    return f"{prefix}_{secrets.token_hex(_RANDOM_BYTES)}"
