"""The tables of the preference centre and of sites. What names anybody is sealed, and short-lived."""

from typing import ClassVar, Self
from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from consent.portal.types import MailKind, Trust
from lineage.leases.rows import READY_AT, Leased, LeasedQuerySet

# Plain texts: constraints are copied into migrations, which must not depend on the enum of the day.
_TRUSTS = [trust.value for trust in Trust]
_MAILS = [kind.value for kind in MailKind]
_SLUG = "^[a-z][a-z0-9_-]{0,63}$"


class Sealed(models.Model):
    """A row with one text that opens under the row's own name only: `consent.keys` seals and opens it."""

    kek_version = models.PositiveIntegerField(default=0)  # 0: there is nothing
    wrapped = models.BinaryField(default=b"")
    sealed = models.BinaryField(default=b"")

    class Meta:
        abstract = True


class Visit(Sealed):
    """One visit to the preference centre. Who visits is sealed; the session holds the row's id alone."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    controller = models.CharField(max_length=64)
    trust = models.CharField(max_length=16)
    purpose = models.CharField(max_length=200, blank=True)
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(trust__in=_TRUSTS), name="visit_trust_known")]
        indexes = [models.Index(fields=["expires_at"], name="visit_to_forget")]

    def __str__(self) -> str:
        return str(self.pk)


class PreferenceCode(Sealed):
    """A code that was sent to an address, kept as a hash. The address is sealed; a keyed hash finds it."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    kind = models.CharField(max_length=16, choices=[(kind, kind) for kind in _MAILS])
    controller = models.CharField(max_length=64)
    # Codes outlive their visit: they are counted for a day, whoever comes and goes.
    visit = models.ForeignKey(Visit, on_delete=models.SET_NULL, null=True, blank=True, related_name="codes")
    contact_index = models.BinaryField(max_length=32)
    code_hash = models.CharField(max_length=128)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=_MAILS), name="preference_code_kind_known")
        ]
        indexes = [models.Index(fields=["contact_index", "asked_at"], name="preference_code_by_contact")]

    def __str__(self) -> str:
        return str(self.pk)


class UsedLink(models.Model):
    """A link that works once, and did. Kept until it would have ended anyway."""

    nonce = models.BinaryField(max_length=16, primary_key=True)
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["expires_at"], name="used_link_to_forget")]

    def __str__(self) -> str:
        return bytes(self.nonce).hex()


class PortalMessageQuerySet(LeasedQuerySet["PortalMessage"]):
    """Chainable filters of messages."""

    def waiting(self) -> Self:
        """Keep what was neither sent nor given up, in the order in which it is claimed."""
        return self.filter(sent_at__isnull=True, given_up_at__isnull=True).order_by(READY_AT, "pk")


class PortalMessage(Leased, Sealed):
    """One mail of the preference centre; to whom, and what it says, is sealed until it is sent."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    kind = models.CharField(max_length=16, choices=[(kind, kind) for kind in _MAILS])
    language = models.CharField(max_length=8)
    failures = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True, blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = PortalMessageQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(kind__in=_MAILS), name="portal_message_kind_known")]
        indexes = [
            models.Index(
                READY_AT,
                "id",
                condition=Q(sent_at__isnull=True, given_up_at__isnull=True),
                name="portal_message_waiting",
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Theme(models.Model):
    """How the pages look for a controller's people: its name, its logo, and the values of CSS variables."""

    controller = models.CharField(max_length=64, unique=True)
    title = models.CharField(max_length=100)
    logo = models.BinaryField(default=b"", blank=True)
    logo_type = models.CharField(max_length=32, blank=True)  # image/png or image/svg+xml
    variables = models.JSONField(default=dict, blank=True)  # {"accent": "#0a7"}: names that the pages know
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        permissions = [("preview_theme", "Can see the preference centre as people see it")]
        constraints = [
            models.CheckConstraint(condition=Q(controller__regex=_SLUG), name="theme_controller_well_formed")
        ]

    def __str__(self) -> str:
        return self.controller


class Site(models.Model):
    """A web site that includes `consent.js`: what it may record, from which origins, and for whom."""

    slug = models.CharField(max_length=64, unique=True)
    key = models.CharField(max_length=43, unique=True)  # public: it names the site, and proves nothing
    controller = models.CharField(max_length=64)
    notice = models.CharField(max_length=64)
    origins = models.JSONField(default=list)  # ["https://shop.example"]
    categories = models.JSONField(default=dict)  # {"marketing": ["advertising.audience", …]}
    signals = models.JSONField(default=dict)  # Google Consent Mode: {"ad_storage": "advertising.audience", …}
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())
    # When a page of the site last called, to the minute, so that officers see whether it is installed.
    loaded_at = models.DateTimeField(null=True, blank=True)
    recorded_at = models.DateTimeField(null=True, blank=True)
    refused_at = models.DateTimeField(null=True, blank=True)  # from an origin that is not the site's

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(slug__regex=_SLUG), name="site_slug_well_formed")]

    def __str__(self) -> str:
        return self.slug
