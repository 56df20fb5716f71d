"""What becomes of a step. It ends once."""

from dataclasses import asdict
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from consent.requests.models import Step
from consent.requests.moving import lock_request
from consent.requests.types import STEP_ENDED, Outcome


@transaction.atomic
def complete_step(
    step_id: UUID | str, outcome: Outcome, *, officer_id: int | None = None, parts: int = 0
) -> bool:
    """Write down what was done in a step, and return whether this call ended it."""
    step = Step.objects.get(pk=step_id)
    lock_request(step.request_id)
    report = [asdict(one) for one in outcome.datasets]
    return bool(
        Step.objects.filter(pk=step_id)
        .exclude(state__in=STEP_ENDED)
        .update(
            state=outcome.state,
            ended_at=Now(),
            ended_by_id=officer_id,
            report=report,
            parts=parts,
            found=sum(one.found for one in outcome.datasets),
            done=sum(one.done for one in outcome.datasets),
            kept=sum(one.kept for one in outcome.datasets),
        )
    )
