"""Telling officers what is due soon, what is overdue, and whose receipt nobody has acknowledged: each once.

The officers' mails leave before the rows are committed. So a crash in between tells somebody twice, and never
nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from consent.requests.clocks.officers import list_handlers, share_out, write_to_officers
from consent.requests.models import Request, RequestEvent
from consent.requests.moving import save
from consent.requests.timeline import tell
from consent.requests.types import CLOSED, Actor, EventKind

REMIND_BEFORE = (timedelta(days=7), timedelta(days=2))
"""How long before its end a request is told of. A request whose whole time is shorter is not told of then."""
ACKNOWLEDGE_BEFORE = timedelta(days=2)
BATCH = 100
"""Requests that are locked together, and share one mail to each officer."""

_ACKNOWLEDGEMENT = "acknowledgement"


class _Find(Protocol):
    def __call__(self, at: datetime) -> QuerySet[Request]: ...


@dataclass(frozen=True, slots=True)
class _Notice:
    """One thing that officers are told."""

    what: str
    kind: EventKind
    field: str | None
    """When it was told last."""
    find: _Find
    subject: str
    lead: str


def remind(*, at: datetime, limit: int = 5000) -> int:
    """Tell officers what is overdue, due soon or not acknowledged; return how many requests were told of.

    Safe to run twice and by several workers at once: each takes requests that nobody else holds.

    :raises OSError: if the mail server cannot be reached: what was not told yet is told by the next call.
    """
    told = 0
    for notice in _NOTICES:
        while told < limit and (done := _tell_batch(notice, at=at, limit=min(BATCH, limit - told))):
            told += done
    return told


@transaction.atomic
def _tell_batch(notice: _Notice, *, at: datetime, limit: int) -> int:
    waiting = notice.find(at=at).select_related("assigned_to").order_by("due_at", "pk")
    requests = list(waiting.select_for_update(skip_locked=True, of=("self",))[:limit])
    for request in requests:
        _mark(request, notice, at)
    if requests:
        _write(requests, notice)
    return len(requests)


def _mark(request: Request, notice: _Notice, at: datetime) -> None:
    fields: tuple[str, ...] = ()
    if notice.field:
        setattr(request, notice.field, at)
        fields = (notice.field,)
    detail = {"what": notice.what, "due_at": request.due_at.isoformat()}
    tell(request, notice.kind, actor=Actor.SYSTEM, detail=detail)
    save(request, *fields)


def _write(requests: Sequence[Request], notice: _Notice) -> None:
    write_to_officers(share_out(requests, list_handlers()), subject=notice.subject, lead=notice.lead)


def _running() -> QuerySet[Request]:
    """Return the requests whose clocks run."""
    return Request.objects.exclude(state__in=sorted(CLOSED)).filter(paused_at__isnull=True)


def _overdue(at: datetime) -> QuerySet[Request]:
    untold = Q(escalated_at__isnull=True) | Q(escalated_at__lt=F("due_at"))
    return _running().filter(untold, due_at__lte=at)


def _due_soon(at: datetime) -> QuerySet[Request]:
    marks = Q()
    for before in REMIND_BEFORE:
        untold = Q(reminded_at__isnull=True) | Q(reminded_at__lt=F("due_at") - before)
        marks |= Q(due_at__lte=at + before, received_at__lt=F("due_at") - before) & untold
    return _running().filter(marks, due_at__gt=at, due_at__lte=at + max(REMIND_BEFORE))


def _unacknowledged(at: datetime) -> QuerySet[Request]:
    told = RequestEvent.objects.filter(
        request=OuterRef("pk"), kind=EventKind.REMINDED, detail__what=_ACKNOWLEDGEMENT
    )
    soon = (at + ACKNOWLEDGE_BEFORE).date()
    return _running().filter(~Exists(told), acknowledged_at__isnull=True, acknowledge_by__lte=soon)


_NOTICES = (
    _Notice(
        what="overdue",
        kind=EventKind.ESCALATED,
        field="escalated_at",
        find=_overdue,
        subject="Requests overdue",
        lead="The time of these requests is over, and they are not answered:",
    ),
    _Notice(
        what="due_soon",
        kind=EventKind.REMINDED,
        field="reminded_at",
        find=_due_soon,
        subject="Requests due soon",
        lead="These requests are due within days:",
    ),
    _Notice(
        what=_ACKNOWLEDGEMENT,
        kind=EventKind.REMINDED,
        field=None,
        find=_unacknowledged,
        subject="Requests to acknowledge",
        lead="The receipt of these requests is not acknowledged yet; the law asks for it within days:",
    ),
)
