"""The keys of the machines that call."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class ApiKey(models.Model):
    """One caller's key. The key itself is shown once and not kept; only its SHA-256 is.

    A fast hash is right here: the key holds 256 random bits, which no list of likely ones contains.
    """

    name = models.CharField(max_length=100, unique=True)
    key_hash = models.BinaryField(max_length=32, unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=32))
    created_at = models.DateTimeField(editable=False)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "API key"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")), name="checks_apikey_expires_later"
            ),
        ]

    def __str__(self) -> str:
        return self.name
