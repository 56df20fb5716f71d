"""Taking leased work, keeping it, and ending it."""

from datetime import timedelta
from typing import TypeVar

from django.db import models, transaction
from django.db.models import F

from lineage.leases.rows import Leased, LeasedQuerySet, from_now

Row = TypeVar("Row", bound=Leased)

_LONGEST_ERROR = 500
_MOST_DOUBLINGS = 30


def claim(rows: LeasedQuerySet[Row], *, limit: int, lease: timedelta) -> list[Row]:
    """Lease up to `limit` of the due `rows` (ordered, with an end in `pk`), and return them.

    Committed when it returns, unless a transaction of the caller's is open. Any number of workers may claim
    at once: none waits for another, and no row goes to two.
    """
    with transaction.atomic():
        taken: list[Row] = list(rows.due().select_for_update(skip_locked=True, of=("self",))[:limit])
        ours = _all_of(rows.model).filter(pk__in=[row.pk for row in taken])
        ours.update(attempts=F("attempts") + 1, leased_until=from_now(lease), next_attempt_at=None)
        ends = dict(ours.values_list("pk", "leased_until"))
    for row in taken:
        row.attempts, row.leased_until, row.next_attempt_at = row.attempts + 1, ends[row.pk], None
    return taken


def keep(row: Leased, *, lease: timedelta) -> bool:
    """Hold `row` for another `lease` from now, and return whether it was still this attempt's."""
    return bool(_ours(row).update(leased_until=from_now(lease)))


def end(row: Leased, **changes: object) -> bool:
    """Give `row` back with `changes` written, and return whether it was still this attempt's to write."""
    return bool(_ours(row).update(leased_until=None, **changes))


def put_off(row: Leased, *, error: str, delay: timedelta, **changes: object) -> bool:
    """Give `row` back, to be claimed again after `delay`; return whether it was still this attempt's."""
    return end(row, next_attempt_at=from_now(delay), last_error=error[:_LONGEST_ERROR], **changes)


def back_off(failures: int, *, first: timedelta, longest: timedelta) -> timedelta:
    """Return how long to wait after so many failures in a row, from 1: twice as long each time."""
    doublings = min(max(failures, 1) - 1, _MOST_DOUBLINGS)
    return min(longest, first * (1 << doublings))


def _ours(row: Row) -> models.QuerySet[Row]:
    """Return the row's query, if its attempt is the row's last. A lease may be over: nobody has it since."""
    return _all_of(type(row)).filter(pk=row.pk, attempts=row.attempts, leased_until__isnull=False)


def _all_of(model: type[Row]) -> models.QuerySet[Row]:
    return models.QuerySet(model)
