"""What is remembered of codes that officers typed, so that nobody guesses them."""

from django.conf import settings
from django.db import models


class FactorAttempts(models.Model):
    """How often codes were tried for one officer since a moment, and which were used lately."""

    officer = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    count = models.PositiveIntegerField(default=0)
    since_at = models.DateTimeField()
    spent = models.JSONField(default=dict)  # keyed hashes of codes, with when they were used

    def __str__(self) -> str:
        return f"{self.count} since {self.since_at}"
