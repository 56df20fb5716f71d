"""Earlier ends: news can make an allow that stays end sooner than the page says."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from activation.enforcement.membership.services import settle_members
from activation.enforcement.membership.types import Name
from activation.enforcement.suppression.finding.judging import Judged


def bring_forward(people: Iterable[Judged]) -> None:
    """Let the pages of those who may stay, but for a shorter time than was known, say so.

    One whose time became longer is decided when the old time is over, and is given the new one then.

    :raises KeyUnreadable, KeysUnavailable: if a holding's key cannot be had.
    """
    ends: defaultdict[int, dict[Name, datetime | None]] = defaultdict(dict)
    for one in people:
        until, known = one.decision.valid_until, one.member.ends_at
        if one.may_stay and until is not None and (known is None or until < known):
            ends[one.candidate.holding.id][one.member.name] = until
    for holding_id, of_holding in sorted(ends.items()):
        settle_members(holding_id=holding_id, ends=of_holding)
