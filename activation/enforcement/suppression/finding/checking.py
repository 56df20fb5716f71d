"""Deciding everybody who is held again, now and then, though nothing asks for it: what was lost is found.

Every denial comes up by the ledger's feed or by time. This looks without believing so. Whom it finds is taken
out like anybody else, and is an incident: something does not tell what it should.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from math import ceil
from time import monotonic

from django.db.models import ExpressionWrapper, F
from django.db.models import fields as kinds
from django.db.models.functions import Now

from activation.enforcement.membership.models import Page
from activation.enforcement.suppression.finding.doubting import doubt
from activation.enforcement.suppression.finding.feed import count_behind
from activation.enforcement.suppression.finding.steps import Overtaken, one_moment
from activation.enforcement.suppression.finding.types import CheckReport
from activation.enforcement.suppression.models import FeedPosition
from activation.enforcement.suppression.waking import wake_for_destinations

CHECKER = "membership_check"
MOST_PAGES = 4
MOST_BEHIND = 10_000
"""Entries that may wait to be followed: with more, what was missed cannot be told from what is to come."""


def check(*, every: timedelta, until: float, clock: Callable[[], float] = monotonic) -> CheckReport:
    """Look at as many pages as are owed, so that each is looked at once in `every`; return what was found.

    Where it stopped is kept. While another worker checks, or following is far behind, it looks at nothing.

    :raises KeysUnavailable: if the keys cannot be asked for.
    """
    FeedPosition.objects.get_or_create(name=CHECKER)
    total, report = Page.objects.count(), CheckReport()
    owed = _count_owed(total, every)
    while report.pages < owed and clock() < until:
        found = _check_once(every / total)
        if found is None:
            break
        report += found
    return report


def _count_owed(total: int, every: timedelta) -> int:
    passed = ExpressionWrapper(Now() - F("moved_at"), output_field=kinds.DurationField())
    [since] = FeedPosition.objects.filter(pk=CHECKER).order_by("pk").values_list(passed, flat=True)
    return int(min(total, ceil(total * (since / every))))


def _check_once(share: timedelta) -> CheckReport | None:
    """Look at the next pages, each worth `share` of the time; None if there is nothing to do."""
    try:
        with one_moment():
            row = _hold_row()
            if row is None or count_behind() > MOST_BEHIND:
                return None
            pages = _list_next(row.position)
            _move(row, pages, share)
            report, destinations = doubt(pages)
    except Overtaken:
        return CheckReport()
    wake_for_destinations(destinations)
    return report if pages else None


def _hold_row() -> FeedPosition | None:
    rows = FeedPosition.objects.filter(pk=CHECKER).select_for_update(skip_locked=True, of=("self",))
    return rows.order_by("pk").first()


def _list_next(position: int) -> Sequence[int]:
    rows = Page.objects.filter(pk__gt=position).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:MOST_PAGES])


def _move(row: FeedPosition, pages: Collection[int], share: timedelta) -> None:
    """Go on behind `pages`; behind the last, from the first."""
    FeedPosition.objects.filter(pk=row.pk).update(
        position=max(pages, default=0), moved_at=F("moved_at") + share * len(pages)
    )
