"""What data subjects chose, and which files it came from."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from consent.ledger.models import Evidence, PrunableEvidence
from consent.records.types import MAX_SOURCE, YES, Choice, SignalKind
from consent.subjects.models import Subject


class ConsentRecord(PrunableEvidence):
    """What one data subject chose for one purpose, at one moment.

    A withdrawal is a new record, so history stays readable to auditors. `record_id` is also the
    `event_id` of the record's entry in the ledger.
    """

    record_id = models.CharField(max_length=64, primary_key=True)
    subject = models.ForeignKey(
        Subject, on_delete=models.PROTECT, related_name="records", db_column="subject_ref", db_index=False
    )
    version = models.BigIntegerField()
    purpose = models.CharField(max_length=128)
    choice = models.CharField(max_length=24, choices=[(choice, choice) for choice in Choice])
    controller = models.CharField(max_length=64, blank=True)  # empty: speaks to every controller
    destination = models.CharField(max_length=64, blank=True)  # empty: speaks of every recipient
    notice = models.CharField(max_length=64, blank=True)
    notice_version = models.PositiveIntegerField(null=True, blank=True)
    method = models.CharField(max_length=64, blank=True)
    form = models.CharField(max_length=64, blank=True)
    effective_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    explicit = models.BooleanField()
    by_guardian = models.BooleanField()
    after_conflict_notice = models.BooleanField()
    back_dated = models.BooleanField()
    refers_to = models.CharField(max_length=64, blank=True)
    source = models.CharField(max_length=MAX_SOURCE)

    class Meta(PrunableEvidence.Meta):
        constraints = [
            models.UniqueConstraint(fields=["subject", "version"], name="record_one_per_version"),
            models.CheckConstraint(condition=Q(version__gte=1), name="record_version_from_one"),
            models.CheckConstraint(condition=Q(choice__in=list(Choice)), name="record_choice_known"),
            models.CheckConstraint(condition=~Q(purpose=""), name="record_has_purpose"),
            models.CheckConstraint(
                condition=~Q(choice__in=sorted(YES)) | (~Q(controller="") & ~Q(purpose="*")),
                name="record_yes_is_narrow",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__isnull=True) | Q(expires_at__gt=F("effective_at")),
                name="record_expires_after_start",
            ),
            models.UniqueConstraint(
                fields=["refers_to"], condition=Q(choice=Choice.INVALIDATED), name="record_invalidated_once"
            ),
        ]
        indexes = [models.Index(fields=["recorded_at", "record_id"], name="record_recorded_at")]

    def __str__(self) -> str:
        return self.record_id


class RecordedSignal(PrunableEvidence):
    """One signal that came in about a data subject: what was made of it. Its text lies sealed in the ledger.

    `event_id` is its event's in the ledger; the choices that were read from it name it in `refers_to`.
    """

    event_id = models.CharField(max_length=64, primary_key=True)
    subject = models.ForeignKey(
        Subject, on_delete=models.PROTECT, related_name="signals", db_column="subject_ref", db_index=False
    )
    version = models.BigIntegerField()
    kind = models.CharField(max_length=16, choices=[(kind, kind) for kind in SignalKind])
    controller = models.CharField(max_length=64, blank=True)  # empty: it speaks to every controller
    digest = models.CharField(max_length=64)  # of the text, under a key of the subject's, in hex
    mapping_digest = models.CharField(max_length=64)  # of the document it was read by
    conflicts = models.JSONField(default=list)  # each a `Conflict` of the mapping
    unread = models.JSONField(default=list)  # each an `Unread` of it
    effective_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    source = models.CharField(max_length=MAX_SOURCE)

    class Meta(PrunableEvidence.Meta):
        constraints = [
            models.UniqueConstraint(fields=["subject", "version"], name="signal_one_per_version"),
            models.CheckConstraint(condition=Q(version__gte=1), name="signal_version_from_one"),
            models.CheckConstraint(condition=Q(kind__in=list(SignalKind)), name="signal_kind_known"),
        ]
        indexes = [
            models.Index(fields=["subject", "kind"], name="signal_of_subject"),
            models.Index(fields=["recorded_at", "event_id"], name="signal_recorded_at"),
            models.Index(
                fields=["recorded_at", "event_id"], name="signal_in_conflict", condition=~Q(conflicts=[])
            ),
        ]

    def __str__(self) -> str:
        return self.event_id


class SignalMapping(Evidence):
    """A mapping that signals were read by, kept so that what was made of them can be explained."""

    digest = models.CharField(max_length=64, primary_key=True)  # SHA-256 of the document, in hex
    document = models.TextField()

    class Meta(Evidence.Meta):
        pass

    def __str__(self) -> str:
        return self.digest[:12]


class CurrentChoice(models.Model):
    """What a subject's records of one key come to now. Not evidence: it can be made anew from the ledger."""

    subject = models.ForeignKey(
        Subject, on_delete=models.PROTECT, related_name="+", db_column="subject_ref", db_index=False
    )
    purpose = models.CharField(max_length=128)
    controller = models.CharField(max_length=64, blank=True)  # empty: speaks to every controller
    destination = models.CharField(max_length=64, blank=True)  # empty: speaks of every recipient
    record_id = models.CharField(max_length=64)
    choice = models.CharField(max_length=24, choices=[(choice, choice) for choice in Choice])
    effective_at = models.DateTimeField()
    version = models.BigIntegerField()
    recorded_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    notice = models.CharField(max_length=64, blank=True)
    notice_version = models.PositiveIntegerField(null=True, blank=True)
    back_dated = models.BooleanField()
    reviewed = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "purpose", "controller", "destination"], name="current_choice_one_per_key"
            ),
        ]

    def __str__(self) -> str:
        return self.record_id


