"""What a run decided, in counts: nothing in here names anybody."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from activation.decisions.types import Obligation
from activation.decisions.validity import earliest
from activation.enforcement.judging import Count
from activation.snapshots.bulk.planning import Outcomes
from activation.snapshots.bulk.query import STRANGER


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The rows of an audience by what became of them."""

    allowed: int
    denied_by_reason: Counter[str]
    legal_bases: Counter[str]
    """The allowed rows by the legal basis they were allowed on."""
    obligations: Counter[Obligation]
    """The allowed rows that owe each."""
    not_after: datetime | None
    """The earliest end of an allow."""
    strangers: int
    """The allowed rows whose identifiers lead to nobody on record."""

    @property
    def denied(self) -> int:
        """How many rows were denied."""
        return self.denied_by_reason.total()

    @property
    def rows(self) -> int:
        """How many rows there were."""
        return self.allowed + self.denied

    def sorted_obligations(self) -> Sequence[tuple[Obligation, int]]:
        """Return each obligation with the number of rows that owed it, in a fixed order."""
        return sorted(self.obligations.items(), key=lambda pair: (pair[0].kind, pair[0].field, pair[0].value))


def tally_up(counts: Iterable[Count], outcomes: Outcomes) -> Tally:
    """Return what `counts` add up to."""
    allowed, strangers, not_after = 0, 0, None
    denied_by_reason, legal_bases = Counter[str](), Counter[str]()
    obligations = Counter[Obligation]()
    for count in counts:
        if not outcomes.allows(count.outcome):
            denied_by_reason[outcomes.reason_of(count.outcome)] += count.rows
            continue
        decision = outcomes.decisions[count.outcome]
        allowed += count.rows
        strangers += count.rows * (count.outcome == STRANGER)
        legal_bases[str(decision.legal_basis)] += count.rows
        obligations.update(dict.fromkeys(decision.obligations, count.rows))
        until = outcomes.stranger_until if count.outcome == STRANGER else count.until
        not_after = earliest(not_after, until and until.replace(tzinfo=UTC))
    return Tally(
        allowed=allowed,
        denied_by_reason=denied_by_reason,
        legal_bases=legal_bases,
        obligations=obligations,
        not_after=not_after,
        strangers=strangers,
    )
