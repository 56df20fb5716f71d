"""What was decided of many people: a few verdicts, and for each person which of them is theirs."""

from dataclasses import dataclass, field
from datetime import datetime

from activation.client.answers import Verdict, verdict_of
from activation.decisions.compiled import CompiledPolicy
from activation.snapshots.compact.times import from_micros
from activation.snapshots.lanes.lane import Found
from activation.snapshots.lanes.outcomes import Outcome

_EVERY_KIND = frozenset({"drop", "mask", "set"})
"""The obligations that are carried out for the caller: under any other, an allow is a deny."""


@dataclass(slots=True)
class Decided:
    """Grows person by person."""

    places: list[int] = field(default_factory=list)
    """For each person, in the order asked, which of `verdicts` is theirs."""
    verdicts: list[Verdict] = field(default_factory=list)
    watermark: int = 0
    policy_version: int = 0
    policy_digest: str = ""
    first_end: int | None = None
    """When the first allow ends by time alone, in microseconds since 1970; None: none does."""
    _known: dict[Verdict, int] = field(default_factory=dict)
    _outcomes: dict[Outcome, int] = field(default_factory=dict)

    @property
    def not_after(self) -> datetime | None:
        """When the first allow ends by time alone; None: none does."""
        return None if self.first_end is None else from_micros(self.first_end)

    def rest_on(self, watermark: int, policy: CompiledPolicy) -> None:
        """Note what the people are decided by: where that grows meanwhile, the least of it."""
        if not self.places:
            self.watermark, self.policy_version, self.policy_digest = watermark, policy.version, policy.digest

    def add(self, found: Found) -> None:
        """Add a person of whom this was found."""
        outcome, times = found
        place = self._outcomes.get(outcome)
        if place is None:
            place = self._outcomes[outcome] = self._place(verdict_of(outcome, _EVERY_KIND))
        self.places.append(place)
        if self.verdicts[place][0] and (until := outcome.valid_until(times)) is not None:
            self.first_end = until if self.first_end is None else min(self.first_end, until)

    def deny(self, reason: str) -> None:
        """Add a person who is denied."""
        self.places.append(self._place((False, reason, ())))

    def deny_up_to(self, count: int, reason: str) -> None:
        """Add people who are denied, until there are `count`."""
        while len(self.places) < count:
            self.deny(reason)

    def _place(self, verdict: Verdict) -> int:
        if verdict not in self._known:
            self._known[verdict] = len(self.verdicts)
            self.verdicts.append(verdict)
        return self._known[verdict]
