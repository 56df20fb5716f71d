"""Data subjects by pseudonym, what leads to them, and what is known about them."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from consent.ledger.models import PrunableEvidence
from consent.subjects.tombstones import TellErasure, TellLink
from consent.subjects.types import FactName, IdentifierKind


class Subject(models.Model):
    """One data subject. Whoever writes about it locks this row and takes the next version."""

    ref = models.CharField(max_length=64, primary_key=True)
    version = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        triggers = [TellErasure()]
        constraints = [
            models.CheckConstraint(condition=Q(version__gte=0), name="subject_version_not_negative")
        ]

    def __str__(self) -> str:
        return self.ref


class IdentifierIndex(models.Model):
    """What leads from one identifier to its subject. The identifier itself is not stored."""

    kind = models.CharField(max_length=16, choices=[(kind, kind) for kind in IdentifierKind])
    blind_index = models.BinaryField(max_length=32)
    key_version = models.PositiveSmallIntegerField()
    subject = models.ForeignKey(
        Subject, on_delete=models.PROTECT, related_name="identifiers", db_column="subject_ref"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "blind_index"], name="identifier_leads_to_one_subject"),
            models.CheckConstraint(condition=Q(kind__in=list(IdentifierKind)), name="identifier_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.subject_id}"


class SubjectLink(models.Model):
    """Two subjects found to be one person. The pair is written with the smaller reference on the left."""

    left = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+", db_column="left_ref")
    right = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+", db_column="right_ref")
    provenance = models.CharField(max_length=200)
    linked_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    unlinked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        triggers = [TellLink()]
        constraints = [
            models.CheckConstraint(condition=Q(left__lt=F("right")), name="link_pair_in_order"),
            models.UniqueConstraint(
                fields=["left", "right"], condition=Q(unlinked_at__isnull=True), name="link_open_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.left_id} and {self.right_id}"


class SubjectFact(PrunableEvidence):
    """What was said about a subject at one moment. A change is a new row."""

    fact_id = models.CharField(max_length=64, primary_key=True)
    subject = models.ForeignKey(
        Subject, on_delete=models.PROTECT, related_name="facts", db_column="subject_ref"
    )
    version = models.BigIntegerField()
    name = models.CharField(max_length=24, choices=[(name, name) for name in FactName])
    value = models.CharField(max_length=64)
    controller = models.CharField(max_length=64, blank=True)  # empty: holds towards every controller
    effective_at = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    recorded_at = models.DateTimeField()
    source = models.CharField(max_length=200)

    class Meta(PrunableEvidence.Meta):
        constraints = [
            models.UniqueConstraint(fields=["subject", "version"], name="fact_one_per_version"),
            models.CheckConstraint(condition=Q(version__gte=1), name="fact_version_from_one"),
            models.CheckConstraint(condition=Q(name__in=list(FactName)), name="fact_name_known"),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=F("effective_at")), name="fact_ends_after_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.subject_id}"
