"""Values about telling recipients. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class NoticeState(StrEnum):
    """How far a recipient is."""

    NOT_YET = "not_yet"  # told, or to be told; no answer yet
    ACKNOWLEDGED = "acknowledged"  # by the destination
    BY_HAND = "by_hand"  # an officer has told them, and says so
    PARKED = "parked"  # the destination refuses: somebody has to look


ENDED = frozenset({NoticeState.ACKNOWLEDGED, NoticeState.BY_HAND, NoticeState.PARKED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppressed:
    """What became of taking a person out at one destination, in counts of suppressions."""

    waiting: int = 0
    parked: int = 0
    acknowledged: int = 0
    by_hand: int = 0
    ended_at: datetime | None = None

    @property
    def told(self) -> int:
        """How many there are."""
        return self.waiting + self.parked + self.acknowledged + self.by_hand


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far one recipient is."""

    destination: str
    told: int
    acknowledged: int
    state: NoticeState


def judge(suppressed: Suppressed, *, is_held: bool) -> NoticeState:
    """Return how far a destination is that takes a person out. Held and not yet asked is not yet."""
    if suppressed.waiting or (is_held and not suppressed.parked):
        return NoticeState.NOT_YET
    if suppressed.parked:
        return NoticeState.PARKED
    return NoticeState.BY_HAND if suppressed.by_hand else NoticeState.ACKNOWLEDGED


def is_over(all_of_them: Iterable[Progress]) -> bool:
    """Return whether nobody is waited for any more."""
    return all(one.state in ENDED for one in all_of_them)
