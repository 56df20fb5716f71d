"""Standing audiences, the orders for their runs, and what measuring their drift found. They name nobody."""

from datetime import datetime
from typing import Any, Self
from uuid import uuid4

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from activation.enforcement.audience.types import AudienceFormat
from activation.enforcement.parents import LONGEST_PARENT
from activation.enforcement.standing.types import OrderSource, Rerun, RunRequest, WorkStatus

# Plain texts: constraints are copied into migrations, which must not depend on the enum of the day.
_QUEUED, _RUNNING = WorkStatus.QUEUED.value, WorkStatus.RUNNING.value
_UNFINISHED = [_QUEUED, _RUNNING]
_STATUSES = [status.value for status in WorkStatus]
_SOURCES = [source.value for source in OrderSource]
_RERUNS = [rerun.value for rerun in Rerun]
_FORMATS = [one.value for one in AudienceFormat]
_APP = "activation_enforcement"


class StandingAudience(models.Model):
    """A list that leaves again and again for one purpose, to one destination."""

    slug = models.CharField(max_length=64, unique=True)
    title = models.CharField(max_length=200)
    input = models.CharField(max_length=500)  # below the folder of audiences
    audience_format = models.CharField(
        "format", max_length=16, blank=True, choices=[(one, one) for one in _FORMATS]
    )
    identifiers = models.JSONField(default=dict, blank=True)  # kind -> column
    purpose = models.CharField(max_length=200)
    destination = models.CharField(max_length=64)
    controller = models.CharField(max_length=64)
    schedule = models.CharField(max_length=40, blank=True)
    rerun = models.CharField(
        max_length=16,
        choices=[(one, one.replace("_", " ")) for one in _RERUNS],
        default=Rerun.WHEN_WRONG.value,
    )
    is_active = models.BooleanField(default=True)
    next_run_at = models.DateTimeField(null=True, blank=True)
    created_by = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        app_label = _APP
        permissions = [("run_standingaudience", "Can run a standing audience and measure its drift")]
        constraints = [
            models.CheckConstraint(
                condition=Q(slug__regex="^[a-z][a-z0-9_-]{0,63}$"), name="standing_slug_well_formed"
            ),
            models.CheckConstraint(condition=Q(rerun__in=_RERUNS), name="standing_rerun_known"),
            models.CheckConstraint(
                condition=Q(next_run_at__isnull=True) | Q(~Q(schedule=""), is_active=True),
                name="standing_next_run_only_if_scheduled",
            ),
        ]
        indexes = [
            models.Index(fields=["next_run_at"], condition=Q(next_run_at__isnull=False), name="standing_due")
        ]

    def __str__(self) -> str:
        return self.slug

    @property
    def request(self) -> RunRequest:
        """What a run of it is asked about."""
        return _request(self)


class WorkQuerySet(models.QuerySet[Any]):
    """Chainable filters of what workers carry out."""

    def unfinished(self) -> Self:
        """Keep what waits, or runs as far as the table knows."""
        return self.filter(status__in=_UNFINISHED)

    def running(self) -> Self:
        """Keep what runs, as far as the table knows."""
        return self.filter(status=_RUNNING)

    def finished_before(self, moment: datetime) -> Self:
        """Keep what ended before `moment`, whatever came of it."""
        return self.filter(finished_at__lt=moment)


class Work(models.Model):
    """Something that waits for a worker, is carried out by one at a time, and ends once."""

    id = models.UUIDField(primary_key=True, default=uuid4)
    status = models.CharField(max_length=16, choices=[(one, one) for one in _STATUSES], default=_QUEUED)
    asked_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    attempt = models.PositiveSmallIntegerField(default=0)  # counts up when a dead worker's is taken up again
    rows_done = models.BigIntegerField(default=0)
    rows_total = models.BigIntegerField(null=True, blank=True)  # none: only reading the file would tell
    stop_asked_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=500, blank=True)

    objects = WorkQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(condition=Q(status__in=_STATUSES), name="%(class)s_status_known"),
            models.CheckConstraint(
                condition=Q(status__in=_UNFINISHED, finished_at__isnull=True)
                | Q(~Q(status__in=_UNFINISHED), finished_at__isnull=False),
                name="%(class)s_finished_with_time",
            ),
            models.UniqueConstraint(
                fields=["audience"], condition=Q(status=_QUEUED), name="%(class)s_one_waits_per_audience"
            ),
            models.UniqueConstraint(
                fields=["audience"], condition=Q(status=_RUNNING), name="%(class)s_one_runs_per_audience"
            ),
        ]
        indexes = [
            models.Index(
                fields=["asked_at"], condition=Q(status__in=_UNFINISHED), name="%(class)s_unfinished"
            ),
            models.Index(fields=["audience", "-asked_at"], name="%(class)s_of_audience"),
        ]

    @property
    def lock_name(self) -> str:
        """What whoever carries this out holds a lock on."""
        raise NotImplementedError


