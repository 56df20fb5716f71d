"""Taking leased work, keeping it, and ending it."""

from datetime import timedelta
from typing import TypeVar, cast

from django.db import models, transaction
from django.db.models import F

from lineage.leases.rows import Leased, LeasedQuerySet, from_now

Row = TypeVar("Row", bound=Leased)

_LONGEST_ERROR = 500
_MOST_DOUBLINGS = 30


def claim(rows: LeasedQuerySet[Row], *, limit: int, lease: timedelta) -> list[Row]:
    """Lease up to `limit` of the due `rows` (ordered, with an end in `pk`), and return them in their order.

    Committed when it returns, unless a transaction of the caller's is open: then others pass the rows by
    until it ends, and find them as they were if it is rolled back. Any number of workers may claim at once:
    none waits for another, and no row goes to two. Two statements; one if nothing is due.
    """
    due = rows.due().annotate(lease_ends_at=from_now(lease))
    waiting = due.select_for_update(skip_locked=True, of=("self",))
    with transaction.atomic(using=waiting.db):
        taken = cast("list[Row]", list(waiting[:limit]))
        for row in taken:
            row.attempts, row.next_attempt_at = row.attempts + 1, None
            row.leased_until = vars(row).pop("lease_ends_at")  # the same for all
        _all_of(rows.model, using=waiting.db).filter(pk__in=[row.pk for row in taken]).update(
            attempts=F("attempts") + 1,
            leased_until=taken[0].leased_until if taken else None,
            next_attempt_at=None,
        )
    return taken


def keep(row: Leased, *, lease: timedelta) -> bool:
    """Hold `row` for another `lease` from now, and return whether it was still this attempt's."""
    return bool(_ours(row).update(leased_until=from_now(lease)))


def end(row: Leased, **changes: object) -> bool:
    """Give `row` back with `changes` written, and return whether it was still this attempt's to write."""
    return bool(_ours(row).update(leased_until=None, **changes))


def put_off(row: Leased, *, error: str, delay: timedelta, **changes: object) -> bool:
    """Give `row` back, to be claimed again after `delay`; return whether it was still this attempt's."""
    return end(row, next_attempt_at=from_now(delay), last_error=storable(error), **changes)


def storable(error: str) -> str:
    """Return what of `error` fits into a row. What a database refuses, a NUL, must not keep a row held."""
    return error.encode(errors="replace").decode().replace("\0", "?")[:_LONGEST_ERROR]


def back_off(failures: int, *, first: timedelta, longest: timedelta) -> timedelta:
    """Return how long to wait after so many failures in a row, from 1: twice as long each time."""
    times = 1 << min(max(failures, 1) - 1, _MOST_DOUBLINGS)
    return first * times if first <= longest / times else longest  # so that no product is too large


def _ours(row: Row) -> models.QuerySet[Row]:
    """Return the row's query, if its attempt is the row's last. A lease may be over: nobody has it since."""
    same = _all_of(type(row), using=row._state.db)
    return same.filter(pk=row.pk, attempts=row.attempts, leased_until__isnull=False)


def _all_of(model: type[Row], *, using: str | None) -> models.QuerySet[Row]:
    return models.QuerySet(model, using=using)
