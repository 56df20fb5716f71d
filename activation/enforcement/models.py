"""Runs that let data leave, with what they decided in counts. They name nobody."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from activation.enforcement.canaries.models import CanaryPlace, Incident, SelfTest
from activation.enforcement.membership.models import Holding, Page, Segment
from activation.enforcement.recipients.models import RecipientNotice, RecipientTelling
from activation.enforcement.reconciliation.models import Reconciliation
from activation.enforcement.standing.models import DriftReport, RunOrder, StandingAudience
from activation.enforcement.streaming.models import StreamRun
from activation.enforcement.suppression.models import DailyClock, FeedPosition, Parcel, Suppression
from activation.enforcement.types import DeliveryState, RunStatus

__all__ = [
    "CanaryPlace",
    "DailyClock",
    "DriftReport",
    "EnforcementRun",
    "EnforcementRunQuerySet",
    "FeedPosition",
    "Holding",
    "Incident",
    "Page",
    "Parcel",
    "RecipientNotice",
    "RecipientTelling",
    "Reconciliation",
    "RunOrder",
    "Segment",
    "SelfTest",
    "StandingAudience",
    "StreamRun",
    "Suppression",
]


class EnforcementRunQuerySet(models.QuerySet["EnforcementRun"]):
    """Chainable filters of runs."""

    def running(self) -> "EnforcementRunQuerySet":
        """Keep the runs that have not ended, as far as the table knows."""
        return self.filter(status=RunStatus.RUNNING)

    def finished_before(self, moment: datetime) -> "EnforcementRunQuerySet":
        """Keep the runs that ended before `moment`, whatever came of them."""
        return self.filter(finished_at__lt=moment)


class EnforcementRun(models.Model):
    """One audience decided row by row for one purpose, destination and controller.

    Once it is prepared, the manifest's digest is set and only the delivery of the files is left.
    """

    id = models.UUIDField(primary_key=True)
    purpose = models.CharField(max_length=200)
    destination = models.CharField(max_length=64)
    controller = models.CharField(max_length=64)
    status = models.CharField(
        max_length=16, choices=[(status, status) for status in RunStatus], default=RunStatus.RUNNING
    )
    decided_at = models.DateTimeField()
    """The moment that every row was decided for, by the caller's clock; the next two by the database's."""
    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)
    input = models.CharField(max_length=4096)  # absolute path
    output = models.CharField(max_length=4096)  # absolute path
    rows_in = models.BigIntegerField(default=0)
    allowed = models.BigIntegerField(default=0)
    denied = models.BigIntegerField(default=0)
    denied_by_reason = models.JSONField(default=dict, blank=True)
    policy_version = models.PositiveIntegerField(default=0)  # 0: not known yet, or no policy in force
    policy_digest = models.CharField(max_length=71, blank=True)
    watermark = models.BigIntegerField(default=0)
    states_watermark = models.BigIntegerField(default=0)  # what the file of people rested on
    canaries = models.PositiveIntegerField(default=0)  # rows of canaries, all denied; in no count
    delivery = models.CharField(
        max_length=16, choices=[(state, state) for state in DeliveryState], default=DeliveryState.NONE
    )
    delivery_terms = models.JSONField(default=dict, blank=True)
    delivery_reference = models.CharField(max_length=200, blank=True)  # the destination's own name for it
    pulled_back = models.BigIntegerField(default=0)
    manifest_digest = models.CharField(max_length=71, blank=True)
    lineage = models.JSONField(default=dict, blank=True)  # what events tell of it so far: it names nobody
    error = models.CharField(max_length=500, blank=True)

    objects = EnforcementRunQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["-started_at", "id"], name="enforcement_run_newest_first")]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=list(RunStatus)), name="enforcement_run_status_known"
            ),
            models.CheckConstraint(
                condition=Q(rows_in=F("allowed") + F("denied"), allowed__gte=0, denied__gte=0),
                name="enforcement_run_counts_add_up",
            ),
            models.CheckConstraint(
                condition=Q(status=RunStatus.RUNNING, finished_at__isnull=True)
                | (~Q(status=RunStatus.RUNNING) & Q(finished_at__gte=F("started_at"))),
                name="enforcement_run_finished_unless_running",
            ),
            models.CheckConstraint(
                condition=~Q(status=RunStatus.COMPLETED) | ~Q(manifest_digest=""),
                name="enforcement_run_completed_has_manifest",
            ),
            models.CheckConstraint(
                condition=Q(delivery__in=list(DeliveryState)), name="enforcement_run_delivery_known"
            ),
            models.UniqueConstraint(
                fields=["output"],
                condition=Q(status=RunStatus.RUNNING),
                name="enforcement_run_one_writer_per_output",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} to {self.destination}, {self.started_at:%Y-%m-%d %H:%M:%S}"

    @property
    def is_running(self) -> bool:
        """Whether the run has not ended, as far as the row knows."""
        return self.status == RunStatus.RUNNING
