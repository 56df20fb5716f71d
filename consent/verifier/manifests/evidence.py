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
    rows = iter(lines)
    head = _parse(next(rows, b""), {"schema", "run_id", "run_key"})
    allowed: set[bytes] = set()
    denied: dict[bytes, set[str]] = {}
    for line in rows:
        row = _parse(line, {"allowed"}, {"denied", "reason"})
        if "allowed" in row:
            allowed.add(_member(row["allowed"]))
        else:
            denied.setdefault(_member(row["denied"]), set()).add(_reason(row["reason"]))
    reasons = {member: frozenset(found) for member, found in denied.items()}
    return Evidence(head["run_id"], _member(head["run_key"]), frozenset(allowed), reasons)


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
