"""How many choices were recorded each day: kept beside the ledger, so that no page counts events."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

_APP = "activation_desk"


class ChoiceCount(models.Model):
    """How many choices of one kind were recorded on one day. It names nobody, and can be made anew."""

    day = models.DateField()  # on which they were recorded, in UTC
    purpose = models.CharField(max_length=128)
    jurisdiction = models.CharField(max_length=16, blank=True)  # of residence then; empty: not on record
    choice = models.CharField(max_length=24)
    count = models.PositiveBigIntegerField()

    class Meta:
        app_label = _APP
        constraints = [
            models.UniqueConstraint(
                fields=["day", "purpose", "jurisdiction", "choice"],
                include=["count"],  # a page reads a span of days from this index alone
                name="choice_count_once",
            ),
            models.CheckConstraint(condition=Q(count__gte=1), name="choice_count_of_something"),
        ]

    def __str__(self) -> str:
        return f"{self.count} {self.choice} on {self.day}"


class CountPosition(models.Model):
    """How far the ledger was counted. Written with the counts, or not at all."""

    name = models.CharField(max_length=64, primary_key=True)
    position = models.PositiveBigIntegerField(default=0)
    last_hash = models.BinaryField(default=b"")  # of the entry before the position: tells another ledger
    moved_at = models.DateTimeField(db_default=Now())

    class Meta:
        app_label = _APP

    def __str__(self) -> str:
        return f"{self.name}: {self.position}"
