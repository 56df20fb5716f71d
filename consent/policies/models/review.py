"""What happened to a version on its way, and what was seen and answered before it was approved."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from consent.ledger.models import Evidence
from consent.policies.freeze import OfOneText, TextDigest
from consent.policies.models.versions import DIGEST_SIZE, PolicyVersion
from consent.policies.types import StepKind

_KINDS = [kind.value for kind in StepKind]


class PolicyStep(Evidence):
    """One thing an officer or a process did to a version. The ledger has each of them too."""

    version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=16, choices=[(kind, kind.replace("_", " ")) for kind in _KINDS])
    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    digest = models.CharField(max_length=DIGEST_SIZE)  # of the text as it stood after the step
    note = models.TextField(blank=True)
    taken_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta(Evidence.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=_KINDS),
                name="policystep_kind_known",
                violation_error_message=f"Expected one of {', '.join(_KINDS)}.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.kind}"


class Acknowledgement(Evidence):
    """An officer's answer to a warning: why the version stays as it is although the law table is stricter."""

    version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="acknowledgements")
    warning_key = models.CharField(max_length=300)
    message = models.TextField()  # the warning, as the officer read it
    reason = models.CharField(max_length=1000)
    officer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    acknowledged_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta(Evidence.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["version", "warning_key"],
                name="acknowledgement_once",
                violation_error_message="That warning was answered already.",
            ),
            models.CheckConstraint(
                condition=Q(reason__regex=r"\S"),
                name="acknowledgement_has_reason",
                violation_error_message="Say why: the reason is kept with the version.",
            ),
        ]

    def __str__(self) -> str:
        return self.warning_key


class Simulation(Evidence):
    """What a text would have changed for the people on record when it was simulated. It names nobody."""

    version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="simulations")
    digest = models.CharField(max_length=DIGEST_SIZE)  # of the text that was simulated
    figures = models.TextField()  # canonical JSON (RFC 8785), what the figures' digest is over
    figures_digest = models.CharField(max_length=DIGEST_SIZE)
    officer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    simulated_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=Now())

    class Meta(Evidence.Meta):
        triggers = [*Evidence.Meta.triggers, OfOneText()]  # type: ignore[list-item]  # inferred from the first
        constraints = [
            models.CheckConstraint(
                condition=Q(figures_digest=TextDigest(F("figures"))),
                name="simulation_digest_of_figures",
                violation_error_message="The digest is not that of the figures.",
            ),
        ]

    def __str__(self) -> str:
        return self.figures_digest
