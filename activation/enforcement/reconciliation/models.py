"""What each comparison with a destination found. It names nobody."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from activation.enforcement.membership.models import Holding
from activation.enforcement.reconciliation.types import ReconciliationState

_APP = "activation_enforcement"
_STATES = [state.value for state in ReconciliationState]


class Reconciliation(models.Model):
    """One comparison of a holding with what its destination says that it has."""

    holding = models.ForeignKey(Holding, on_delete=models.PROTECT, related_name="reconciliations")
    destination = models.CharField(max_length=64)
    state = models.CharField(
        max_length=16,
        choices=[(state, state) for state in _STATES],
        default=ReconciliationState.RUNNING.value,
    )
    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)
    rows_there = models.BigIntegerField(default=0)
    members = models.BigIntegerField(default=0)
    incomparable = models.BigIntegerField(default=0)
    missing = models.BigIntegerField(null=True, blank=True)  # null: rows were sent meanwhile
    strays = models.BigIntegerField(default=0)
    taken_out = models.BigIntegerField(default=0)
    unexplained = models.BigIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        app_label = _APP
        constraints = [
            models.CheckConstraint(condition=Q(state__in=_STATES), name="reconciliation_state_known"),
            models.CheckConstraint(
                condition=Q(state=ReconciliationState.RUNNING.value, finished_at__isnull=True)
                | (~Q(state=ReconciliationState.RUNNING.value) & Q(finished_at__isnull=False)),
                name="reconciliation_finished_unless_running",
            ),
            models.CheckConstraint(
                condition=Q(unexplained__lte=models.F("strays")), name="reconciliation_strays_add_up"
            ),
        ]
        indexes = [models.Index(fields=["-started_at", "-id"], name="reconciliation_newest_first")]

    def __str__(self) -> str:
        return f"{self.holding_id} at {self.started_at:%Y-%m-%d %H:%M}"

    @property
    def is_clean(self) -> bool:
        """Whether the destination was found to have just whom we know that it has."""
        return self.state == ReconciliationState.COMPLETED and not self.strays and not self.missing
