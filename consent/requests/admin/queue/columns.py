"""The columns of the queue."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display

from consent.requests.admin.words import STATE_COLOURS, say, say_type, tell_due
from consent.requests.fanning.reading import is_overdue
from consent.requests.models import Request, Step
from consent.requests.types import StepState

LIST_DISPLAY = (
    "reference",
    "type_shown",
    "state_shown",
    "jurisdiction_shown",
    "due_shown",
    "assigned_to",
    "channel_shown",
    "problems",
)


def with_stuck_steps(rows: QuerySet[Request], *, at: datetime) -> QuerySet[Request]:
    """Return the requests, each with how many of its steps failed, and how many are overdue or at rest.

    Worked out for the page's rows alone.
    """
    return rows.annotate(
        failed_steps=_count(Q(state=StepState.FAILED.value)), overdue_steps=_count(is_overdue(at=at))
    )


def _count(which: Q) -> Coalesce:
    found = Step.objects.filter(which, request=OuterRef("pk")).order_by()
    counted = found.values("request").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


class QueueColumns:
    """How a request's row is shown. Mixed into the queue's admin."""

    @admin.display(description="Type")
    def type_shown(self, request: Request) -> str:
        """Return what the person asks for."""
        return say_type(request.type)

    @display(description="State", label=STATE_COLOURS)  # type: ignore[untyped-decorator]  # unfold has no types
    def state_shown(self, request: Request) -> tuple[str, str]:
        """Return how far the request is."""
        return request.state, say(request.state)

    @admin.display(description="Law of")
    def jurisdiction_shown(self, request: Request) -> str:
        """Return whose law applies."""
        return request.jurisdiction or "to be decided"

    @admin.display(description="Due")
    def due_shown(self, request: Request) -> SafeString:
        """Return when it is due, in words."""
        due = tell_due(
            due_at=request.due_at,
            zone=request.zone,
            paused=request.paused_at is not None,
            closed_at=request.closed_at,
            now=timezone.now(),
        )
        return format_html('<span class="requests-due requests-{}">{}</span>', due.tone, due.words)

    @admin.display(description="Channel")
    def channel_shown(self, request: Request) -> str:
        """Return which way it came in."""
        return say(request.channel)

    @admin.display(description="Needs")
    def problems(self, request: Any) -> SafeString | str:
        """Return what somebody has to look at."""
        counts = {"failed": request.failed_steps, "overdue": request.overdue_steps}
        marks = [(one,) for one in find_problems(request, **counts)]
        return format_html_join(" ", '<span class="requests-mark">{}</span>', marks) or "-"


def find_problems(request: Request, *, failed: int, overdue: int) -> Iterator[str]:
    """Yield what somebody has to look at, in words."""
    if request.is_closed:
        return
    if failed:
        yield "1 step failed" if failed == 1 else f"{failed:,} steps failed"
    if overdue:
        yield "1 step does not come on" if overdue == 1 else f"{overdue:,} steps do not come on"
    if request.proposed_at and not request.approved_at:
        yield "waits for approval"
    if not request.jurisdiction:
        yield "jurisdiction to be decided"
