"""What a transaction of a stream holds."""

from collections import Counter
from dataclasses import dataclass, field
from types import MappingProxyType

from activation.decisions.compiled import NO_POLICY, CompiledPolicy
from activation.decisions.register import Register
from activation.enforcement.membership.types import Member
from activation.enforcement.streaming.deciding import Answer
from activation.enforcement.streaming.events import Person
from activation.enforcement.streaming.readiness import Basis
from activation.obligations.plan import Obligations

Place = tuple[int, int]
"""A partition and an offset of the input."""
Ground = tuple[str, Obligations]
"""The legal basis that an event is allowed by, and what is owed for it."""


@dataclass(slots=True)
class Tally:
    """What a transaction holds, until it is committed."""

    allowed: int = 0
    denied: Counter[str] = field(default_factory=Counter)
    people: dict[Person, Answer] = field(default_factory=dict)
    """Who is newly sent."""
    members: list[Member] = field(default_factory=list)
    sent: set[Person] = field(default_factory=set)
    """Everybody of whom an event is allowed."""
    held_since: int = 1 << 62
    world: tuple[object, ...] = ()
    rules: tuple[CompiledPolicy, Register] = (NO_POLICY, MappingProxyType({}))
    policy_version: int = 0
    watermark: int = 0
    _counts: dict[tuple[int, str], int] = field(default_factory=dict)
    """By the identity of what is owed: to compare it for each event would cost more than all else here."""
    _owed: dict[int, Obligations] = field(default_factory=dict)

    @property
    def grounds(self) -> Counter[Ground]:
        """By what events are allowed; also those that the brokers refused afterwards."""
        found: Counter[Ground] = Counter()
        for (owed, basis), count in self._counts.items():
            found[basis, self._owed[owed]] += count
        return found

    @property
    def events(self) -> int:
        """How many there are."""
        return self.allowed + self.denied.total()

    def allow(self, answer: Answer) -> None:
        """Count an event that may go."""
        self.allowed += 1
        ground = id(answer.owed), answer.basis
        if ground in self._counts:
            self._counts[ground] += 1
        else:
            self._counts[ground] = 1
            self._owed[ground[0]] = answer.owed

    def take_back(self, reason: str) -> None:
        """Count an event that was counted as allowed as denied."""
        self.allowed -= 1
        self.denied[reason] += 1

    def rest_on(self, basis: Basis) -> None:
        """Rest on this view too."""
        self.held_since = min(self.held_since, basis.held_since)
        self.world = self.world or basis.world
        self.rules = basis.segment.policy, basis.segment.register
        self.policy_version, self.watermark = basis.segment.policy.version, basis.watermark
