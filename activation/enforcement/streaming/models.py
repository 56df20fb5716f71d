"""The processes that run streams, each with what it did last. They name nobody."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from activation.enforcement.streaming.types import Guarantee, StreamStatus

ENDED = (StreamStatus.STOPPED, StreamStatus.FAILED)


class StreamRun(models.Model):
    """One process that runs a stream, from its start to its end."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    status = models.CharField(
        max_length=16, choices=[(status, status) for status in StreamStatus], default=StreamStatus.STARTING
    )
    purpose = models.CharField(max_length=200)
    destination = models.CharField(max_length=64)
    controller = models.CharField(max_length=64)
    input_topic = models.CharField(max_length=249)
    allowed_topic = models.CharField(max_length=249)
    denied_topic = models.CharField(max_length=249)
    group = models.CharField(max_length=255)
    instance = models.CharField(max_length=200)
    guarantee = models.CharField(max_length=16, choices=[(one, one) for one in Guarantee])
    started_at = models.DateTimeField(db_default=Now())
    last_seen_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, blank=True)
    partitions = models.PositiveIntegerField(default=0)
    lag = models.BigIntegerField(null=True, blank=True)  # None: the brokers did not say
    events = models.BigIntegerField(default=0)
    allowed = models.BigIntegerField(default=0)
    denied = models.BigIntegerField(default=0)
    denied_by_reason = models.JSONField(default=dict, blank=True)
    policy_version = models.PositiveIntegerField(default=0)  # 0: nothing was decided yet
    watermark = models.BigIntegerField(default=0)
    waiting_for = models.CharField(max_length=500, blank=True)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [models.Index(fields=["-started_at", "id"], name="stream_run_newest_first")]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=list(StreamStatus)), name="stream_run_status_known"
            ),
            models.CheckConstraint(
                condition=Q(guarantee__in=list(Guarantee)), name="stream_run_guarantee_known"
            ),
            models.CheckConstraint(
                condition=Q(events=F("allowed") + F("denied"), allowed__gte=0, denied__gte=0),
                name="stream_run_counts_add_up",
            ),
            models.CheckConstraint(
                condition=Q(status__in=ENDED, ended_at__isnull=False)
                | (~Q(status__in=ENDED) & Q(ended_at__isnull=True)),
                name="stream_run_ended_with_time",
            ),
            models.CheckConstraint(
                condition=~Q(status=StreamStatus.WAITING) | ~Q(waiting_for=""),
                name="stream_run_waits_for_something",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.input_topic} for {self.purpose} to {self.destination}, {self.instance}"
