"""What a consent rate is: the one place that says so. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from consent.records.types import NO, Choice

MEANING = (
    "Consent rate: of all answers to a question that were recorded in these days (yes, refused, or closed"
    " without an answer), the share that was a yes."
)
BESIDE = (
    "A question not answered yet is no answer; a yes that is taken back later counts on its own day, beside"
    " the rate."
)
SAID_YES = frozenset({Choice.GRANTED, Choice.CONFIRMED})
"""A grant by double opt-in counts once it is confirmed: what is pending is no answer yet."""
SAID_NO = frozenset({Choice.REFUSED, Choice.DISMISSED})
TOOK_BACK = NO - SAID_NO
"""Withdrawals, objections, opt-outs and signals: they answer no question."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What people answered, in counts."""

    yes: int
    no: int
    taken_back: int

    @property
    def asked(self) -> int:
        """How many answers there were."""
        return self.yes + self.no

    @property
    def percent(self) -> float | None:
        """The consent rate in per cent; None where nobody answered."""
        return round(100 * self.yes / self.asked, 1) if self.asked else None


def sum_up(counts: Mapping[str, int]) -> Answers:
    """Return what counts by choice come to."""
    return Answers(
        *(sum(counts.get(one.value, 0) for one in group) for group in (SAID_YES, SAID_NO, TOOK_BACK))
    )
