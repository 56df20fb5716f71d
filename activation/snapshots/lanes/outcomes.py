"""What a lane remembers: outcomes, and what their end hangs on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from activation.decisions.engine import Examined
from activation.decisions.types import Decision
from activation.decisions.validity import Horizon
from activation.snapshots.compact.encoding import Layout
from activation.snapshots.compact.times import from_micros, to_micros
from activation.snapshots.lanes.thresholds import REFRESHED_EVERY, Birthday, OwnEnd, PeriodEnd, Threshold
from consent.kernel.periods import Period


class Field(Enum):
    """Which of an item's times."""

    EFFECTIVE = "effective"
    END = "end"
    BIRTH = "birth"


@dataclass(frozen=True, slots=True)
class Watch:
    """One time of one item, and what it is compared with."""

    place: int
    field: Field
    threshold: Threshold

    def index(self, layout: Layout, kept: Sequence[int]) -> int:
        """Return where the time stands among the times of a state, of whose items `kept` are looked at.

        :raises LookupError: if the item has no such time.
        """
        indexes = {Field.EFFECTIVE: layout.effective, Field.END: layout.ends, Field.BIRTH: layout.births}
        found = indexes[self.field][kept[self.place]]
        if found is None:
            raise LookupError("the item has no such time")
        return found


@dataclass(slots=True, eq=False)
class Outcome:
    """A decision that many people share, and what it ends with."""

    decision: Decision
    """Without `valid_until`, `watermark` and `record_id`, which differ from one to another."""
    ends: tuple[tuple[int, Threshold], ...] = ()
    """Where a time stands among a state's times, and what makes an end of it."""
    fixed_end: int | None = None
    """An end that is alike for everybody."""
    memo: Any = None
    """For those who render the outcome: what it looks like."""

    def valid_until(self, times: Sequence[int]) -> int | None:
        """Return when the decision may change by itself, in microseconds since 1970; None if never."""
        found = self.fixed_end
        for index, threshold in self.ends:
            end = threshold.end_of(times[index])
            if found is None or end < found:
                found = end
        return found

    def to_decision(self, times: Sequence[int], *, watermark: int) -> Decision:
        """Return the decision on the person whose times these are."""
        until = self.valid_until(times)
        moment = None if until is None else from_micros(until)
        return replace(self.decision, valid_until=moment, watermark=watermark)


@dataclass(frozen=True, slots=True)
class Learnt:
    """An outcome as the engine gave it: its ends named by the places of items."""

    decision: Decision
    watches: tuple[Watch, ...]
    fixed_end: int | None

    def placed(self, layout: Layout, kept: Sequence[int]) -> Outcome:
        """Return the outcome for states of one layout, whose items `kept` were looked at."""
        ends = tuple((watch.index(layout, kept), watch.threshold) for watch in self.watches)
        return Outcome(self.decision, ends, self.fixed_end)


def learn(examined: Examined, thresholds: "Thresholds") -> Learnt:
    """Return what the engine found, freed from the person it was asked about."""
    watches = [thresholds.watch(horizon) for horizon in examined.horizons]
    fixed = [
        to_micros(horizon.at)
        for horizon, watch in zip(examined.horizons, watches, strict=True)
        if watch is None
    ]
    bare = replace(examined.decision, valid_until=None, watermark=0, record_id=None)
    return Learnt(bare, tuple(watch for watch in watches if watch), min(fixed, default=None))


class Thresholds:
    """One threshold for each period and age, however many lanes look at it."""

    def __init__(self) -> None:
        self.own_end = OwnEnd()
        self._periods: dict[Period, PeriodEnd] = {}
        self._birthdays: dict[int, Birthday] = {}
        self.fresh_from = self.fresh_until = 0
        """The hour for which all of them were refreshed."""

    def refresh(self, at: int) -> None:
        """Make all of them ready for the hour that follows `at`."""
        for threshold in (self.own_end, *self._periods.values(), *self._birthdays.values()):
            threshold.refresh(at)
        self.fresh_from, self.fresh_until = at, at + REFRESHED_EVERY

    def period(self, period: Period) -> PeriodEnd:
        """Return the threshold of a validity."""
        if period not in self._periods:
            self._periods[period] = PeriodEnd(period)
            self.fresh_until = 0
        return self._periods[period]

    def birthday(self, years: int) -> Birthday:
        """Return the threshold of an age."""
        if years not in self._birthdays:
            self._birthdays[years] = Birthday(years)
            self.fresh_until = 0
        return self._birthdays[years]

    def watch(self, horizon: Horizon) -> Watch | None:
        """Return where the horizon stands in a state; None if it is the same for everybody.

        An item's version is its place plus one (`member_of`).
        """
        if horizon.version is None:
            return None
        place = horizon.version - 1
        if horizon.years is not None:
            return Watch(place, Field.BIRTH, self.birthday(horizon.years))
        if horizon.period is not None:
            return Watch(place, Field.EFFECTIVE, self.period(horizon.period))
        return Watch(place, Field.END, self.own_end)
