"""How often somebody unnamed did something: what holds the portal's visitors to their limits."""

from django.db import models


class AnonymousUse(models.Model):
    """How often one visitor, or one contact, did one thing within one span of time. Who: a keyed hash."""

    key = models.CharField(max_length=64)  # HMAC-SHA256 of what, and of who
    span_begins_at = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "span_begins_at"], name="anonymous_use_once"),
        ]
        indexes = [models.Index(fields=["span_begins_at"], name="anonymous_use_by_age")]

    def __str__(self) -> str:
        return f"{self.count} since {self.span_begins_at}"
