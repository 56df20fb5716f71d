"""Checking a pack offline, from the log's first public key down to every byte in it."""

from collections.abc import Iterator
from pathlib import Path

from consent.kernel.checkpoints import Checkpoint
from consent.kernel.errors import AccordantError
from consent.kernel.handover import KeyChain, read_handover
from consent.kernel.signing import VerifyKey
from consent.verifier.checks import Check
from consent.verifier.digests import digest_bytes
from consent.verifier.packs import layout
from consent.verifier.packs.each import naming
from consent.verifier.packs.history import History, check_history
from consent.verifier.packs.leaves import PackedLeaves, check_leaves
from consent.verifier.packs.reading import PackFiles, open_pack
from consent.verifier.packs.receipts import check_private_parts, check_receipts
from consent.verifier.packs.statement import PACK_STATEMENT, PackStatement


def verify_pack(path: Path, trusted_key: VerifyKey, *, origin: str | None = None) -> list[Check]:
    """Return each check of the pack at `path`, a folder or a zip archive; a failed one names its file.

    Only `trusted_key` is trusted, which is the log's first key: the one in the pack is compared with it.
    `origin` is the log's name; without it, the key's name is, as C2SP recommends.

    :raises OSError: if the pack cannot be read.
    """
    checks = list[Check]()
    try:
        with open_pack(path) as files:
            checks.extend(_verify(files, trusted_key, trusted_key.name if origin is None else origin))
    except AccordantError as error:
        checks.append(Check(passed=False, statement=str(error)))
    return checks


def _verify(files: PackFiles, trusted_key: VerifyKey, origin: str) -> Iterator[Check]:
    with naming(layout.STATEMENT):
        signed = PACK_STATEMENT.read(files.read(layout.STATEMENT))
    yield Check(signed.statement.origin == origin, f"pack.json is of the log {origin}")
    yield from _check_files(files, signed.statement)
    with naming(layout.KEYS):
        is_first = files.read(layout.KEYS) == f"{trusted_key.text}\n".encode()
    yield Check(is_first, "keys.txt holds the key that was given")
    chain = _read_chain(files, trusted_key, origin)
    yield Check(passed=True, statement=f"{len(chain.keys)} of the log's keys follow from the one given")
    with naming(layout.CHECKPOINT):
        newest = chain.verify_checkpoint(files.read(layout.CHECKPOINT))
    yield Check(passed=True, statement=f"checkpoint.note is signed: the log has {newest.size} leaves")
    with naming(layout.STATEMENT):
        key = PACK_STATEMENT.check_signature(signed, *chain.keys_from(newest.size))
    yield Check(passed=True, statement=f"pack.json is signed by {key.text}")
    yield from _check_content(files, signed.statement, chain, newest)


def _read_chain(files: PackFiles, trusted_key: VerifyKey, origin: str) -> KeyChain:
    notes = list[bytes]()
    for name in layout.list_names("handover", files.names).values():
        with naming(name):
            notes.append(files.read(name))
            read_handover(notes[-1])
    with naming("handovers"):
        return KeyChain.from_notes(trusted_key, notes, origin)


def _check_files(files: PackFiles, statement: PackStatement) -> Iterator[Check]:
    stated, there = set(statement.files), files.names - {layout.STATEMENT}
    faults = [f"{name!r} is not in pack.json" for name in sorted(there - stated)]
    faults += [f"{name!r} is missing" for name in sorted(stated - there)]
    faults += [
        f"{name!r} is nothing that belongs into a pack" for name in sorted(there) if not layout.is_known(name)
    ]
    for name in sorted(there & stated):
        if layout.is_known(name) and not _is_the_same(files, name, statement.files[name]):
            faults.append(f"{name} is not the file that pack.json names")
    yield from (Check(passed=False, statement=fault) for fault in faults)
    if not faults:
        yield Check(passed=True, statement=f"the {len(there)} files are those that pack.json names")


def _is_the_same(files: PackFiles, name: str, digest: str) -> bool:
    try:
        return digest_bytes(files.read(name)) == digest
    except layout.MalformedPack:
        return False


def _check_content(
    files: PackFiles, statement: PackStatement, chain: KeyChain, newest: Checkpoint
) -> Iterator[Check]:
    leaves = PackedLeaves(statement.kind)
    yield from check_leaves(files, chain, newest, leaves)
    history = History(newest)
    yield from check_history(files, chain, history)
    yield from check_receipts(files, chain, leaves, history)
    yield from check_private_parts(files, leaves)
