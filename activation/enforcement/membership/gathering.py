"""Who is in the rows that a run lets leave: grouped by DuckDB, in the order of their keys, page by page."""

import sys
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from activation.enforcement.membership.keys import KEY_SIZE, REF_DOMAIN
from activation.enforcement.membership.paging import PageDraft, choose_bits
from activation.enforcement.membership.told import name_told
from activation.snapshots.bulk.query import STRANGER
from activation.snapshots.bulk.running import Duck
from consent.subjects.types import IdentifierKind

_START = datetime(1970, 1, 1, tzinfo=UTC)

_SENT = """
    SELECT person, CASE WHEN outcome = {stranger} THEN {until} ELSE valid_until END AS until {keys} {told}
    FROM decided JOIN verdicts USING (outcome) {join}
    WHERE allowed AND canary IS NULL AND person IS NOT NULL
"""
_KNOWN = """
    SELECT ('0x' || LEFT(SHA256('{domain}' || ref), 16))::UBIGINT AS key, ref, MIN(until) AS until,
        NULL::UBIGINT[] AS keys {told}
    FROM (
        SELECT person AS ref, until {told} FROM sent WHERE person <> '' AND NOT CONTAINS(person, '|')
        UNION ALL
        SELECT UNNEST(STRING_SPLIT(person, '|')) AS ref, until {told} FROM sent WHERE CONTAINS(person, '|')
    )
    GROUP BY ref {told}
"""
_STRANGERS = """
    SELECT UNNEST(keys) AS key, '' AS ref, until, keys {told}
    FROM (SELECT keys, MIN(until) AS until {told} FROM sent WHERE person = '' GROUP BY keys {told})
"""
_COUNT = """
    SELECT COUNT(*), COUNT(DISTINCT key) FILTER (WHERE keys IS NULL), COUNT(DISTINCT keys) FROM member_lines
"""
_LINES = """
    SELECT key, {bucket} AS bucket, EPOCH_US(until) AS until,
        '[' || TO_JSON(ref) || ',' || COALESCE(EPOCH_US(until)::VARCHAR, 'null') || ',{{' || {told} || '}}'
        || CASE WHEN keys IS NULL THEN '' ELSE ',' || TO_JSON(keys) END || ']' || CHR(10) AS line
    FROM member_lines ORDER BY key, ref
"""


@dataclass(frozen=True, slots=True)
class Gathered:
    """Everybody in a run's allowed rows."""

    members: int
    strangers: int
    bits: int
    duck: Duck
    columns: Mapping[IdentifierKind, str]

    def pages(self) -> Iterator[PageDraft]:
        """Yield all pages, in bounded memory."""
        rest: list[pa.RecordBatch] = []
        for batch in self.duck.stream(self._lines()):
            whole = pa.Table.from_batches([*rest, batch]).combine_chunks().to_batches()[0]
            *bounds, end = _find_bounds(whole)
            yield from _cut(whole, bounds)
            rest = [whole.slice(bounds[-1], end - bounds[-1])]
        for batch in rest:
            yield from _cut(batch, _find_bounds(batch))

    def _lines(self) -> str:
        bucket = f"(key >> {KEY_SIZE * 8 - self.bits})::INTEGER" if self.bits else "0"
        return _LINES.format(bucket=bucket, told=_write_told(self.columns))


def gather(
    duck: Duck,
    *,
    told: Path | None,
    columns: Mapping[IdentifierKind, str],
    has_strangers: bool,
    stranger_until: datetime | None,
) -> Gathered:
    """Gather everybody whom the judge's relation `decided` allows, and what `told` says they are called.

    Without `told`, nobody's identifiers are known. `has_strangers`: rows may be allowed that lead to nobody.
    """
    columns = columns if told is not None else {}
    if columns and told is not None:
        duck.read("called", told)
    duck.do(f"CREATE OR REPLACE TEMP TABLE member_lines AS {_select(stranger_until, columns, has_strangers)}")
    [[lines, known, strangers]] = duck.rows(_COUNT)
    return Gathered(known + strangers, strangers, choose_bits(lines), duck, columns)


def _select(
    stranger_until: datetime | None, columns: Mapping[IdentifierKind, str], has_strangers: bool
) -> str:
    told = "".join(f", {_quote(column)}" for column in columns.values())
    until = "NULL::TIMESTAMP"
    if stranger_until is not None:
        until = f"TIMESTAMP '{stranger_until.astimezone(UTC).replace(tzinfo=None).isoformat(sep=' ')}'"
    sent = _SENT.format(
        stranger=STRANGER,
        until=until,
        keys=", keys" if has_strangers else "",
        told=told,
        join="JOIN called USING (row)" if columns else "",
    )
    parts = [_KNOWN.format(domain=REF_DOMAIN, told=told)]
    parts += [_STRANGERS.format(told=told)] if has_strangers else []
    return f"WITH sent AS ({sent}) {' UNION ALL '.join(parts)}"


def _write_told(columns: Mapping[IdentifierKind, str]) -> str:
    """Return the SQL of the inside of a line's identifiers. An empty value tells nobody anything."""
    parts = [
        f"CASE WHEN {name} <> '' THEN '\"{kind.value}\":[' || TO_JSON({name}) || ']' END"
        for kind, name in ((kind, _quote(column)) for kind, column in columns.items())
    ]
    return f"CONCAT_WS(',', {', '.join(parts)})" if parts else "''"


def _quote(column: str) -> str:
    name = name_told(column).replace('"', '""')
    return f'"{name}"'


def _find_bounds(batch: pa.RecordBatch) -> list[int]:
    """Return where in the batch each bucket begins, and the batch's end."""
    steps = pc.indices_nonzero(pc.pairwise_diff(batch.column("bucket")))
    return [0, *steps.to_pylist(), batch.num_rows]


def _cut(batch: pa.RecordBatch, bounds: list[int]) -> Iterator[PageDraft]:
    """Yield the pages between `bounds`. Nothing is copied: lines lie one behind the other already."""
    keys, ends, content = _read_keys(batch.column("key")), batch.column("until"), _Text(batch.column("line"))
    buckets = batch.column("bucket").take(pa.array(bounds[:-1], pa.int64())).to_pylist()
    for bucket, start, end in zip(buckets, bounds, bounds[1:], strict=False):
        first = pc.min(ends.slice(start, end - start)).as_py()
        yield PageDraft(
            bucket=bucket,
            keys=bytes(keys[start * KEY_SIZE : end * KEY_SIZE]),
            content=content.between(start, end),
            due_at=None if first is None else _START + timedelta(microseconds=first),
        )


class _Text:
    """Lines of text as they lie."""

    def __init__(self, lines: pa.Array) -> None:
        _, offsets, text = lines.buffers()
        self._offsets, self._first = memoryview(offsets).cast("i"), lines.offset
        self._text = memoryview(text)

    def between(self, start: int, end: int) -> memoryview:
        """Return the bytes from one line until before another."""
        return self._text[self._offsets[self._first + start] : self._offsets[self._first + end]]


def _read_keys(numbers: pa.Array) -> memoryview:
    """Return the keys one behind the other."""
    _, values = numbers.buffers()
    first = numbers.offset * KEY_SIZE
    keys = array("Q")
    keys.frombytes(memoryview(values)[first : first + len(numbers) * KEY_SIZE])
    if sys.byteorder == "little":
        keys.byteswap()
    return memoryview(keys.tobytes())
