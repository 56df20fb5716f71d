"""Planning the steps of a request."""

from consent.requests.models import Request, Step, System
from consent.requests.moving import save
from consent.requests.timeline import tell
from consent.requests.types import Actor, EventKind, StepAction, StepState


def plan_steps(request: Request) -> None:
    """Plan the steps of an approved erasure, in the caller's transaction; the request is locked."""
    systems = list(System.objects.filter(is_enabled=True).order_by("order", "slug"))
    orders = sorted({system.order for system in systems})
    planned = [(orders.index(one.order) + 1, StepAction.ERASE, one) for one in systems]
    last = len(orders) + 1
    planned += [(last, StepAction.TELL_RECIPIENTS, None)]  # type: ignore[list-item]
    planned += [(last + 1, StepAction.VERIFY_GONE, one) for one in systems]
    planned += [(last + 2, StepAction.DESTROY_KEYS, None)]  # type: ignore[list-item]
    first = min(phase for phase, _, _ in planned)
    Step.objects.bulk_create(
        Step(
            request=request,
            phase=phase,
            action=action,
            system=system,
            state=StepState.READY if phase == first else StepState.BLOCKED,
        )
        for phase, action, system in planned
    )
    tell(request, EventKind.STEPS_PLANNED, actor=Actor.SYSTEM, detail={"steps": len(planned)})
    save(request)