class RunOrder(Work):
    """An order for a run, and the run that it became.

    It keeps what it was asked about: the audience may be changed, or gone, by the time it is read.
    """

    audience = models.ForeignKey(
        StandingAudience, on_delete=models.SET_NULL, null=True, blank=True, related_name="orders"
    )
    audience_slug = models.CharField(max_length=64, blank=True)  # empty: asked for without an audience
    source = models.CharField(max_length=16, choices=[(one, one) for one in _SOURCES])
    asked_by = models.CharField(max_length=200)
    input = models.CharField(max_length=500)
    audience_format = models.CharField(max_length=16, blank=True)
    identifiers = models.JSONField(default=dict, blank=True)
    purpose = models.CharField(max_length=200)
    destination = models.CharField(max_length=64)
    controller = models.CharField(max_length=64)
    run_id = models.UUIDField(null=True, blank=True, db_index=True)  # the enforcement run, once there is one
    not_after = models.DateTimeField(null=True, blank=True)  # when the first of the run's allows ends
    parent_run = models.CharField(max_length=LONGEST_PARENT, blank=True)  # what it is a part of, for lineage

    class Meta(Work.Meta):
        app_label = _APP
        permissions = [("cancel_runorder", "Can cancel a run")]

    def __str__(self) -> str:
        return (
            f"{self.audience_slug or self.purpose} to {self.destination}, {self.asked_at:%Y-%m-%d %H:%M:%S}"
        )

    @property
    def lock_name(self) -> str:
        """What whoever carries this out holds a lock on: the audience, or else the order itself."""
        return run_lock_name(self.audience_slug) if self.audience_slug else f"order:{self.pk}"

    @property
    def request(self) -> RunRequest:
        """What the run is asked about."""
        return _request(self)


class DriftReport(Work):
    """How far what a run sent is from what may be sent: its figures, once it is completed."""

    audience = models.ForeignKey(StandingAudience, on_delete=models.CASCADE, related_name="drift_reports")
    run_id = models.UUIDField(null=True, blank=True)  # whose evidence the list was held against
    measured_at = models.DateTimeField(null=True, blank=True)
    """The moment that everybody was decided for, by the caller's clock."""
    watermark = models.BigIntegerField(default=0)
    policy_digest = models.CharField(max_length=71, blank=True)  # in force then; empty: none
    policies_seen = models.JSONField(default=list, blank=True)  # digests, those that follow included
    sent = models.BigIntegerField(default=0)
    left_the_list = models.BigIntegerField(default=0)
    wrong = models.BigIntegerField(default=0)  # sent, and denied now
    outlooks = models.JSONField(default=list, blank=True)
    rerun_order_id = models.UUIDField(null=True, blank=True)

    class Meta(Work.Meta):
        app_label = _APP
        constraints = [
            *Work.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(status="completed")
                | Q(run_id__isnull=False, measured_at__isnull=False, wrong__lte=F("sent")),
                name="driftreport_completed_has_figures",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.audience_id}, {self.asked_at:%Y-%m-%d %H:%M:%S}"

    @property
    def lock_name(self) -> str:
        """What whoever measures holds a lock on."""
        return f"drift:{self.audience_id}"


def run_lock_name(slug: str) -> str:
    """Return what a run of the audience `slug` holds a lock on. No output's path looks like it."""
    return f"audience:{slug}"


def _request(row: StandingAudience | RunOrder) -> RunRequest:
    return RunRequest(
        purpose=row.purpose,
        destination=row.destination,
        controller=row.controller,
        input=row.input,
        identifiers=row.identifiers,
        audience_format=row.audience_format,
    )
