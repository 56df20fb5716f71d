"""Data subjects by pseudonym, what leads to them, and what is known about them."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from consent.ledger.models import Evidence, PrunableEvidence
from consent.subjects.tombstones import TellErasure, TellLink
from consent.subjects.types import FactName, HeldDecision, HoldReason, IdentifierKind


class Subject(models.Model):
    """One data subject. Whoever writes about it locks this row and takes the next version."""

    ref = models.CharField(max_length=64, primary_key=True)
    version = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    erased_at = models.DateTimeField(null=True, blank=True)
    # The erasure's run in lineage until the keys are gone. Then nothing leads from the one to the other.
    erasure_run = models.UUIDField(null=True, blank=True)
    # The request on whose last step the keys of this erased subject are destroyed. Until then they are kept.
    keys_kept_for = models.UUIDField(null=True, blank=True)

    class Meta:
        triggers = [TellErasure()]
        indexes = [
            models.Index(
                fields=["keys_kept_for"],
                condition=Q(keys_kept_for__isnull=False),
                name="subject_keys_kept",
            ),
            models.Index(
                fields=["erasure_run"],
                condition=Q(erasure_run__isnull=False),
                name="subject_erasure_under_way",
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(version__gte=0), name="subject_version_not_negative"),
            models.CheckConstraint(
                condition=Q(keys_kept_for__isnull=True) | Q(erased_at__isnull=False),
                name="subject_keys_kept_of_the_erased",
            ),
        ]

    def __str__(self) -> str:
        return self.ref


class IdentifierIndex(models.Model):
    """What leads from one identifier to its subject, under one version of the index key.

    The identifier itself lies sealed in the private part of the event `event_id`, the same for each of
    its rows.
    """

    kind = models.CharField(max_length=16, choices=[(kind, kind) for kind in IdentifierKind])
    blind_index = models.BinaryField(max_length=32)
    key_version = models.PositiveSmallIntegerField()
    subject = models.ForeignKey(
        Subject, on_delete=models.PROTECT, related_name="identifiers", db_column="subject_ref"
    )
    event_id = models.CharField(max_length=64)
    verified = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "blind_index"], name="identifier_leads_to_one_subject"),
            models.UniqueConstraint(fields=["event_id", "key_version"], name="identifier_once_per_version"),
            models.CheckConstraint(condition=Q(kind__in=list(IdentifierKind)), name="identifier_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.subject_id}"


class Tombstone(Evidence):
    """What is left of an erased subject's identifier, so that no import brings the person back."""

    kind = models.CharField(max_length=16, choices=[(kind, kind) for kind in IdentifierKind])
    blind_index = models.BinaryField(max_length=32)  # under the tombstone key, which never rotates
    subject = models.ForeignKey(
        Subject, on_delete=models.PROTECT, related_name="tombstones", db_column="subject_ref"
    )
    erased_at = models.DateTimeField()

    class Meta(Evidence.Meta):
        constraints = [
            models.UniqueConstraint(fields=["kind", "blind_index", "subject"], name="tombstone_once"),
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


class HeldLink(models.Model):
    """Two subjects that a row showed together, and whom only an officer may link."""

    left = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+", db_column="left_ref")
    right = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+", db_column="right_ref")
    provenance = models.CharField(max_length=200)
    reason = models.CharField(max_length=24, choices=[(reason, reason) for reason in HoldReason])
    held_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decision = models.CharField(
        max_length=16, blank=True, choices=[(decision, decision) for decision in HeldDecision]
    )

    class Meta:
        permissions = [("decide_heldlink", "Can confirm and dismiss held links, and undo links")]
        constraints = [
            models.CheckConstraint(condition=Q(left__lt=F("right")), name="held_pair_in_order"),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True, decision="")
                | Q(decided_at__isnull=False, decision__in=list(HeldDecision)),
                name="held_decided_with_time",
            ),
            models.UniqueConstraint(
                fields=["left", "right"], condition=Q(decided_at__isnull=True), name="held_open_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.left_id} and {self.right_id}"


class SubjectFact(PrunableEvidence):
    """What was said about a subject at one moment. A change is a new row.

    What was said lies sealed in the private part of the event of the same id.
    """

    fact_id = models.CharField(max_length=64, primary_key=True)
    subject = models.ForeignKey(
        Subject, on_delete=models.PROTECT, related_name="facts", db_column="subject_ref"
    )
    version = models.BigIntegerField()
    name = models.CharField(max_length=24, choices=[(name, name) for name in FactName])
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
