"""The steps of a request: what each system, and we ourselves, have to do for it."""

from typing import ClassVar
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q

from consent.requests.models.choices import is_listed, listed
from consent.requests.models.request import Request
from consent.requests.models.systems import System
from consent.requests.types import StepAction, StepState
from lineage.leases.rows import READY_AT, Leased, LeasedQuerySet


class StepQuerySet(LeasedQuerySet["Step"]):
    """Chainable filters of steps."""


class Step(Leased):
    """One action at one system, carried out by one worker at a time, and ended once."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)  # the idempotency key
    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="steps")
    phase = models.PositiveSmallIntegerField()  # earlier ones are done first
    action = models.CharField(max_length=16, choices=listed(StepAction))
    system = models.ForeignKey(System, on_delete=models.PROTECT, null=True, blank=True, related_name="steps")
    state = models.CharField(max_length=16, choices=listed(StepState), default=StepState.BLOCKED.value)
    failures = models.PositiveIntegerField(default=0)
    report = models.JSONField(default=list, blank=True)  # `DatasetReport`s; counts
    found = models.BigIntegerField(default=0)
    done = models.BigIntegerField(default=0)
    kept = models.BigIntegerField(default=0)
    parts = models.PositiveIntegerField(default=0)  # of what was collected, sealed as step/<id>
    reference = models.CharField(max_length=200, blank=True)  # what the system calls it
    callback_hash = models.CharField(max_length=64, blank=True)
    note = models.CharField(max_length=500, blank=True)
    waits_until = models.DateTimeField(null=True, blank=True)  # then somebody has to look
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects: ClassVar = StepQuerySet.as_manager()

    class Meta:
        constraints = [
            is_listed("action", StepAction),
            is_listed("state", StepState),
            models.UniqueConstraint(
                fields=["request", "action", "system"],
                name="step_once_for_each_system",
                nulls_distinct=False,
            ),
        ]
        indexes = [
            models.Index(
                "system", READY_AT, "id", condition=Q(state=StepState.READY.value), name="step_ready"
            ),
            models.Index(
                fields=["action", "waits_until"],
                condition=Q(state=StepState.WAITING.value),
                name="step_waiting",
            ),
            models.Index(fields=["request", "phase"], name="step_by_phase"),
            models.Index(
                fields=["request"], condition=Q(state=StepState.FAILED.value), name="step_failed_of_request"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} of {self.request_id}"
