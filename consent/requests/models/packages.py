"""Access packages: what is being put together for whom, what is left out of it, and who took it."""

from typing import ClassVar
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from consent.ledger.models import Evidence
from consent.requests.models.choices import is_listed, listed
from consent.requests.models.request import Request
from consent.requests.types import PackageState
from lineage.leases.rows import Leased, LeasedQuerySet


class PackageQuerySet(LeasedQuerySet["Package"]):
    """Chainable filters of packages."""


class Package(Leased):
    """One package. Its bytes are sealed as package/<id>, part by part."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="packages")
    state = models.CharField(max_length=16, choices=listed(PackageState), default=PackageState.BUILDING.value)
    rows_done = models.BigIntegerField(default=0)
    rows_total = models.BigIntegerField(default=0)
    parts = models.PositiveIntegerField(default=0)
    size = models.BigIntegerField(default=0)  # bytes, as the person downloads it
    digest = models.CharField(max_length=80, blank=True)  # sha256:…, of the same
    created_at = models.DateTimeField(db_default=Now())
    built_at = models.DateTimeField(null=True, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    expires_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)

    objects: ClassVar = PackageQuerySet.as_manager()

    class Meta:
        constraints = [
            is_listed("state", PackageState),
            models.CheckConstraint(
                condition=Q(rows_done__lte=F("rows_total")), name="package_done_within_total"
            ),
            models.CheckConstraint(
                condition=~Q(state=PackageState.RELEASED.value)
                | Q(released_at__isnull=False, expires_at__isnull=False),
                name="package_released_with_end",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at", "id"],
                condition=Q(state=PackageState.BUILDING.value),
                name="package_building",
            ),
            models.Index(fields=["request", "-created_at"], name="package_of_request"),
        ]

    def __str__(self) -> str:
        return f"package of {self.request_id}"


class Redaction(models.Model):
    """Something that is left out of a package: a field of a dataset, everywhere or in one row."""

    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="redactions")
    system = models.CharField(max_length=64)  # slug
    dataset = models.CharField(max_length=200)
    field = models.CharField(max_length=128, blank=True)  # empty: the whole row
    row = models.PositiveBigIntegerField(null=True, blank=True)  # of the step's rows, from 1; null: every row
    reason = models.CharField(max_length=200)
    officer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="redaction_with_reason"),
            models.CheckConstraint(condition=~Q(field="", row__isnull=True), name="redaction_of_something"),
        ]

    def __str__(self) -> str:
        return f"{self.dataset} {self.field}"


class Download(Evidence):
    """One download of a package."""

    package = models.ForeignKey(Package, on_delete=models.PROTECT, related_name="downloads")
    at = models.DateTimeField()
    by_officer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )  # null: the person

    def __str__(self) -> str:
        return f"download of {self.package_id}"
