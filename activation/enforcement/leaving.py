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
from activation.obligations.applying import apply_by_place
from activation.obligations.plan import OutputPlan


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
        outcomes = answers.take(piece.batch.num_rows)
        mask = pc.is_in(outcomes, value_set=allowed)
        if piece.canary is None and pc.any(mask).as_py():
            kept = piece.batch.filter(mask)
            rows = pc.add(pc.indices_nonzero(mask).cast(pa.int64()), answers.rows - piece.batch.num_rows)
            yield rows, apply_by_place(kept, places.take(outcomes.filter(mask)), different, plan)
    answers.end()


class _Answers:
    """The outcomes of all rows in order, to be taken in other portions than they come in."""

    def __init__(self, batches: Iterator[pa.RecordBatch]) -> None:
        self._batches = batches
        self._rest: pa.Array = pa.array([], pa.int32())
        self._rows = 0
        """How many came so far."""
        self.rows = 0
        """How many were taken so far."""

    def take(self, count: int) -> pa.Array:
        parts = []
        self.rows += count
        while count:
            if not len(self._rest):
                self._rest = self._next()
            part = self._rest.slice(0, count)
            parts.append(part)
            self._rest, count = self._rest.slice(len(part)), count - len(part)
        return parts[0] if len(parts) == 1 else pa.concat_arrays(parts)

    def end(self) -> None:
        if len(self._rest) or next(self._batches, None) is not None:
            raise RowsUndecided("the audience lost rows between two readings: nothing was delivered")

    def _next(self) -> pa.Array:
        batch = next(self._batches, None)
        if batch is None:
            raise RowsUndecided("the audience gained rows between two readings: nothing was delivered")
        rows, first = batch.column("row"), self._rows
        self._rows += len(rows)
        steps = pc.drop_null(pc.pairwise_diff(rows))
        if rows[0].as_py() != first or pc.any(pc.not_equal(steps, 1)).as_py():
            raise RowsUndecided("outcomes came in another order than their rows: nothing was delivered")
        return batch.column("outcome")
