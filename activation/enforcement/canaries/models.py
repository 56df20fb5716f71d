"""Which canaries there are, what went wrong with one, and when all were last asked about."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from activation.enforcement.canaries.types import IncidentKind, Way
from consent.ledger.append_only import AppendOnly


class CanaryPlace(models.Model):
    """One canary of one destination, as a run must know it. What it is called, the secret alone tells."""

    destination = models.CharField(max_length=64)
    way = models.CharField(max_length=16, choices=[(way, way) for way in Way])
    generation = models.PositiveIntegerField(default=1)
    jurisdiction = models.CharField(max_length=8, blank=True)  # empty: none is on record
    policy_digest = models.CharField(max_length=71, blank=True)  # empty: no policy was in force
    made_at = models.DateTimeField()
    prepared_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(way__in=list(Way)), name="canary_way_known"),
            models.CheckConstraint(condition=Q(generation__gte=1), name="canary_generation_from_one"),
            models.UniqueConstraint(fields=["destination", "way"], name="canary_one_of_each_way"),
        ]

    def __str__(self) -> str:
        return f"{self.way} at {self.destination}"


class IncidentQuerySet(models.QuerySet["Incident"]):
    """Chainable filters of incidents."""

    def open(self) -> "IncidentQuerySet":
        """Keep those that no officer has acknowledged."""
        return self.filter(acknowledged_at__isnull=True)


class Incident(models.Model):
    """Something that must never happen, and did. It names a question and canaries, never a person."""

    kind = models.CharField(max_length=32, choices=[(kind, kind) for kind in IncidentKind])
    path = models.CharField(max_length=32)  # what decided: a run, or one path of the self-test
    run_id = models.UUIDField(null=True, blank=True)
    destination = models.CharField(max_length=64)
    purpose = models.CharField(max_length=200, blank=True)  # empty: it is about no question
    controller = models.CharField(max_length=64, blank=True)
    ways = models.JSONField()  # of the canaries it is about
    suspended = models.BooleanField()
    """Whether it suspended the destination, which was not suspended before."""
    event_id = models.CharField(max_length=64)
    raised_at = models.DateTimeField(db_default=Now())
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.CharField(max_length=150, blank=True)  # an officer's user name
    note = models.CharField(max_length=2000, blank=True)

    objects = IncidentQuerySet.as_manager()

    class Meta:
        permissions = [("acknowledge_incident", "Can acknowledge incidents")]
        indexes = [models.Index(fields=["-raised_at", "id"], name="incident_newest_first")]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=list(IncidentKind)), name="incident_kind_known"),
            models.CheckConstraint(
                condition=Q(acknowledged_at__isnull=True, acknowledged_by="", note="")
                | (Q(acknowledged_at__isnull=False) & ~Q(acknowledged_by="") & ~Q(note="")),
                name="incident_acknowledged_with_note",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} at {self.destination}"


class SelfTest(models.Model):
    """One self-test: every canary asked about on every path. The ledger's audit stream holds its answers."""

    policy_digest = models.CharField(max_length=71, blank=True)
    watermark = models.BigIntegerField()
    asked = models.BigIntegerField()
    denied = models.BigIntegerField()
    unanswered_paths = models.JSONField(default=dict, blank=True)
    """Why a path was not asked, by its name."""
    incidents = models.PositiveIntegerField()
    event_id = models.CharField(max_length=64)
    tested_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        triggers = [AppendOnly()]
        indexes = [models.Index(fields=["-tested_at", "id"], name="self_test_newest_first")]

    def __str__(self) -> str:
        return f"{self.tested_at:%Y-%m-%d %H:%M:%S}"
