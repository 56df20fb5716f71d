"""Simulations of drafts, whom a chosen audience leads to meanwhile, and who may follow lineage."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from activation.desk.home.models import ChoiceCount, CountPosition
from activation.desk.lists.models import SavedFilter, SavedFilterQuerySet
from activation.desk.person.models import PersonAct, PersonVisit
from activation.desk.register.models import RegisterNote, RegisterOfProcessing
from activation.desk.tracing.models import (
    BreachDownload,
    BreachPerson,
    BreachReport,
    SealedPart,
    TraceReport,
)
from activation.desk.types import RunStatus

__all__ = [
    "AudienceMember",
    "BreachDownload",
    "BreachPerson",
    "BreachReport",
    "ChoiceCount",
    "CountPosition",
    "PersonAct",
    "PersonVisit",
    "RegisterNote",
    "RegisterOfProcessing",
    "SavedFilter",
    "SavedFilterQuerySet",
    "SealedPart",
    "SimulationRun",
    "SimulationRunQuerySet",
    "TraceReport",
]

# Plain texts: constraints are copied into migrations, which must not depend on the enum of the day.
_WAITING, _COMPLETED = RunStatus.WAITING.value, RunStatus.COMPLETED.value
_UNFINISHED = [RunStatus.WAITING.value, RunStatus.RUNNING.value]
_STATUSES = [status.value for status in RunStatus]


class SimulationRunQuerySet(models.QuerySet["SimulationRun"]):
    """Chainable filters of simulations."""

    def waiting(self) -> Self:
        """Keep those that nobody has begun."""
        return self.filter(status=RunStatus.WAITING)

    def running(self) -> Self:
        """Keep those that have begun and not ended, as far as the table knows."""
        return self.filter(status=RunStatus.RUNNING)

    def finished_before(self, moment: datetime) -> Self:
        """Keep those that ended before `moment`, whatever came of them."""
        return self.filter(finished_at__lt=moment)


class SimulationRun(models.Model):
    """A draft tried out on the subjects there are: what it would change, once it is completed.

    It names nobody. Its sample holds pseudonyms.
    """

    id = models.UUIDField(primary_key=True)
    version_id = models.BigIntegerField()  # of the draft
    policy = models.CharField(max_length=64)
    version = models.PositiveIntegerField()
    draft_digest = models.CharField(max_length=71)
    baseline_version = models.PositiveIntegerField(default=0)  # 0: not known yet, or no policy in force
    baseline_digest = models.CharField(max_length=71, blank=True)
    audience = models.CharField(max_length=200, blank=True)  # the list's name; empty: all subjects
    audience_rows = models.BigIntegerField(default=0)
    audience_not_found = models.BigIntegerField(default=0)  # rows that lead to nobody
    status = models.CharField(
        max_length=16, choices=[(status, status) for status in _STATUSES], default=_WAITING
    )
    officer = models.ForeignKey(  # none: started on the command line
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    requested_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    """The moment that everybody was decided for, by the caller's clock; the three above by the database's."""
    subjects_total = models.BigIntegerField(default=0)
    subjects_done = models.BigIntegerField(default=0)
    watermark = models.BigIntegerField(null=True, blank=True)  # size of the ledger that it rests on
    figures = models.JSONField(null=True, blank=True)
    figures_digest = models.CharField(max_length=71, blank=True)
    sample = models.JSONField(default=list, blank=True)
    attached_at = models.DateTimeField(null=True, blank=True)  # when the draft was given these figures
    error = models.CharField(max_length=1000, blank=True)

    objects = SimulationRunQuerySet.as_manager()

    class Meta:
        permissions = [("start_simulationrun", "Can simulate a draft")]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=_STATUSES), name="simulation_status_known"),
            models.CheckConstraint(
                condition=Q(
                    ~Q(figures_digest=""),
                    status=_COMPLETED,
                    figures__isnull=False,
                    watermark__isnull=False,
                    subjects_done=F("subjects_total"),
                )
                | Q(
                    ~Q(status=_COMPLETED),
                    figures__isnull=True,
                    figures_digest="",
                    sample=[],
                    attached_at__isnull=True,
                ),
                name="simulation_has_figures_once_completed",
            ),
            models.CheckConstraint(
                condition=Q(status__in=_UNFINISHED, finished_at__isnull=True)
                | Q(~Q(status__in=_UNFINISHED), finished_at__isnull=False),
                name="simulation_finished_with_time",
            ),
            models.CheckConstraint(
                condition=Q(status=_WAITING, started_at__isnull=True, decided_at__isnull=True)
                | Q(~Q(status=_WAITING), started_at__isnull=False, decided_at__isnull=False),
                name="simulation_started_with_time",
            ),
            models.CheckConstraint(
                condition=Q(subjects_done__gte=0, subjects_done__lte=F("subjects_total")),
                name="simulation_done_within_total",
            ),
        ]
        indexes = [
            models.Index(
                fields=["requested_at"], condition=Q(status__in=_UNFINISHED), name="simulation_unfinished"
            )
        ]

    def __str__(self) -> str:
        return f"{self.policy} {self.version}, {self.requested_at:%Y-%m-%d %H:%M}"


class AudienceMember(models.Model):
    """A subject that the audience of an unfinished simulation leads to. It goes when the simulation ends."""

    run = models.ForeignKey(SimulationRun, on_delete=models.CASCADE, related_name="members", db_index=False)
    subject_ref = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "subject_ref"], name="simulation_member_once"),
        ]

    def __str__(self) -> str:
        return self.subject_ref


class Lineage(models.Model):
    """No table: what the permissions on the pages about lineage, and their place in the admin, hang on.

    The graph itself is another floor's: `lineage.graph`.
    """

    class Meta:
        managed = False
        default_permissions = ()
        permissions = [
            ("view_lineage", "Can see lineage: the picture, runs and ungated paths"),
            ("declare_lineage", "Can declare datasets and boundaries, and note ungated paths as known"),
        ]
        verbose_name = verbose_name_plural = "lineage"

    def __str__(self) -> str:
        return "lineage"
