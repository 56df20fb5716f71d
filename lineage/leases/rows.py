"""The columns of work that is leased, and the queries about them."""

from datetime import timedelta
from typing import Self, TypeVar

from django.db import models
from django.db.models import F, Func, Q
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now
from django.db.models.lookups import LessThanOrEqual

Row = TypeVar("Row", bound="Leased")

READY_AT = Func(
    F("next_attempt_at"),
    template="COALESCE(%(expressions)s, '-infinity'::timestamptz)",
    output_field=models.DateTimeField(),
)
"""From when on a row may be tried. Never null, so that an index over it leads to the due rows at once."""


class LeasedQuerySet(models.QuerySet[Row]):
    """Chainable filters of leased work."""

    def due(self) -> Self:
        """Keep what nobody holds now, and what has rested long enough since it last failed."""
        free = Q(leased_until__isnull=True) | Q(leased_until__lte=Now())
        return self.filter(free, LessThanOrEqual(READY_AT, Now()))


class Leased(models.Model):
    """Work that one worker at a time carries out, until it is done."""

    # How often it was claimed: the fencing number. It never goes down, or an old worker's would count again.
    attempts = models.PositiveBigIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, blank=True)  # null: nobody holds it
    next_attempt_at = models.DateTimeField(null=True, blank=True)  # null: at once
    last_error = models.CharField(max_length=500, blank=True, default="")

    objects = LeasedQuerySet.as_manager()

    class Meta:
        abstract = True


def from_now(delay: timedelta) -> "models.ExpressionWrapper[CombinedExpression]":
    """Return the moment `delay` from now, by the database's clock."""
    return models.ExpressionWrapper(Now() + delay, output_field=models.DateTimeField())
