"""The register of recipients, and everything that ever happened to an entry."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Now

from activation.destinations.types import (
    DEFAULT_RESOURCE_TYPE,
    MOST_VENDORS,
    SLUG,
    TCF_PURPOSES,
    DestinationKind,
    StatusChange,
)
from consent.keys.types import SealedSecret
from consent.ledger.append_only import AppendOnly


class DestinationQuerySet(models.QuerySet["Destination"]):
    """Chainable filters of the register."""

    def with_last_change(self) -> "DestinationQuerySet":
        """Annotate each destination with the last thing that happened to it, None if nothing did."""
        latest = DestinationStatus.objects.filter(destination=OuterRef("pk")).order_by("-changed_at", "-pk")
        return self.annotate(last_change=Subquery(latest.values("change")[:1]))


class Destination(models.Model):
    """One recipient. Only a registered one gets anything; what it may get is the policy's to say.

    Never deleted: past decisions name it.
    """

    slug = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=32, choices=[(kind, kind) for kind in DestinationKind])
    title = models.CharField(max_length=200)
    resource_type = models.CharField(
        max_length=64,
        default=DEFAULT_RESOURCE_TYPE,
        help_text="The AuthZEN resource type that the destination answers to.",
    )
    tcf_vendor = models.PositiveIntegerField(
        "TCF vendor",
        null=True,
        blank=True,
        help_text="Its number in the Global Vendor List, if it relies on people's TC strings.",
    )
    tcf_purposes = ArrayField(
        models.PositiveSmallIntegerField(),
        default=list,
        blank=True,
        verbose_name="TCF purposes",
        help_text="The framework's purposes that it needs, such as 1,3,4. A row leaves only if the TC string"
        " of its person lets the vendor pursue each of them.",
    )
    registered_at = models.DateTimeField()
    registered_by = models.CharField(max_length=150)  # an officer's user name
    recorded_at = models.DateTimeField(db_default=Now())
    connector = models.CharField(
        max_length=64,
        default="",
        blank=True,
        help_text="The kind by which runs deliver. Empty: they write files.",
    )
    settings = models.JSONField(default=dict, blank=True)  # what the kind asks for; never a credential
    connected_at = models.DateTimeField(null=True, blank=True)
    connected_by = models.CharField(max_length=150, default="", blank=True)  # an officer's user name

    objects = DestinationQuerySet.as_manager()

    class Meta:
        permissions = [("connect_destination", "Can connect destinations, and set their credentials")]
        constraints = [
            models.CheckConstraint(condition=Q(slug__regex=f"^{SLUG}$"), name="destination_slug_well_formed"),
            models.CheckConstraint(
                condition=Q(resource_type__regex=f"^{SLUG}$"), name="destination_resource_type_well_formed"
            ),
            models.CheckConstraint(
                condition=Q(tcf_vendor=None, tcf_purposes=[])
                | (
                    Q(
                        tcf_vendor__isnull=False,  # else NULL would pass
                        tcf_vendor__gte=1,
                        tcf_vendor__lte=MOST_VENDORS,
                    )
                    & ~Q(tcf_purposes=[])
                ),
                name="destination_tcf_whole",
                violation_error_message="A TCF vendor goes with the purposes that it needs.",
            ),
            models.CheckConstraint(
                condition=Q(tcf_purposes__contained_by=list(TCF_PURPOSES)),
                name="destination_tcf_purposes_known",
                violation_error_message="The framework's purposes are 1 to 11.",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=list(DestinationKind)), name="destination_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(connector="", settings={}, connected_at=None)
                | (~Q(connector="") & Q(connected_at__isnull=False)),
                name="destination_connected_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.slug


class DestinationCredential(models.Model):
    """One credential of a connected destination: sealed, and shown nowhere."""

    destination = models.ForeignKey(Destination, on_delete=models.PROTECT, related_name="credentials")
    name = models.CharField(max_length=64)
    kek_version = models.PositiveIntegerField()
    wrapped = models.BinaryField()  # the credential's own key, under the key-encryption key of that version
    sealed = models.BinaryField()
    set_at = models.DateTimeField()
    set_by = models.CharField(max_length=150)  # an officer's user name
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["destination", "name"], name="destination_credential_once"),
            models.CheckConstraint(
                condition=Q(kek_version__gte=1), name="destination_credential_version_from_one"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def as_sealed(self) -> SealedSecret:
        """Return it as it is opened and wrapped anew."""
        return SealedSecret(version=self.kek_version, wrapped=bytes(self.wrapped), sealed=bytes(self.sealed))


class DestinationStatus(models.Model):
    """A suspension or its end. Append-only, so that a replay knows what held at any past time."""

    destination = models.ForeignKey(Destination, on_delete=models.PROTECT, related_name="statuses")
    change = models.CharField(max_length=16, choices=[(change, change) for change in StatusChange])
    reason = models.CharField(max_length=500)
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=150)  # an officer's user name
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "destination statuses"
        triggers = [AppendOnly()]
        constraints = [
            models.CheckConstraint(
                condition=Q(change__in=list(StatusChange)), name="destination_status_change_known"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="destination_status_has_reason"),
            models.UniqueConstraint(
                fields=["destination", "changed_at"], name="destination_status_one_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.destination_id} {self.change}"