class InvalidationRun(models.Model):
    """An officer's finding that what a form or a notice version collected is not valid, and its execution."""

    form = models.CharField(max_length=64, blank=True)
    notice = models.CharField(max_length=64, blank=True)
    notice_version = models.PositiveIntegerField(null=True, blank=True)
    controller = models.CharField(max_length=64, blank=True)  # empty: of every controller
    collected_from = models.DateTimeField(null=True, blank=True)
    collected_until = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=200)
    officer = models.ForeignKey(  # none: started on the command line
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    counted = models.BigIntegerField()  # shown to the officer before the start
    done = models.BigIntegerField(default=0)
    cursor = models.CharField(max_length=64, blank=True)  # the last record looked at
    recorded_until = models.DateTimeField()  # what was recorded later is not part of it
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(form="") | Q(notice_version__isnull=False), name="invalidation_names_a_source"
            ),
            models.CheckConstraint(
                condition=Q(notice="", notice_version__isnull=True)
                | (~Q(notice="") & Q(notice_version__isnull=False)),
                name="invalidation_notice_with_version",
            ),
        ]
        permissions = [("invalidate_collected", "Can invalidate what a form or a notice collected")]

    def __str__(self) -> str:
        return f"{self.form or f'{self.notice} {self.notice_version}'} {self.started_at:%Y-%m-%d %H:%M}"


class IdempotentAnswer(models.Model):
    """What one write was answered with, so that the same request again is answered alike."""

    caller = models.CharField(max_length=MAX_SOURCE)
    key = models.CharField(max_length=255)
    body_digest = models.BinaryField(max_length=32)
    answer = models.JSONField()
    answered_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["caller", "key"], name="idempotent_answer_once"),
        ]
        indexes = [models.Index(fields=["answered_at"], name="idempotent_answer_age")]

    def __str__(self) -> str:
        return f"{self.caller} {self.answered_at:%Y-%m-%d %H:%M:%S}"


class ImportRun(models.Model):
    """One file of choices, and how far its import got."""

    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of the file, in hex
    source = models.CharField(max_length=MAX_SOURCE)
    lines_done = models.BigIntegerField(default=0)
    accepted = models.BigIntegerField(default=0)
    rejected = models.BigIntegerField(default=0)
    faults = models.JSONField(default=list)  # the values of each `RowFault` of the report, in their order
    signals = models.JSONField(default=dict, blank=True)  # the report's `SignalCounts`; empty: no signals
    choices = models.JSONField(default=dict, blank=True)  # how many were recorded, by what they say
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(lines_done__gte=F("accepted") + F("rejected")), name="import_counts_within_lines"
            )
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.digest[:12]}"
