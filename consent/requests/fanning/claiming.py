"""Which step a worker gets: one that is ready, at a system that is not asked too much already."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Count, Exists, OuterRef
from django.db.models.functions import Now

from consent.requests.fanning import ending
from consent.requests.models import Step, System
from consent.requests.models.steps import StepQuerySet
from consent.requests.types import RequestState, StepState
from lineage.leases import claiming
from lineage.leases.rows import READY_AT

LEASE = timedelta(seconds=60)
"""How long a step stays with a worker that died."""
MOST_AT_ONCE = 4
"""Steps of one system that are carried out at the same time, by any number of workers."""


def claim_step(system_id: int | None) -> Step | None:
    """Return a step at the system (None: at none) that this worker now holds; None if there is none now."""
    with transaction.atomic():
        if system_id is not None and not _has_room(system_id):
            return None
        due = ready_steps().filter(system=system_id).order_by(READY_AT, "pk")
        taken = claiming.claim(due, limit=1, lease=LEASE)
        new = Step.objects.filter(pk__in=[step.pk for step in taken], started_at__isnull=True)
        new.update(started_at=Now())
    return taken[0] if taken else None


def ready_steps() -> StepQuerySet:
    """Return the steps that a worker may claim: no request that stands still, no system that is switched off.

    One whose lease is over is not among them: its death is counted first.
    """
    still = System.objects.filter(pk=OuterRef("system"), is_enabled=False)
    ready = Step.objects.due().filter(state=StepState.READY, leased_until__isnull=True)
    return ready.filter(
        ~Exists(still), request__state=RequestState.IN_PROGRESS, request__paused_at__isnull=True
    )


def list_due_systems() -> list[tuple[int, str, int]]:
    """Return the systems at which steps wait for a worker now, their kinds, and how many steps those are."""
    due = ready_steps().filter(system__isnull=False).values("system", "system__kind")
    counted = due.annotate(steps=Count("pk")).order_by("system")
    return list(counted.values_list("system", "system__kind", "steps"))


def count_deaths() -> int:
    """Take back the steps whose workers are gone, and return how many those are."""
    dead = Step.objects.filter(state=StepState.READY, leased_until__lte=Now()).order_by("leased_until", "pk")
    steps = list(dead.values_list("pk", flat=True)[:1000])
    for step_id in steps:
        ending.count_death(step_id)
    return len(steps)


def _has_room(system_id: int) -> bool:
    """Return whether one more step may be carried out there. Whoever asks at the same time waits."""
    System.objects.select_for_update(no_key=True).filter(pk=system_id).order_by("pk").first()
    held = Step.objects.filter(system=system_id, state=StepState.READY, leased_until__gt=Now())
    return held.count() < MOST_AT_ONCE
