"""Which steps a request takes: written down once, and begun."""

from collections import Counter

from consent.requests.fanning.phases import go_on
from consent.requests.models import Request, Step, System
from consent.requests.moving import save
from consent.requests.rules.phases import PlannedStep, PlannedSystem, list_steps
from consent.requests.timeline import tell
from consent.requests.types import Actor, EventKind, RequestType


def plan_steps(request: Request) -> None:
    """Write down the steps of a request that is in progress, and let the first of them begin.

    The caller holds the request's lock. Of a request that has steps, those go on as they are.
    """
    if not request.steps.exists():
        planned = list_steps(RequestType(request.type), _list_systems())
        Step.objects.bulk_create(_new(request, step) for step in planned)
        detail = _count(planned) | _count_switched_off()
        tell(request, EventKind.STEPS_PLANNED, actor=Actor.SYSTEM, detail=detail)
        save(request)
    go_on(request)


def _list_systems() -> list[PlannedSystem]:
    enabled = System.objects.filter(is_enabled=True).order_by("order", "pk").values_list("pk", "order")
    return [PlannedSystem(id=pk, order=order) for pk, order in enabled]


def _count_switched_off() -> dict[str, int]:
    """Return how many systems are left out because they are switched off; nothing if none is."""
    count = System.objects.filter(is_enabled=False).count()
    return {"switched_off": count} if count else {}


def _new(request: Request, step: PlannedStep) -> Step:
    return Step(request=request, phase=step.phase, action=step.action.value, system_id=step.system_id)


def _count(planned: list[PlannedStep]) -> dict[str, int]:
    actions = Counter(step.action.value for step in planned)
    return {"steps": len(planned), "phases": planned[-1].phase, **dict(sorted(actions.items()))}
