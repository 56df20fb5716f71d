"""The evidence beside an output: the run's hashing key, and every member by effect and reason.

A line of JSON, then the allowed members, 32 bytes each and ascending, then the denied ones alike, then, for
each of those, 8 bytes whose bits say for which of the first line's reasons. So ten million members are looked
up where they lie. It names nobody in clear, yet whoever holds it can test whether a known identifier is in
it: it is pseudonymous personal data, written for its owner's eyes only (mode 0600), and to be kept as such.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from consent.kernel import canonical
from consent.kernel.errors import AccordantError
from consent.verifier.manifests.membership import MEMBER_SIZE, Buffer, MemberSet

SCHEMA = "accordant/evidence/2"
REASONS_SIZE = 8
"""Bytes that say for which reasons a member was denied: the least bit, first, is the first reason."""
_REASON = re.compile(r"[a-z][a-z0-9_]{0,63}", re.ASCII)
_KEY = re.compile(r"[0-9a-f]{64}", re.ASCII)
LONGEST_HEAD = 16_384


class MalformedEvidence(AccordantError):
    """The file is not evidence as this version writes it."""

    code = "malformed_evidence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The first line."""

    run_id: str
    run_key: bytes
    reasons: tuple[str, ...]
    """At most 64, in the order of their bits."""
    allowed: int
    denied: int

    def name_reasons(self, told: bytes) -> frozenset[str]:
        """Return the reasons that the bits of one denied member stand for."""
        bits = int.from_bytes(told, "little")
        return frozenset(reason for bit, reason in enumerate(self.reasons) if bits >> bit & 1)


@dataclass(frozen=True, slots=True)
class Places:
    """Where the parts of a file begin."""

    allowed: int
    denied: int
    reasons: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """Who was allowed and who was denied in one run, as keyed hashes.

    One identifier can be denied in several rows, for several reasons, and be allowed in another.
    """

    head: Head
    allowed: MemberSet
    denied: MemberSet
    _reasons: Buffer

    @property
    def run_id(self) -> str:
        """The run that it is of."""
        return self.head.run_id

    @property
    def run_key(self) -> bytes:
        """The key of the run's hashes."""
        return self.head.run_key

    def reasons_of(self, member: bytes) -> frozenset[str]:
        """Return what rows with this member were denied for; nothing if none was."""
        place = self.denied.place_of(member)
        if place is None:
            return frozenset()
        return self.head.name_reasons(bytes(self._reasons[place * REASONS_SIZE : (place + 1) * REASONS_SIZE]))


def write_head(head: Head) -> bytes:
    """Return the bytes that the file begins with; the members and the reasons follow."""
    row = {
        "schema": SCHEMA,
        "run_id": head.run_id,
        "run_key": head.run_key.hex(),
        "reasons": list(head.reasons),
        "allowed": head.allowed,
        "denied": head.denied,
    }
    return canonical.dumps(row) + b"\n"


def write_evidence(
    run_id: str, run_key: bytes, allowed: MemberSet, denied: Mapping[bytes, frozenset[str]]
) -> bytes:
    """Return a whole file, of members few enough to be in memory."""
    reasons = tuple(sorted(frozenset[str]().union(*denied.values())))
    head = Head(run_id=run_id, run_key=run_key, reasons=reasons, allowed=len(allowed), denied=len(denied))
    bits = [sum(1 << reasons.index(one) for one in denied[member]) for member in sorted(denied)]
    told = b"".join(one.to_bytes(REASONS_SIZE, "little") for one in bits)
    members = [allowed[place] for place in range(len(allowed))]
    return write_head(head) + b"".join((*members, *sorted(denied))) + told


def read_evidence(content: Buffer) -> Evidence:
    """Return the evidence that `content` holds; the members are not copied.

    :raises MalformedEvidence: if it is not what this version writes.
    """
    head, places = read_start(bytes(content[:LONGEST_HEAD]), size=len(content))
    view = memoryview(content)
    try:
        allowed = MemberSet.of_packed(view[places.allowed : places.denied])
        denied = MemberSet.of_packed(view[places.denied : places.reasons])
    except ValueError as error:
        raise MalformedEvidence("its members are not in order, or one stands there twice") from error
    return Evidence(head, allowed, denied, view[places.reasons :])


def read_start(start: bytes, *, size: int) -> tuple[Head, Places]:
    """Return what the first line says, and where the rest lies in a file of this `size`.

    `start` are the file's first bytes, `LONGEST_HEAD` of them if there are as many.

    :raises MalformedEvidence: if the line is not what this version writes, or the size is not what it says.
    """
    line, newline, _ = start.partition(b"\n")
    head = _read_head(line)
    if not newline or write_head(head) != line + newline:
        raise MalformedEvidence("its first line is not as this version writes it")
    allowed = len(line) + 1
    denied = allowed + MEMBER_SIZE * head.allowed
    reasons = denied + MEMBER_SIZE * head.denied
    if size != reasons + REASONS_SIZE * head.denied:
        raise MalformedEvidence("it is cut short, or longer than its first line says")
    return head, Places(allowed, denied, reasons)


def _read_head(line: bytes) -> Head:
    try:
        row = canonical.loads(line)
    except canonical.MalformedJson as error:
        raise MalformedEvidence("its first line is not JSON") from error
    if not isinstance(row, dict) or row.get("schema") != SCHEMA:
        raise MalformedEvidence("it is not evidence as this version writes it")
    if not (_is_text(row.get("run_id")) and _KEY.fullmatch(str(row.get("run_key")))):
        raise MalformedEvidence("its first line names no run, or holds no key")
    return Head(
        run_id=row["run_id"],
        run_key=bytes.fromhex(row["run_key"]),
        reasons=_read_reasons(row.get("reasons")),
        allowed=_read_count(row.get("allowed")),
        denied=_read_count(row.get("denied")),
    )


def _read_reasons(value: Any) -> tuple[str, ...]:
    known = isinstance(value, list) and len(value) <= 8 * REASONS_SIZE
    if not known or not all(_is_text(one) and _REASON.fullmatch(one) for one in value):
        raise MalformedEvidence("a reason is not written as one is")
    return tuple(value)


def _read_count(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise MalformedEvidence("a count is none")
    return value


def _is_text(value: Any) -> bool:
    return isinstance(value, str)
