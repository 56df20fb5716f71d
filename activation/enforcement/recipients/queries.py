"""Reads about telling recipients."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from activation.enforcement.recipients.finding import find_recipients, list_held_destinations
from activation.enforcement.recipients.models import RecipientNotice
from activation.enforcement.recipients.telling import look
from activation.enforcement.recipients.types import Progress
from consent.requests.queries import WaitingStep, list_waiting_steps
from consent.requests.types import StepAction

__all__ = [
    "OpenNotice",
    "find_recipients",
    "list_held_destinations",
    "list_notices_to_tell",
    "list_progress",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenNotice:
    """A recipient that an officer has to tell."""

    id: UUID
    request_id: UUID
    destination: str
    what: str
    made_at: datetime


def list_notices_to_tell(*, limit: int = 500) -> list[OpenNotice]:
    """Return the notices that an officer has to pass on, the oldest first."""
    rows = RecipientNotice.objects.filter(told_at__isnull=True).order_by("made_at", "pk")
    return [
        OpenNotice(id=pk, request_id=request_id, destination=destination, what=what, made_at=made_at)
        for pk, request_id, destination, what, made_at in rows.values_list(
            "pk", "telling__request_id", "destination", "what", "made_at"
        )[:limit]
    ]


def list_progress(request_id: UUID) -> list[Progress]:
    """Return how far the recipients of a request are; nobody if it does not wait for any."""
    waiting = list_waiting_steps(StepAction.TELL_RECIPIENTS, request_id=request_id)
    return [progress for step in waiting for progress in _look(step)]


def _look(step: WaitingStep) -> list[Progress]:
    return look(step)
