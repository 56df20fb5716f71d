"""What leads from an identifier to the requests about its person, without opening a sealed part."""

from django.db import models
from django.db.models import Q

from consent.requests.models.choices import is_listed, listed
from consent.requests.models.request import Request
from consent.subjects.types import IdentifierKind


class RequestPerson(models.Model):
    """One identifier of a request, as a keyed hash under one version of the index key.

    It goes with the request's content: what it held can be found by nobody afterwards.
    """

    request = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="people")
    kind = models.CharField(max_length=16, choices=listed(IdentifierKind))
    blind_index = models.BinaryField(max_length=32)
    key_version = models.PositiveSmallIntegerField()
    is_proven = models.BooleanField(default=False)  # it was shown to be the person's

    class Meta:
        constraints = [
            is_listed("kind", IdentifierKind),
            models.UniqueConstraint(
                fields=["request", "kind", "blind_index"], name="request_identifier_once"
            ),
        ]
        indexes = [
            models.Index(fields=["kind", "blind_index"], name="request_by_identifier"),
            models.Index(
                fields=["kind", "blind_index"], condition=Q(is_proven=True), name="request_by_proof"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.request_id}"
