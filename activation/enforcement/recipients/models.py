"""What recipients are told for requests. It names nobody: requests by number, destinations by slug."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

_APP = "activation_enforcement"


class RecipientTelling(models.Model):
    """One step of a request that recipients are told for."""

    step_id = models.UUIDField(primary_key=True, editable=False)
    request_id = models.UUIDField()
    begun_at = models.DateTimeField(db_default=Now())
    # So far the ledger has to be followed, or what the request wrote may not have reached everybody yet.
    reach = models.BigIntegerField(null=True, blank=True)
    listed_at = models.DateTimeField(
        null=True, blank=True
    )  # when whom an officer has to tell was written down

    class Meta:
        app_label = _APP

    def __str__(self) -> str:
        return str(self.step_id)


class RecipientNotice(models.Model):
    """One recipient that somebody has to tell, because it cannot be told by itself."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    telling = models.ForeignKey(RecipientTelling, on_delete=models.PROTECT, related_name="notices")
    destination = models.CharField(max_length=64)
    what = models.CharField(max_length=24)  # the request's type: a rectification, a restriction
    made_at = models.DateTimeField(db_default=Now())
    told_at = models.DateTimeField(null=True, blank=True)
    told_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    is_impossible = models.BooleanField(default=False)  # or needs disproportionate effort (Art. 19)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        app_label = _APP
        verbose_name = "notice to a recipient"
        verbose_name_plural = "notices to recipients"
        permissions = [("tell_recipients", "Can tell recipients of a rectification or a restriction")]
        constraints = [
            models.UniqueConstraint(fields=["telling", "destination"], name="notice_once_for_each"),
            models.CheckConstraint(
                condition=Q(told_at__isnull=True, told_by__isnull=True)
                | Q(told_at__isnull=False, told_by__isnull=False),
                name="notice_told_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(is_impossible=False) | ~Q(note=""), name="notice_impossible_with_note"
            ),
        ]
        indexes = [
            models.Index(
                fields=["made_at", "id"], condition=Q(told_at__isnull=True), name="notice_to_be_told"
            )
        ]

    def __str__(self) -> str:
        return f"{self.what} to {self.destination}"
