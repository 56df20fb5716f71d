"""What is known of steps: how far they are, and which of them nobody answered in time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import Q

from consent.keys import queries as keys
from consent.requests.models import Step
from consent.requests.models.steps import StepQuerySet
from consent.requests.types import RequestState, StepAction, StepState, SystemKind

SWITCHED_OFF = "its system is switched off: switch it on in the data map, or go on without this step"


@dataclass(frozen=True, slots=True, kw_only=True)
class StuckStep:
    """A step that goes on only if an officer does something."""

    id: UUID
    request_id: UUID
    reference: str
    """Of the request."""
    action: StepAction
    state: StepState
    system: str
    """By slug; empty: none."""
    since: datetime | None
    """Until when it was waited for; None: it has failed, or its system is switched off."""
    error: str


def list_stuck_steps(*, at: datetime, limit: int = 100) -> Sequence[StuckStep]:
    """Return the steps whose answer is overdue at `at`, the longest first, then those that nobody works on.

    Those have failed, or wait for a worker at a system that is switched off.
    """
    rows = _stuck(at).select_related("request", "system").order_by("waits_until", "pk")[:limit]
    return [
        StuckStep(
            id=row.pk,
            request_id=row.request_id,
            reference=row.request.reference,
            action=StepAction(row.action),
            state=StepState(row.state),
            system=row.system.slug if row.system else "",
            since=row.waits_until,
            error=find_trouble(row),
        )
        for row in rows
    ]


def count_stuck_steps(*, at: datetime) -> int:
    """Return how many steps go on only if an officer does something."""
    return _stuck(at).count()


def get_callback_secret(step_id: UUID) -> str | None:
    """Return what the system of the step signs its call-backs with; None if it is none that calls back.

    :raises KeyUnreadable, KeysUnavailable: if it cannot be read now.
    """
    rows = Step.objects.filter(pk=step_id, system__kind=SystemKind.WEBHOOK, system__kek_version__gt=0)
    step = rows.select_related("system").order_by("pk").first()
    if step is None or step.system is None:
        return None
    return keys.open_secret(step.system.as_sealed(), name=step.system.key_name)


def find_trouble(step: Step) -> str:
    """Return why a step of a request at work does not come on; nothing if it has no trouble."""
    return SWITCHED_OFF if _is_at_rest(step) else step.last_error


def is_overdue(*, at: datetime) -> Q:
    """Return what holds of a step that has not failed, and goes on only if an officer does something.

    Its answer is overdue, or it is to be carried out at a system that is switched off.
    """
    return reduce(or_, list_overdue(at=at))


def list_overdue(*, at: datetime) -> tuple[Q, ...]:
    """Return the ways in which a step is overdue, each in the words of the index by which it is found."""
    return (
        Q(state=StepState.WAITING.value, waits_until__lte=at),
        Q(state=StepState.READY.value, waits_until__lte=at),
        Q(state=StepState.READY.value, system__is_enabled=False),
    )


def _is_at_rest(step: Step) -> bool:
    return step.state == StepState.READY and step.system is not None and not step.system.is_enabled


def _stuck(at: datetime) -> StepQuerySet:
    stuck: StepQuerySet = Step.objects.filter(
        Q(state=StepState.FAILED) | is_overdue(at=at),
        request__state__in=(RequestState.IN_PROGRESS, RequestState.IN_REVIEW),
    )
    return stuck
