"""The second reading of an audience: the rows that may leave, obligations applied."""

from collections.abc import Iterator
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc

from activation.enforcement.audience.types import AudienceFormat
from activation.enforcement.audience.writing import open_writer
from activation.enforcement.judging import Judge, RowsUndecided
from activation.enforcement.membership.told import Told
from activation.enforcement.stream import Stream
from activation.enforcement.strings.types import STRING_KINDS
from activation.obligations.applying import Strings, apply_by_place
from activation.obligations.plan import OutputPlan

_ANSWER = ("row", "outcome")
_NO_ANSWERS = pa.schema([("row", pa.int64()), ("outcome", pa.int32())])


def write_allowed(
    stream: Stream,
    judge: Judge,
    plan: OutputPlan,
    audience_format: AudienceFormat,
    file: IO[bytes],
    *,
    told: Told,
) -> None:
    """Write the rows that the judge allowed, in their order; `told` takes what they call their people.

    :raises AudienceUnreadable: if a row is malformed.
    :raises ObligationNotSupported: if a row is owed what was not foreseen.
    :raises RowsUndecided: if there are more rows, or fewer, than were decided.
    """
    with open_writer(file, audience_format, plan.schema) as writer:
        for rows, batch in allowed_rows(stream, judge, plan):
            told.add(rows, batch)
            writer.write_batch(batch)


def allowed_rows(stream: Stream, judge: Judge, plan: OutputPlan) -> Iterator[tuple[pa.Array, pa.RecordBatch]]:
    """Yield what `write_allowed` writes, with the places of those rows in the roll."""
    decisions = judge.outcomes.decisions
    owed = [decision.obligations for decision in decisions]
    allowed = pa.array([number for number, one in enumerate(decisions) if one.allowed], pa.int32())
    answers = _Answers(judge.in_order())
    different = list(dict.fromkeys(owed[number.as_py()] for number in allowed))
    places = pa.array([different.index(one) if one in different else None for one in owed], pa.int32())
    for piece in stream.pieces():
        found = answers.take(piece.batch.num_rows)
        mask = pc.is_in(found.column("outcome"), value_set=allowed)
        if piece.canary is None and pc.any(mask).as_py():
            kept, found = piece.batch.filter(mask), found.filter(mask)
            rows = pc.add(pc.indices_nonzero(mask).cast(pa.int64()), answers.rows - piece.batch.num_rows)
            owing = places.take(found.column("outcome"))
            yield rows, apply_by_place(kept, owing, different, plan, _strings(found))
    answers.end()


def _strings(found: pa.RecordBatch) -> Strings | None:
    """Return the strings of the rows' people; None if nobody was asked for any."""
    if found.num_columns == len(_ANSWER):
        return None
    return {kind: found.column(kind) for kind in STRING_KINDS}


class _Answers:
    """The outcomes of all rows in order, to be taken in other portions than they come in."""

    def __init__(self, batches: Iterator[pa.RecordBatch]) -> None:
        self._batches = batches
        self._rest = pa.RecordBatch.from_pylist([], _NO_ANSWERS)
        self._rows = 0
        """How many came so far."""
        self.rows = 0
        """How many were taken so far."""

    def take(self, count: int) -> pa.RecordBatch:
        parts = []
        self.rows += count
        while count:
            if not self._rest.num_rows:
                self._rest = self._next()
            part = self._rest.slice(0, count)
            parts.append(part)
            self._rest, count = self._rest.slice(part.num_rows), count - part.num_rows
        return parts[0] if len(parts) == 1 else pa.concat_batches(parts)

    def end(self) -> None:
        if self._rest.num_rows or next(self._batches, None) is not None:
            raise RowsUndecided("the audience lost rows between two readings: nothing was delivered")

    def _next(self) -> pa.RecordBatch:
        batch = next(self._batches, None)
        if batch is None:
            raise RowsUndecided("the audience gained rows between two readings: nothing was delivered")
        rows, first = batch.column("row"), self._rows
        self._rows += len(rows)
        steps = pc.drop_null(pc.pairwise_diff(rows))
        if rows[0].as_py() != first or pc.any(pc.not_equal(steps, 1)).as_py():
            raise RowsUndecided("outcomes came in another order than their rows: nothing was delivered")
        return batch
