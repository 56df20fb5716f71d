"""The evidence beside an output: the run's hashing key, and every member by effect and reason.

It is NDJSON. It names nobody in clear, yet whoever holds it can test whether a known identifier is in it:
it is pseudonymous personal data, written for its owner's eyes only (mode 0600), and to be kept as such.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from consent.kernel.errors import AccordantError
from consent.verifier.manifests.membership import parse_member

SCHEMA = "accordant/evidence/1"
_REASON = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)


class MalformedEvidence(AccordantError):
    """The file is not evidence as this version writes it."""

    code = "malformed_evidence"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Who was allowed and who was denied in one run, as keyed hashes."""

    run_id: str
    run_key: bytes
    allowed: frozenset[bytes]
    denied: Mapping[bytes, frozenset[str]]
    """One identifier can be denied in several rows, for several reasons, and be allowed in another."""


def write_evidence(evidence: Evidence) -> Iterator[bytes]:
    """Yield the lines of the evidence's file; hashes in order, so that nothing tells the rows' order."""
    yield _line({"schema": SCHEMA, "run_id": evidence.run_id, "run_key": evidence.run_key.hex()})
    for member in sorted(evidence.allowed):
        yield _line({"allowed": member.hex()})
    for member in sorted(evidence.denied):
        for reason in sorted(evidence.denied[member]):
            yield _line({"denied": member.hex(), "reason": str(reason)})


def read_evidence(lines: Iterable[bytes]) -> Evidence:
    """Return the evidence that `lines` hold.

    :raises MalformedEvidence: if a line is not what `write_evidence` would have written.
    """
    run_id, run_key, members = walk_evidence(lines)
    allowed: set[bytes] = set()
    denied: dict[bytes, set[str]] = {}
    for member, reason in members:
        if reason is None:
            allowed.add(member)
        else:
            denied.setdefault(member, set()).add(reason)
    reasons = {member: frozenset(found) for member, found in denied.items()}
    return Evidence(run_id, run_key, frozenset(allowed), reasons)


def walk_evidence(lines: Iterable[bytes]) -> tuple[str, bytes, Iterator[tuple[bytes, str | None]]]:
    """Return the run's id, its key, and its members one by one, for evidence too large to be held.

    A member comes with the reason of a denied row it was in, or with None if it was in one that left.

    :raises MalformedEvidence: if a line is not what `write_evidence` would have written; the iterator, too.
    """
    rows = iter(lines)
    head = _parse(next(rows, b""), {"schema", "run_id", "run_key"})
    return head["run_id"], _member(head["run_key"]), map(_read_member, rows)


def _read_member(line: bytes) -> tuple[bytes, str | None]:
    row = _parse(line, {"allowed"}, {"denied", "reason"})
    if "allowed" in row:
        return _member(row["allowed"]), None
    return _member(row["denied"]), _reason(row["reason"])


def _line(row: Mapping[str, str]) -> bytes:
    return json.dumps(row, separators=(",", ":")).encode() + b"\n"


def _parse(line: bytes, *shapes: set[str]) -> dict[str, str]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise MalformedEvidence("a line is not JSON") from error
    known = isinstance(row, dict) and set(row) in shapes and all(isinstance(one, str) for one in row.values())
    if not known or row.get("schema", SCHEMA) != SCHEMA:
        raise MalformedEvidence("a line is not evidence as this version writes it")
    return dict(row)


def _member(text: str) -> bytes:
    member = parse_member(text)
    if member is None:
        raise MalformedEvidence("a hash is not 64 hex digits")
    return member


def _reason(text: str) -> str:
    if not _REASON.fullmatch(text):
        raise MalformedEvidence("a reason is not written as one is")
    return text
