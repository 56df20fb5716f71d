"""The digests by which files, and folders of files, are named."""

import hashlib
from pathlib import Path

_FOLDER = b"accordant/folder/1\n"


def digest_bytes(content: bytes) -> str:
    """Return `sha256:` and the hex digest of `content`."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def digest_file(path: Path) -> str:
    """Return `sha256:` and the hex digest of the file's bytes."""
    return f"sha256:{_hash(path)}"


def digest_path(path: Path) -> str:
    """Return the digest of a file's bytes; of a folder, that of the list of all that is in it.

    The list has a line for each file at any depth, hidden ones included, in the order of their names' bytes:
    the hex digest, two spaces, and the name below the folder. So no file can be added, taken away, changed or
    renamed.
    """
    if not path.is_dir():
        return digest_file(path)
    files = {found.relative_to(path).as_posix(): found for found in path.rglob("*") if not found.is_dir()}
    in_order = sorted(files, key=lambda name: name.encode())
    lines = (f"{_hash(files[name])}  {name}\n".encode() for name in in_order)
    return digest_bytes(_FOLDER + b"".join(lines))


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
