"""Traces and breach reports: who asked, why, and how far it is. Whom they are about lies in sealed parts."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from activation.desk.tracing.types import Access, BreachScope, JobState, Way
from consent.keys.types import SealedSecret

_APP = "activation_desk"
_STATES = [state.value for state in JobState]
_UNFINISHED = [JobState.WAITING.value, JobState.RUNNING.value]
_NOT_ENDED = [JobState.OPEN.value, *_UNFINISHED]
_ACCESSES = [access.value for access in Access]
_SCOPES = [scope.value for scope in BreachScope]
_WAYS = [way.value for way in Way]


class Report(models.Model):
    """A long job that an officer asked for, and the key of what it found. Parts lie in `SealedPart`."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    officer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200)  # no personal data
    requested_at = models.DateTimeField(db_default=Now())
    status = models.CharField(
        max_length=16, choices=[(state, state) for state in _STATES], default=JobState.OPEN.value
    )
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    figures = models.JSONField(null=True, blank=True)  # counts; they name nobody
    error = models.CharField(max_length=500, blank=True)
    parts = models.PositiveIntegerField(default=0)  # of the result; more or fewer do not open
    expires_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True, blank=True)
    kek_version = models.PositiveIntegerField(default=0)  # 0: the key is destroyed
    wrapped = models.BinaryField(default=b"")
    sealed = models.BinaryField(default=b"")

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(condition=Q(status__in=_STATES), name="%(class)s_state_known"),
            models.CheckConstraint(
                condition=Q(status__in=_NOT_ENDED, finished_at__isnull=True)
                | (~Q(status__in=_NOT_ENDED) & Q(finished_at__isnull=False)),
                name="%(class)s_ended_with_time",
            ),
            models.CheckConstraint(condition=Q(done__lte=F("total")), name="%(class)s_done_within_total"),
            models.CheckConstraint(
                condition=Q(destroyed_at__isnull=True)
                | Q(kek_version=0, wrapped=b"", sealed=b"", destroyed_at__isnull=False),
                name="%(class)s_destroyed_with_key",
            ),
        ]

    @property
    def is_unfinished(self) -> bool:
        """Whether it waits or runs."""
        return self.status in _UNFINISHED

    @property
    def percent(self) -> int:
        """How far it is."""
        return 100 * self.done // self.total if self.total else 0

    @property
    def key_name(self) -> str:
        """The name that the report's data key is sealed under."""
        return f"{self._meta.model_name}/{self.pk}"

    def as_sealed(self) -> SealedSecret:
        """Return the data key as it is opened and wrapped anew."""
        return SealedSecret(version=self.kek_version, wrapped=bytes(self.wrapped), sealed=bytes(self.sealed))


class TraceReport(Report):
    """One person traced: who did it, when and why. Whom, is sealed, and gone after some days."""

    access = models.CharField(max_length=16, choices=[(one, one) for one in _ACCESSES])

    class Meta(Report.Meta):
        app_label = _APP
        permissions = [("trace_subject", "Can trace a person through runs and destinations")]
        constraints = [
            *Report.Meta.constraints,
            models.CheckConstraint(condition=Q(access__in=_ACCESSES), name="trace_access_known"),
        ]
        indexes = [
            models.Index(fields=["-requested_at", "id"], name="trace_newest_first"),
            models.Index(
                fields=["requested_at"], condition=Q(status__in=_UNFINISHED), name="trace_unfinished"
            ),
        ]

    def __str__(self) -> str:
        return f"trace of {self.requested_at:%Y-%m-%d %H:%M}"


class BreachReport(Report):
    """Whose data a breach of one destination or dataset reached, in figures, and a sealed list of them."""

    scope = models.CharField(max_length=16, choices=[(scope, scope) for scope in _SCOPES])
    name = models.CharField(max_length=64)  # the destination's slug, or the dataset's key
    label = models.CharField(max_length=1024, blank=True)  # what the dataset is called
    since = models.DateTimeField()
    until = models.DateTimeField()
    known_at = models.DateTimeField()  # when the controller became aware: the clock of Art. 33(1) begins
    opening_asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    opening_asked_at = models.DateTimeField(null=True, blank=True)
    opening_approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    opening_approved_at = models.DateTimeField(null=True, blank=True)

    class Meta(Report.Meta):
        app_label = _APP
        permissions = [
            ("manage_breaches", "Can open and cancel breach reports"),
            ("open_breach_list", "Can ask for, approve and download the list of a breach report"),
        ]
        constraints = [
            *Report.Meta.constraints,
            models.CheckConstraint(condition=Q(scope__in=_SCOPES), name="breach_scope_known"),
            models.CheckConstraint(condition=Q(since__lt=F("until")), name="breach_period_not_empty"),
            models.CheckConstraint(
                condition=Q(opening_approved_by__isnull=True)
                | Q(opening_asked_by__isnull=False) & ~Q(opening_approved_by=F("opening_asked_by")),
                name="breach_list_opened_by_two",
            ),
        ]
        indexes = [
            models.Index(fields=["-requested_at", "id"], name="breach_newest_first"),
            models.Index(
                fields=["requested_at"], condition=Q(status__in=_UNFINISHED), name="breach_unfinished"
            ),
        ]

    def __str__(self) -> str:
        return f"breach of {self.label or self.name}"


class SealedPart(models.Model):
    """A part of what a report is about, or found, under the report's data key. Number 0 is the question."""

    report_id = models.UUIDField()
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        app_label = _APP
        constraints = [models.UniqueConstraint(fields=["report_id", "number"], name="sealed_part_once")]

    def __str__(self) -> str:
        return f"{self.report_id}/{self.number}"


class BreachPerson(models.Model):
    """A subject that an unfinished breach report found, once for each way. It goes when the report ends."""

    report = models.ForeignKey(BreachReport, on_delete=models.CASCADE, related_name="people", db_index=False)
    subject_ref = models.CharField(max_length=64)
    channel = models.PositiveIntegerField()
    way = models.CharField(max_length=16, choices=[(way, way) for way in _WAYS])

    class Meta:
        app_label = _APP
        constraints = [
            models.UniqueConstraint(
                fields=["report", "subject_ref", "channel", "way"], name="breach_person_once"
            ),
        ]

    def __str__(self) -> str:
        return self.subject_ref


class BreachDownload(models.Model):
    """One time that the list of a breach report was opened. It stays."""

    report = models.ForeignKey(BreachReport, on_delete=models.PROTECT, related_name="downloads")
    officer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    downloaded_at = models.DateTimeField(db_default=Now())

    class Meta:
        app_label = _APP

    def __str__(self) -> str:
        return f"{self.report_id} at {self.downloaded_at:%Y-%m-%d %H:%M}"
