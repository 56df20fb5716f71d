"""Checking an access package offline. Nothing is unpacked: each file is read through, within limits."""

import hashlib
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from consent.kernel.errors import AccordantError
from consent.kernel.handover import KeyChain
from consent.verifier.access.statement import (
    ACCESS_STATEMENT,
    STATEMENT,
    MalformedAccessPackage,
)
from consent.verifier.checks import Check
from consent.verifier.receipts.verification import verify_receipt_by_chain

MAX_STATEMENT = 1 << 26
MAX_RECEIPT = 1 << 20
MAX_TOTAL = 1 << 36
"""The bytes that one verification reads, at most."""
_CHUNK = 1 << 16
_NAME = re.compile(
    r"(?:index\.html|README\.txt|manifest\.json|(?:pages|json|csv|receipts)/[a-z0-9_-]{1,150}"
    r"\.(?:html|json|csv|jws))",
    re.ASCII,
)
_COMPRESSIONS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)


def verify_access_package(path: Path, chain: KeyChain) -> Iterator[Check]:
    """Yield each check of the package at `path`, a ZIP file; a failed one names its file.

    :raises MalformedAccessPackage: if it is none, or cannot be read safely.
    :raises WrongKey, BadSignature: if none of the log's keys signed it.
    :raises OSError: if it cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            yield from _verify(archive, chain)
    except _UNREADABLE as error:
        raise MalformedAccessPackage("it is no ZIP file, or a broken one") from error


def _verify(archive: zipfile.ZipFile, chain: KeyChain) -> Iterator[Check]:
    names = _read_names(archive)
    signed = ACCESS_STATEMENT.read(_read(archive, STATEMENT, MAX_STATEMENT))
    key = ACCESS_STATEMENT.check_signature(signed, *chain.keys)
    statement = signed.statement
    yield Check(passed=True, statement=f"{STATEMENT} is signed by {key.text}")
    yield Check(
        passed=True,
        statement=f"it answers the request {statement.request} ({statement.kind}), {statement.created_at}",
    )
    faults = [
        f"{name} is not in {STATEMENT}" for name in sorted(names - statement.files.keys() - {STATEMENT})
    ]
    faults += [f"{name!r} is missing" for name in sorted(statement.files.keys() - names)]
    left = MAX_TOTAL
    for name in sorted(names & statement.files.keys()):
        digest, size = _digest(archive, name, left)
        left -= size
        if digest != statement.files[name]:
            faults.append(f"{name} is not the file that {STATEMENT} names")
    yield from (Check(passed=False, statement=fault) for fault in faults)
    if not faults:
        yield Check(passed=True, statement=f"the {len(statement.files)} files are those that it names")
    yield from _verify_receipts(archive, names, chain)


def _verify_receipts(archive: zipfile.ZipFile, names: frozenset[str], chain: KeyChain) -> Iterator[Check]:
    receipts = sorted(name for name in names if name.startswith("receipts/"))
    failed = [name for name in receipts if not _is_receipt(archive, name, chain)]
    yield from (Check(passed=False, statement=f"{name} does not verify") for name in failed)
    if receipts and not failed:
        yield Check(passed=True, statement=f"{len(receipts)} receipts verify")


def _is_receipt(archive: zipfile.ZipFile, name: str, chain: KeyChain) -> bool:
    try:
        checks = list(verify_receipt_by_chain(_read(archive, name, MAX_RECEIPT), chain))
    except AccordantError:
        return False
    return bool(checks) and all(check.passed is not False for check in checks)


def _read_names(archive: zipfile.ZipFile) -> frozenset[str]:
    entries = archive.infolist()
    names = frozenset(entry.filename for entry in entries)
    if len(names) != len(entries):
        raise MalformedAccessPackage("the same name stands twice in it")
    if STATEMENT not in names:
        raise MalformedAccessPackage(f"there is no {STATEMENT} in it")
    if not all(_NAME.fullmatch(name) for name in names):
        raise MalformedAccessPackage("there is a file in it that has no business there")
    if not _COMPRESSIONS.issuperset(entry.compress_type for entry in entries):
        raise MalformedAccessPackage("a file in it is neither stored nor deflated")
    return names


def _read(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    with archive.open(name) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise MalformedAccessPackage(f"{name} is larger than {limit} bytes")
    return content


def _digest(archive: zipfile.ZipFile, name: str, limit: int) -> tuple[str, int]:
    found, size = hashlib.sha256(), 0
    with archive.open(name) as file:
        while content := file.read(_CHUNK):
            found.update(content)
            size += len(content)
            if size > limit:
                raise MalformedAccessPackage(f"its files hold more than {MAX_TOTAL} bytes")
    return f"sha256:{found.hexdigest()}", size
