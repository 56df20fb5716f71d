"""The columns of work that is leased, and the queries about them."""

from datetime import timedelta
from typing import Self, TypeVar

from django.db import models
from django.db.models import Q
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now

Row = TypeVar("Row", bound="Leased")


class LeasedQuerySet(models.QuerySet[Row]):
    """Chainable filters of leased work."""

    def due(self) -> Self:
        """Keep what nobody holds now, and what has rested long enough since it last failed."""
        free = Q(leased_until__isnull=True) | Q(leased_until__lte=Now())
        rested = Q(next_attempt_at__isnull=True) | Q(next_attempt_at__lte=Now())
        return self.filter(free, rested)


class Leased(models.Model):
    """Work that one worker at a time carries out, until it is done."""

    attempts = models.PositiveIntegerField(default=0)  # how often it was claimed: the fencing number
    leased_until = models.DateTimeField(null=True, blank=True)  # null: nobody holds it
    next_attempt_at = models.DateTimeField(null=True, blank=True)  # null: at once
    last_error = models.CharField(max_length=500, blank=True, default="")

    objects = LeasedQuerySet.as_manager()

    class Meta:
        abstract = True


def from_now(delay: timedelta) -> "models.ExpressionWrapper[CombinedExpression]":
    """Return the moment `delay` from now, by the database's clock."""
    return models.ExpressionWrapper(Now() + delay, output_field=models.DateTimeField())
