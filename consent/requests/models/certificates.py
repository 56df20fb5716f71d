"""What is signed at the end of an erasure."""

from django.db import models

from consent.ledger.models import Evidence
from consent.requests.models.request import Request


class Certificate(Evidence):
    """A signed statement of what was erased, what was kept and why. It names nobody."""

    request = models.OneToOneField(Request, on_delete=models.PROTECT, related_name="certificate")
    issued_at = models.DateTimeField()
    body = models.TextField()  # canonical JSON (RFC 8785), as it was signed
    signature = models.CharField(max_length=200)
    key_name = models.CharField(max_length=200)
    digest = models.CharField(max_length=80)

    def __str__(self) -> str:
        return f"certificate of {self.request_id}"
