"""What machine protocols need beside a request: what it is called there, whom to tell, what was heard."""

from typing import ClassVar, Self
from uuid import uuid4

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from consent.requests.models.choices import is_listed, listed
from consent.requests.models.request import Agent, Request
from consent.requests.types import Channel
from lineage.leases.rows import READY_AT, Leased, LeasedQuerySet


class ProtocolRequest(models.Model):
    """One request as a protocol knows it. What it holds of the person lies in the request's sealed parts."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)  # what callers know it by
    request = models.OneToOneField(
        Request, on_delete=models.PROTECT, null=True, blank=True, related_name="protocol"
    )  # null: it was denied at once, and nothing was made of it
    channel = models.CharField(max_length=16, choices=listed(Channel))
    caller = models.CharField(max_length=200)  # the agent, or the client of the API
    external_id = models.CharField(max_length=200, blank=True)  # what the caller calls it
    asked = models.CharField(max_length=32)  # what it asks for, in the protocol's words
    body_digest = models.CharField(max_length=64)  # SHA-256 of what was sent
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            is_listed("channel", Channel),
            models.UniqueConstraint(
                fields=["caller", "external_id"],
                condition=Q(channel=Channel.OPENDSR.value),
                name="opendsr_request_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asked} by {self.channel}"


class CallbackQuerySet(LeasedQuerySet["Callback"]):
    """Chainable filters of call-backs."""

    def waiting(self) -> Self:
        """Keep what has news that were not told, in the order in which it is claimed."""
        return self.filter(wanted__gt=F("told"), given_up_at__isnull=True).order_by(READY_AT, "pk")


class Callback(Leased):
    """One address that is told where a request stands: the latest, once, whatever lay between.

    The address itself is sealed as the request's part `protocol`.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    protocol_request = models.ForeignKey(ProtocolRequest, on_delete=models.CASCADE, related_name="callbacks")
    number = models.PositiveSmallIntegerField()  # of the address, from 0
    wanted = models.PositiveIntegerField(default=0)  # how often there was news
    told = models.PositiveIntegerField(default=0)  # up to which news it was told
    told_digest = models.CharField(max_length=64, blank=True)  # of what was said last
    failures = models.PositiveIntegerField(default=0)
    told_at = models.DateTimeField(null=True, blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = CallbackQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["protocol_request", "number"], name="callback_once"),
        ]
        indexes = [
            models.Index(
                READY_AT,
                "id",
                condition=Q(wanted__gt=F("told"), given_up_at__isnull=True),
                name="callback_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"call-back {self.number} of {self.protocol_request_id}"


class HeardMessage(models.Model):
    """A signed message that was acted on: it counts no second time for as long as it is in time."""

    digest = models.CharField(primary_key=True, max_length=64)  # SHA-256 of the agent and the message
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="+")
    heard_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.digest
