"""What a version of a policy is made of, as rows."""

from django.db import models

from consent.ledger.models import Evidence
from consent.policies.models.versions import PolicyVersion


class Purpose(Evidence):
    """One purpose as one version declares it. A copy of the version's text, to browse and to search."""

    version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="purposes")
    slug = models.CharField(max_length=128)
    title = models.CharField(max_length=200)
    description = models.TextField()
    data_use = models.CharField(max_length=128)
    dpv = models.CharField("DPV term", max_length=200, blank=True)
    data_categories = models.JSONField(default=list, blank=True)
    status = models.CharField(max_length=16)

    class Meta(Evidence.Meta):
        constraints = [
            models.UniqueConstraint(fields=["version", "slug"], name="purpose_once_in_a_version"),
        ]

    def __str__(self) -> str:
        return self.slug
