"""From a row's times back to a state of its shape: an example, by which the engine is asked. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from activation.decisions.types import Member, SubjectState
from activation.decisions.validity import Horizon
from activation.snapshots.bulk.columns import BIRTHS, FACT_ENDS, end_columns, yes_columns
from activation.snapshots.bulk.lenses import LensShape
from activation.snapshots.compact.items import Item, member_of
from activation.snapshots.compact.times import to_micros

Times = Mapping[str, datetime | date | None]
"""A row's times by column."""
_REF = "person"


@dataclass(frozen=True, slots=True)
class Seen:
    """A shape as one lens shows it."""

    lens: int
    purpose: str
    """The lens's own purpose."""
    shape: LensShape

    def state(self, times: Times, settled_at: int) -> SubjectState:
        """Return a state of this shape with a row's `times`; `settled_at`: since when all of it counts.

        Times that no answer can hang on are made up, in their order.
        """
        member = member_of(self._items(times, settled_at), subject_ref=_REF, version=len(self.shape.tokens))
        return _alone(member)

    def column_of(self, horizon: Horizon) -> str:
        """Return the column that `horizon` hangs on, a time of the person's.

        :raises ValueError, LookupError: if a row holds no such time.
        """
        place = (horizon.version or 0) - 1  # as `member_of` numbers them
        if horizon.years is not None:
            return BIRTHS[self._births.index(place)]
        if horizon.period is not None:
            moment = self.shape.moments[place]
            return yes_columns(self.lens)[self.shape.yes_moments(self.purpose).index(moment)]
        if self.shape.tokens[place].choice is None:
            return FACT_ENDS[self._fact_ends.index(place)]
        return end_columns(self.lens)[self._ends.index(place)]

    @property
    def _births(self) -> list[int]:
        return [place for place, token in enumerate(self.shape.tokens) if token.is_birth]

    @property
    def _fact_ends(self) -> list[int]:
        return [
            place for place, token in enumerate(self.shape.tokens) if token.has_end and token.choice is None
        ]

    @property
    def _ends(self) -> list[int]:
        return [place for place, token in enumerate(self.shape.tokens) if token.has_end and token.choice]

    def _items(self, times: Times, settled_at: int) -> list[Item]:
        shape, last_rank = self.shape, max(self.shape.ranks, default=0)
        effective = self._moments(times, settled_at)
        ends = {
            place: _micros(times[column])
            for places, columns in ((self._ends, end_columns(self.lens)), (self._fact_ends, FACT_ENDS))
            for place, column in zip(places, columns, strict=False)
        }
        births = dict(zip(self._births, (_ordinal(times[name]) for name in BIRTHS), strict=False))
        return [
            Item(
                token=token,
                effective_at=effective[shape.moments[place]],
                recorded_at=settled_at - last_rank + shape.ranks[shape.moments[place]],
                end=ends.get(place),
                born=births.get(place),
                reference=shape.references[place],
            )
            for place, token in enumerate(shape.tokens)
        ]

    def _moments(self, times: Times, settled_at: int) -> list[int]:
        """Return when each moment took effect: known for grants; the others lie between, as they did."""
        count = len(self.shape.ranks)
        columns = yes_columns(self.lens)
        known = {
            moment: _micros(times[column])
            for moment, column in zip(self.shape.yes_moments(self.purpose), columns, strict=False)
        }
        first = min(known, default=count)
        start = known[first] - first if known else settled_at - count + 1
        moments: list[int] = []
        for moment in range(count):
            following = moments[-1] + 1 if moments else start
            moments.append(known.get(moment, following))
        return moments


def _alone(member: Member) -> SubjectState:
    return SubjectState(asked=frozenset({member.subject_ref}), members=(member,))


def _micros(moment: datetime | date | None) -> int:
    if not isinstance(moment, datetime):
        raise TypeError("a row lacks a time that its shape has")
    return to_micros(moment)


def _ordinal(day: datetime | date | None) -> int:
    if day is None:
        raise LookupError("a row lacks a date of birth that its shape has")
    return day.toordinal()


def widths(shapes: Sequence[LensShape], purpose: str) -> tuple[int, int]:
    """Return how many grants and how many ends a row of these shapes holds at most."""
    yeses = [len(one.yes_moments(purpose)) for one in shapes]
    ends = [sum(token.has_end and token.choice is not None for token in one.tokens) for one in shapes]
    return max(yeses, default=0), max(ends, default=0)
