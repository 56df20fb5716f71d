"""The digests by which files are named."""

import hashlib
from pathlib import Path


def digest_bytes(content: bytes) -> str:
    """Return `sha256:` and the hex digest of `content`."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def digest_file(path: Path) -> str:
    """Return `sha256:` and the hex digest of the file's bytes."""
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
