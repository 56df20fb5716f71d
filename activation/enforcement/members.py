"""Who was in a run, as keyed hashes for the evidence."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO
from uuid import UUID

import pyarrow as pa

from activation.enforcement.judging import reason_bits
from activation.snapshots.bulk.planning import Outcomes
from activation.snapshots.bulk.running import Duck
from consent.subjects.types import SUBJECT_REF
from consent.verifier.manifests.evidence import Head, write_head

_MEMBERS = """
    CREATE OR REPLACE TEMP TABLE told AS
    SELECT member, allowed, BIT_OR(bit) AS bits
    FROM (
        SELECT UNNEST(members) AS member, allowed, bit
        FROM decided JOIN verdicts USING (outcome) WHERE canary IS NULL
    )
    GROUP BY member, allowed
"""
_REFERENCES = """
    CREATE OR REPLACE TEMP TABLE told AS
    SELECT
        UNHEX(SHA256($outer || UNHEX(SHA256($inner || ENCODE(person))))) AS member, allowed, bits
    FROM (
        SELECT person, allowed, BIT_OR(bit) AS bits
        FROM decided JOIN verdicts USING (outcome) WHERE canary IS NULL AND person IS NOT NULL
        GROUP BY person, allowed
    )
"""
"""What `hash_reference` does (RFC 2104), for people whom rows named by reference alone."""
_COUNTS = "SELECT COUNT(*) FILTER (WHERE allowed), COUNT(*) FILTER (WHERE NOT allowed) FROM told"
_IN_ORDER = "SELECT member FROM told ORDER BY allowed DESC, member"
_BITS = "SELECT bits FROM told WHERE NOT allowed ORDER BY member"


@dataclass(frozen=True, slots=True)
class MemberCounts:
    """How many different identifiers the allowed rows held, and the denied ones."""

    allowed: int
    denied: int


def write_members(
    duck: Duck, outcomes: Outcomes, *, run_id: UUID, run_key: bytes, by_reference: bool, file: IO[bytes]
) -> MemberCounts:
    """Write the evidence of what was decided, in bounded memory.

    `by_reference`: rows name people by reference alone.
    """
    if by_reference:
        inner, outer = (bytes(byte ^ pad for byte in run_key.ljust(64, b"\0")) for pad in (0x36, 0x5C))
        duck.do(_REFERENCES, {"inner": inner + SUBJECT_REF.encode() + b"\0", "outer": outer})
    else:
        duck.do(_MEMBERS)
    [[allowed, denied]] = duck.rows(_COUNTS)
    head = Head(
        run_id=str(run_id),
        run_key=run_key,
        reasons=tuple(reason_bits(outcomes)),
        allowed=allowed,
        denied=denied,
    )
    file.write(write_head(head))
    for sql in (_IN_ORDER, _BITS):
        for batch in duck.stream(sql):
            file.writelines(_bytes_of(batch.column(0)))
    return MemberCounts(allowed, denied)


def _bytes_of(column: pa.Array) -> Iterator[memoryview]:
    """Yield the values' bytes, as they lie one after the other; whole numbers, least byte first."""
    if pa.types.is_integer(column.type):
        values = column.buffers()[1]
        yield memoryview(values)[column.offset * 8 : (column.offset + len(column)) * 8]
    elif len(column):
        _, offsets, values = column.buffers()
        starts = pa.Array.from_buffers(pa.int32(), len(column) + 1, [None, offsets], offset=column.offset)
        yield memoryview(values)[starts[0].as_py() : starts[-1].as_py()]
