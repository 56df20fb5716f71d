"""The versions of policies: their texts, and how far each has come."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, Subquery, Value, When
from django.db.models.functions import Now

from consent.policies.freeze import BeginsAsDraft, Kept, OneWay, TextDigest
from consent.policies.types import PolicyStatus, VersionStage

DIGEST_SIZE = len("sha256:") + 64


# Plain texts: constraints are copied into migrations, which must not depend on the enum of the day.
_STATUSES = [status.value for status in PolicyStatus]
_UNAPPROVED = [PolicyStatus.DRAFT.value, PolicyStatus.IN_REVIEW.value]
_APPROVED = [PolicyStatus.APPROVED.value, PolicyStatus.PUBLISHED.value]
_PUBLISHED = PolicyStatus.PUBLISHED.value


class PolicyVersionQuerySet(models.QuerySet["PolicyVersion"]):
    """The filters that queries are made of."""

    def published(self) -> Self:
        """Keep the versions that were published, whenever they take effect."""
        return self.filter(status=PolicyStatus.PUBLISHED)

    def of_key(self, key: str | None) -> Self:
        """Keep the versions of the policy `key`; all of them if it is None."""
        return self if key is None else self.filter(key=key)

    def with_stage(self, at: datetime) -> Self:
        """Annotate each version with `stage`: where it stands at `at`."""
        begun = PolicyVersion.objects.published().filter(effective_at__lte=at)
        in_force = begun.order_by("-effective_at", "-pk").values("pk")[:1]
        return self.annotate(
            stage=Case(
                When(effective_at=None, then=F("status")),
                When(effective_at__gt=at, then=Value(VersionStage.SCHEDULED.value)),
                When(pk=Subquery(in_force), then=Value(VersionStage.IN_FORCE.value)),
                default=Value(VersionStage.SUPERSEDED.value),
            )
        )


class PolicyVersion(models.Model):
    """One text of a policy, and how far it has come from draft to published.

    A draft's text is what its rows say (`consent.policies.models.parts`). From the review on the text stands
    still: a change, and a rollback too, is a new version.
    """

    key = models.CharField("policy", max_length=64)
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    status = models.CharField(
        max_length=16,
        choices=[(status, status.replace("_", " ")) for status in _STATUSES],
        default=PolicyStatus.DRAFT.value,
    )
    document = models.TextField()  # canonical JSON (RFC 8785), what the digest is over
    source = models.TextField(blank=True)  # the file it was imported from, until a row is edited
    digest = models.CharField(max_length=DIGEST_SIZE)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    confirmed_digest = models.CharField(max_length=DIGEST_SIZE, blank=True)  # what the approver had read
    simulation = models.ForeignKey(  # what the approver had seen of the text's effect
        "consent_policies.Simulation", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    published_at = models.DateTimeField(null=True, blank=True)
    effective_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = PolicyVersionQuerySet.as_manager()

    class Meta:
        triggers = [OneWay(), BeginsAsDraft(), Kept()]
        permissions = [
            ("submit_policyversion", "Can submit a policy version for review"),
            ("approve_policyversion", "Can approve a policy version"),
            ("publish_policyversion", "Can publish a policy version"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(title__regex=r"^[^\n\r]*[^\s][^\n\r]*$"),
                name="policyversion_title_one_line",
                violation_error_code="title",
                violation_error_message="Expected a line of text.",
            ),
            models.UniqueConstraint(
                fields=["key", "version"],
                name="policyversion_number_once",
                violation_error_message="The policy has a version of that number already.",
            ),
            models.UniqueConstraint(
                fields=["key", "effective_at"],
                condition=Q(status=_PUBLISHED),
                name="policyversion_one_takes_effect_at_a_time",
                violation_error_message="Another version takes effect at that very time.",
            ),
            models.CheckConstraint(
                condition=Q(version__gte=1),
                name="policyversion_numbers_from_one",
                violation_error_message="Versions are counted from 1.",
            ),
            models.CheckConstraint(
                condition=Q(digest=TextDigest(F("document"))),
                name="policyversion_digest_of_document",
                violation_error_message="The digest is not that of the text.",
            ),
            models.CheckConstraint(
                condition=Q(approver__isnull=True) | ~Q(approver=F("author")),
                name="policyversion_author_is_not_approver",
                violation_error_message="Nobody approves their own text: another officer does.",
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=_UNAPPROVED,
                    approver__isnull=True,
                    approved_at__isnull=True,
                    confirmed_digest="",
                    simulation__isnull=True,
                )
                | Q(
                    status__in=_APPROVED,
                    approver__isnull=False,
                    approved_at__isnull=False,
                    confirmed_digest=F("digest"),
                    simulation__isnull=False,
                ),
                name="policyversion_approval_complete",
                violation_error_message=(
                    "An approved version has an approver, a time, the digest that was confirmed and the"
                    " simulation that was seen; one that is not approved has none of them."
                ),
            ),
            models.CheckConstraint(
                condition=Q(status=_PUBLISHED, published_at__isnull=False, effective_at__isnull=False)
                | (~Q(status=_PUBLISHED) & Q(published_at__isnull=True, effective_at__isnull=True)),
                name="policyversion_publication_complete",
                violation_error_message=(
                    "A published version has a time of publication and a time from which it holds; any other"
                    " has neither."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.version}"
