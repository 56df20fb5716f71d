"""What goes between us and the person: mails, codes and links. What they say lies in sealed parts."""

from typing import ClassVar, Self
from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from consent.requests.models.choices import is_listed, listed
from consent.requests.models.request import Request
from consent.requests.types import LinkPurpose, MailTemplate, Method
from lineage.leases.rows import READY_AT, Leased, LeasedQuerySet


class MessageQuerySet(LeasedQuerySet["Message"]):
    """Chainable filters of messages."""

    def waiting(self) -> Self:
        """Keep what was neither sent nor given up, in the order in which it is claimed."""
        return self.filter(sent_at__isnull=True, given_up_at__isnull=True).order_by(READY_AT, "pk")


class Message(Leased):
    """One mail or text message to the person; to whom, and its context, is sealed as message/<id>."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="messages")
    template = models.CharField(max_length=16, choices=listed(MailTemplate))
    language = models.CharField(max_length=8)
    by_sms = models.BooleanField(default=False)
    failures = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True, blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = MessageQuerySet.as_manager()

    class Meta:
        constraints = [is_listed("template", MailTemplate)]
        indexes = [
            models.Index(
                READY_AT,
                "id",
                condition=Q(sent_at__isnull=True, given_up_at__isnull=True),
                name="message_waiting",
            ),
            models.Index(fields=["request", "created_at"], name="message_of_request"),
            models.Index(
                fields=["request"],
                condition=Q(given_up_at__isnull=False) & ~Q(template=MailTemplate.CODE.value),
                name="message_given_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.template} of {self.request_id}"


class Verification(models.Model):
    """One attempt to show that the request is the person's own."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="verifications")
    method = models.CharField(max_length=16, choices=listed(Method))
    code_hash = models.CharField(max_length=128, blank=True)
    contact_index = models.BinaryField(max_length=32, default=b"")  # a keyed hash of where the code went
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    verified_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [is_listed("method", Method)]
        indexes = [
            models.Index(fields=["request", "-asked_at"], name="verification_newest"),
            models.Index(
                fields=["contact_index", "asked_at"],
                condition=~Q(contact_index=b""),
                name="verification_by_contact",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.method} of {self.request_id}"


class Link(models.Model):
    """A link that was sent to the person: its token is kept as a hash, and ends."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="links")
    purpose = models.CharField(max_length=16, choices=listed(LinkPurpose))
    token_hash = models.CharField(max_length=64, unique=True)  # SHA-256, hexadecimal
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [is_listed("purpose", LinkPurpose)]

    def __str__(self) -> str:
        return f"{self.purpose} of {self.request_id}"
