"""The bytes a version is published as, and the digest that names them."""

import hashlib
from typing import Any

from consent.kernel import canonical


def seal(document: dict[str, Any]) -> tuple[bytes, str]:
    """Return `document` as canonical JSON (RFC 8785), and `sha256:` with 64 hex digits over it."""
    frozen = canonical.dumps(document)
    return frozen, f"sha256:{hashlib.sha256(frozen).hexdigest()}"
