"""The machines that call, their keys, what they asked about, and the decisions explained to them."""

from datetime import datetime
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Max, Q
from django.db.models.functions import Now

from activation.checks.kept import Form
from activation.checks.rules import MAX_SCOPE, SOON
from activation.checks.types import ClientStatus, Limits
from consent.ledger.append_only import AppendOnly


class ApiClientQuerySet(models.QuerySet["ApiClient"]):
    """Clients, chosen by what their keys tell."""

    def with_keys(self) -> Self:
        """Return the clients, each with when its last key ends and when one was last used."""
        return self.annotate(
            ends_at=Max("keys__expires_at"),
            used_at=Max("keys__last_used_at"),
        )

    def in_status(self, status: ClientStatus, *, at: datetime) -> Self:
        """Return, of clients `with_keys`, those that stand so at `at`."""
        unrevoked = Q(revoked_at__isnull=True)
        stands: dict[ClientStatus, Q] = {
            ClientStatus.REVOKED: ~unrevoked,
            ClientStatus.EXPIRED: unrevoked & (Q(ends_at__isnull=True) | Q(ends_at__lte=at)),
            ClientStatus.EXPIRING: unrevoked & Q(ends_at__gt=at, ends_at__lte=at + SOON),
            ClientStatus.ACTIVE: unrevoked & Q(ends_at__gt=at + SOON),
        }
        return self.filter(stands[status])


class ApiClient(models.Model):
    """A machine that calls. Its keys come and go; what it may do stays with it."""

    name = models.CharField(max_length=100, unique=True)
    scopes = ArrayField(models.CharField(max_length=MAX_SCOPE))
    is_test = models.BooleanField(default=False, editable=False)
    questions_per_minute = models.PositiveIntegerField(null=True, blank=True)
    identifiers_per_day = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    objects = ApiClientQuerySet.as_manager()

    class Meta:
        verbose_name = "API client"
        permissions = [
            ("rotate_apiclient", "Can give API clients new keys"),
            ("limit_apiclient", "Can change the limits of API clients"),
            ("revoke_apiclient", "Can revoke API clients"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(questions_per_minute__gt=0) | Q(questions_per_minute__isnull=True),
                name="checks_apiclient_may_ask",
            ),
            models.CheckConstraint(
                condition=Q(identifiers_per_day__gt=0) | Q(identifiers_per_day__isnull=True),
                name="checks_apiclient_may_ask_about_people",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def limits(self) -> Limits:
        """How much the client may ask."""
        return Limits(
            questions_per_minute=self.questions_per_minute, identifiers_per_day=self.identifiers_per_day
        )


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    """Keys, chosen by whether they work."""

    def working_at(self, at: datetime) -> Self:
        """Return the keys that work at `at`."""
        return self.filter(expires_at__gt=at, client__revoked_at__isnull=True)


class ApiKey(models.Model):
    """One key of a client. The key itself is shown once and not kept; only its SHA-256 is.

    A fast hash is right here: the key holds 256 random bits, which no list of likely ones contains.
    """

    client = models.ForeignKey(ApiClient, on_delete=models.PROTECT, related_name="keys")
    key_hash = models.BinaryField(max_length=32, unique=True, editable=False)
    created_at = models.DateTimeField(editable=False)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, editable=False)  # to the minute

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = "API key"
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gte=models.F("created_at")), name="checks_apikey_ends_after_it_begins"
            ),
        ]

    def __str__(self) -> str:
        return f"key {self.pk}"


class ClientUsage(models.Model):
    """About how many different identifiers a client asked about on one day (UTC), in all processes together.

    The registers are those of `activation.checks.distinct`: they say how many, not whom.
    """

    client = models.ForeignKey(ApiClient, on_delete=models.CASCADE, related_name="usage")
    day = models.DateField()
    registers = models.BinaryField()
    identifiers = models.PositiveIntegerField()

    class Meta:
        verbose_name = "use by a client"
        verbose_name_plural = "use by clients"
        constraints = [models.UniqueConstraint(fields=["client", "day"], name="checks_usage_once_a_day")]

    def __str__(self) -> str:
        return f"{self.day}: {self.identifiers}"


class ExplainedDecision(models.Model):
    """What an explained answer was made from, so that it can be made anew. No identifier is in it.

    The answer itself is not kept: only its SHA-256 is, which says whether what was made anew is the same.
    """

    decision_id = models.CharField(max_length=64, primary_key=True)
    form = models.CharField(max_length=16, choices=[(form, form) for form in Form])
    question = models.TextField()  # canonical JSON, by `activation.checks.kept`
    subject_refs = ArrayField(models.CharField(max_length=64))  # whom the identifiers led to
    basis = models.TextField()  # canonical JSON: versions, links, the recipient
    decided_at = models.DateTimeField()
    policy_key = models.CharField(max_length=64, blank=True)  # empty: no policy was in force
    policy_version = models.PositiveIntegerField()
    policy_digest = models.CharField(max_length=80, blank=True)
    in_force_from = models.DateTimeField(null=True)
    in_force_until = models.DateTimeField(null=True)
    watermark = models.BigIntegerField()
    complete_at = models.DateTimeField(null=True)
    answer_digest = models.BinaryField(max_length=32)
    kept_at = models.DateTimeField(db_default=Now())

    class Meta:
        triggers = [AppendOnly()]
        constraints = [
            models.CheckConstraint(condition=models.Q(form__in=list(Form)), name="explained_form_known"),
        ]

    def __str__(self) -> str:
        return self.decision_id
