"""Writing a pack: a folder, or a zip archive where the name ends in `.zip`."""

import os
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from consent.kernel import canonical
from consent.kernel.checkpoints import read_checkpoint
from consent.kernel.errors import AccordantError
from consent.kernel.notes import read_note
from consent.kernel.sealing import OpenedPart
from consent.kernel.signing import SigningKey
from consent.verifier.digests import digest_bytes
from consent.verifier.envelopes import read_envelope
from consent.verifier.packs import layout
from consent.verifier.packs.content import PackContent, PackLeaf
from consent.verifier.packs.readme import write_readme
from consent.verifier.packs.statement import PACK_STATEMENT, PackStatement

Add = Callable[[str, bytes], None]
"""Adds one file to a pack."""

_EPOCH = (1980, 1, 1, 0, 0, 0)  # an archive tells no time but the one in its statement
_OWNER_ONLY = 0o600
_OWNERS_FOLDER = 0o700


class PackExists(AccordantError):
    """Something of that name is there already."""

    code = "pack_exists"


def write_pack(
    target: Path, content: PackContent, key: SigningKey, *, overwrite: bool = False
) -> PackStatement:
    """Write the pack to `target`, for its owner's eyes only, and return what it states, signed with `key`.

    `key` is the log's key for the pack's checkpoint, or one after it. The name appears when the pack is
    whole. With `overwrite`, a pack of that name gives way to it then, and not before.

    :raises PackExists: if `target` is there, or with `overwrite` is no pack. :raises OSError: if it cannot
        be written.
    :raises MalformedEnvelope, MalformedNote, MalformedCheckpoint: if a part is not what it is said to be.
    """
    partial = target.with_name(f"{target.name}.partial")
    check_target(target, overwrite=overwrite)
    write = _write_archive if target.suffix == ".zip" else _write_folder
    try:
        statement = write(partial, content, key)
    except BaseException:
        shutil.rmtree(partial) if partial.is_dir() else partial.unlink(missing_ok=True)
        raise
    _replace(target, partial)
    return statement


def check_target(target: Path, *, overwrite: bool) -> None:
    """Check that a pack may be written to `target`.

    :raises PackExists: if something is there that it must not take the place of.
    """
    for ending in ("partial", "old"):
        if os.path.lexists(target.with_name(f"{target.name}.{ending}")):
            raise PackExists(f"{target.name}.{ending}: another is at work, or was cut short: then delete it")
    if os.path.lexists(target) and not (overwrite and _is_pack(target)):
        raise PackExists(f"{target.name}: there already" + (", and no pack" if overwrite else ""))


def _is_pack(path: Path) -> bool:
    """Return whether `path` looks like a pack, so that nothing else is ever deleted."""
    if path.is_symlink():
        return False
    if path.is_dir():
        return path.suffix != ".zip" and (path / layout.STATEMENT).is_file()
    if path.suffix != ".zip" or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return layout.STATEMENT in archive.namelist()


def _replace(target: Path, partial: Path) -> None:
    if not target.is_dir():
        partial.replace(target)
        return
    old = target.with_name(f"{target.name}.old")
    target.rename(old)
    partial.rename(target)
    shutil.rmtree(old)


def _write_folder(partial: Path, content: PackContent, key: SigningKey) -> PackStatement:
    partial.mkdir(mode=_OWNERS_FOLDER)

    def add(name: str, data: bytes) -> None:
        path = partial / name
        path.parent.mkdir(mode=_OWNERS_FOLDER, exist_ok=True)
        with os.fdopen(_create(path), "wb") as file:
            file.write(data)

    return _add_all(add, content, key)


def _write_archive(partial: Path, content: PackContent, key: SigningKey) -> PackStatement:
    with os.fdopen(_create(partial), "wb") as file, zipfile.ZipFile(file, "w") as archive:

        def add(name: str, data: bytes) -> None:
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = _OWNER_ONLY << 16
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED)

        return _add_all(add, content, key)


def _create(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _OWNER_ONLY)


def _add_all(add: Add, content: PackContent, key: SigningKey) -> PackStatement:
    digests = dict[str, str]()
    for name, data in _files(content):
        if name in digests:
            raise layout.MalformedPack(f"{name} would be written twice")
        add(name, data)
        digests[name] = digest_bytes(data)
    statement = PackStatement(
        origin=content.origin, kind=content.kind, created_at=content.created_at, files=digests
    )
    add(layout.STATEMENT, PACK_STATEMENT.write(statement, key))
    return statement


def _files(content: PackContent) -> Iterator[tuple[str, bytes]]:
    yield layout.README, write_readme(content).encode()
    yield layout.KEYS, f"{content.first_key.text}\n".encode()
    for number, note in enumerate(content.handovers):
        yield layout.handover_name(number), note
    yield layout.CHECKPOINT, content.checkpoint
    for note in content.checkpoints:
        yield layout.checkpoint_name(read_checkpoint(read_note(note).text).size), note
    for (first, second), path in content.consistency.items():
        data = canonical.dumps({"path": [one.hex() for one in path]})
        yield layout.consistency_name(first, second), data
    for leaf in content.leaves:
        yield from _leaf_files(leaf)


def _leaf_files(leaf: PackLeaf) -> Iterator[tuple[str, bytes]]:
    event_id = read_envelope(leaf.envelope).event_id
    yield layout.leaf_name(leaf.index), leaf.envelope
    yield layout.proof_name(leaf.index), leaf.proof
    if leaf.receipt is not None:
        yield layout.receipt_name(event_id), leaf.receipt
    if leaf.private is not None:
        yield layout.private_name(event_id), write_private(leaf.private)


def write_private(part: OpenedPart) -> bytes:
    """Return the bytes of the file that shows a private part with its salt."""
    return canonical.dumps({"private": part.private, "salt": part.salt.hex()})
