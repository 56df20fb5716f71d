"""The keys of the machines that call, and the decisions that were explained to them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from activation.checks.kept import Form
from consent.ledger.append_only import AppendOnly


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
