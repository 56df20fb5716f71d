"""Which requests somebody has to look at: for the queue's filters and the home page alike.

Each narrowing takes rows of `Request` and is written in the words of the index by which it is found.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from consent.requests.fanning.reading import list_overdue as list_overdue_steps
from consent.requests.models import Message, Request, Step
from consent.requests.types import CLOSED, MailTemplate, RequestState, StepState

Rows = QuerySet[Request]
MOST_COUNTED = 5_000
"""So many are counted; what more there are costs nothing, and is told as "more than"."""
SOON = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestCounts:
    """How many open requests there are, and how many need what; at most one more than `MOST_COUNTED` each."""

    open: int
    overdue: int
    due_soon: int
    """Within 7 days."""
    to_approve: int
    """Proposed by somebody else than the officer who asks."""
    to_decide: int
    stuck: int
    """With steps that go on only if an officer does something."""
    undelivered: int
    """With mails to the person that were given up."""


def count_attention(*, officer_id: int, at: datetime) -> RequestCounts:
    """Return what the open requests need at `at`, as the queue's filters list them. Seven statements."""
    rows = keep_open(Request.objects.all())
    return RequestCounts(
        open=_count(rows),
        overdue=_count(keep_overdue(rows, at)),
        due_soon=_count(keep_due_within(rows, at, SOON)),
        to_approve=_count(keep_to_approve(rows, officer_id)),
        to_decide=_count(keep_to_decide(rows)),
        stuck=_count(keep_stuck(rows, at)),
        undelivered=_count(keep_undelivered(rows)),
    )


def keep_open(rows: Rows) -> Rows:
    """Keep the requests that are not closed."""
    return rows.exclude(state__in=sorted(CLOSED))


def keep_overdue(rows: Rows, at: datetime) -> Rows:
    """Keep those whose clock runs, and whose end was reached."""
    return rows.filter(due_at__lte=at, paused_at__isnull=True)


def keep_due_within(rows: Rows, at: datetime, span: timedelta) -> Rows:
    """Keep those whose clock runs, and ends within `span`."""
    return rows.filter(due_at__gt=at, due_at__lte=at + span, paused_at__isnull=True)


def keep_to_approve(rows: Rows, officer_id: int | None) -> Rows:
    """Keep the erasures that wait for a second person, who is not the officer that proposed them."""
    waits = rows.filter(proposed_at__isnull=False, approved_at__isnull=True)
    return waits.exclude(proposed_by=officer_id)


def keep_to_decide(rows: Rows) -> Rows:
    """Keep those that wait for an officer's decision."""
    return rows.filter(state=RequestState.IN_REVIEW.value)


def keep_stuck(rows: Rows, at: datetime) -> Rows:
    """Keep those with a step that failed, is overdue or at rest."""
    ways = (Q(state=StepState.FAILED.value), *list_overdue_steps(at=at))
    found = [Step.objects.filter(way).order_by().values("request_id") for way in ways]
    return rows.filter(pk__in=found[0].union(*found[1:]))


def keep_undelivered(rows: Rows) -> Rows:
    """Keep those with a mail that was given up, and can be sent again. A code is asked for anew instead."""
    lost = Message.objects.filter(given_up_at__isnull=False).exclude(template=MailTemplate.CODE.value)
    return rows.filter(pk__in=lost.order_by().values("request_id"))


def _count(rows: Rows) -> int:
    return rows.order_by()[: MOST_COUNTED + 1].count()
