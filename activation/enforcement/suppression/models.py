"""The outbox of suppressions: the truth about who is still to be taken out, and where."""

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from activation.enforcement.membership.models import Holding
from activation.enforcement.suppression.types import Cause, ParcelState, SuppressionState
from lineage.leases.rows import Leased, LeasedQuerySet

_APP = "activation_enforcement"
_CAUSES = [cause.value for cause in Cause]
_STATES = [state.value for state in SuppressionState]
_PARCEL_STATES = [state.value for state in ParcelState]
_WAITING = Q(state=SuppressionState.WAITING.value)
_TO_SEND = _WAITING & Q(parcel__isnull=True)
_UNFINISHED = Q(state__in=[SuppressionState.WAITING.value, SuppressionState.PARKED.value])
_DONE = [SuppressionState.ACKNOWLEDGED.value, SuppressionState.BY_HAND.value]


class FeedPositionQuerySet(LeasedQuerySet["FeedPosition"]):
    """Chainable filters of positions."""


class FeedPosition(Leased):
    """How far one follower has read the ledger. Written with what it made of the entries."""

    name = models.CharField(max_length=64, primary_key=True)
    position = models.BigIntegerField(default=0)
    last_hash = models.BinaryField(default=b"")  # of the entry before the position: tells another ledger
    moved_at = models.DateTimeField(db_default=Now())

    objects: ClassVar = FeedPositionQuerySet.as_manager()

    class Meta:
        app_label = _APP
        constraints = [
            models.CheckConstraint(condition=Q(position__gte=0), name="feed_position_not_negative")
        ]

    def __str__(self) -> str:
        return self.name


class ParcelQuerySet(LeasedQuerySet["Parcel"]):
    """Chainable filters of parcels."""


class Parcel(Leased):
    """Suppressions of one holding that go out as one removal. Formed once, and repeated as it was formed."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)  # the idempotency key
    holding = models.ForeignKey(Holding, on_delete=models.PROTECT, related_name="parcels")
    destination = models.CharField(max_length=64)
    state = models.CharField(max_length=16, choices=[(state, state) for state in _PARCEL_STATES])
    size = models.PositiveIntegerField()
    failures = models.PositiveIntegerField(default=0)  # answers that did not come; attempts count deaths too
    created_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, blank=True)  # when it was acknowledged, or refused
    reference = models.CharField(max_length=200, blank=True)  # the destination's own name for it

    objects: ClassVar = ParcelQuerySet.as_manager()

    class Meta:
        app_label = _APP
        constraints = [
            models.CheckConstraint(condition=Q(state__in=_PARCEL_STATES), name="parcel_state_known"),
            models.CheckConstraint(condition=Q(size__gte=1), name="parcel_not_empty"),
        ]
        indexes = [
            models.Index(
                fields=["destination", "created_at"],
                condition=Q(state=ParcelState.WAITING.value),
                name="parcel_waiting",
            ),
            models.Index(fields=["destination", "state", "ended_at"], name="parcel_ended"),
        ]

    def __str__(self) -> str:
        return f"{self.size} for {self.destination}"


class Suppression(models.Model):
    """One person to be taken out of one holding. By destination and subject, in the order of their ids."""

    holding = models.ForeignKey(Holding, on_delete=models.PROTECT, related_name="suppressions")
    destination = models.CharField(max_length=64)
    subject_ref = models.CharField(max_length=64)  # empty: a stranger
    cause = models.CharField(max_length=16, choices=[(cause, cause) for cause in _CAUSES])
    reason = models.CharField(max_length=64)  # the engine's
    entry = models.BigIntegerField(null=True, blank=True)  # the ledger's, that told of it
    recorded_at = models.DateTimeField()  # when the no was recorded, or began to hold
    enforced_at = models.DateTimeField(db_default=Now())  # when this was written: no run lets them out since
    state = models.CharField(
        max_length=16,
        choices=[(state, state) for state in _STATES],
        default=SuppressionState.WAITING.value,
    )
    is_urgent = models.BooleanField(default=True)  # goes before what merely ran out
    goes_alone = models.BooleanField(default=False)  # it was in a parcel that was refused
    parcel = models.ForeignKey(
        Parcel, on_delete=models.PROTECT, null=True, blank=True, related_name="suppressions"
    )
    sealed = models.BinaryField(default=b"")  # identifiers as they were sent; wiped when it is done
    ended_at = models.DateTimeField(null=True, blank=True)  # when it was acknowledged, or ended otherwise
    ended_by = models.CharField(max_length=150, blank=True)  # who said that it is done by hand
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        app_label = _APP
        permissions = [("acknowledge_suppression", "Can end suppressions by hand, and have them sent again")]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=_STATES), name="suppression_state_known"),
            models.CheckConstraint(condition=Q(cause__in=_CAUSES), name="suppression_cause_known"),
            models.CheckConstraint(
                condition=~Q(state__in=_DONE) | Q(sealed=b"", ended_at__isnull=False),
                name="suppression_done_is_wiped",
            ),
        ]
        indexes = [
            models.Index(fields=["subject_ref", "destination", "id"], name="suppression_in_order"),
            models.Index(
                fields=["holding", "id"],
                condition=_TO_SEND & Q(is_urgent=True),
                name="suppression_urgent_to_send",
            ),
            models.Index(
                fields=["holding", "id"],
                condition=_TO_SEND & Q(is_urgent=False),
                name="suppression_slow_to_send",
            ),
            models.Index(
                fields=["destination", "recorded_at"], condition=_UNFINISHED, name="suppression_unfinished"
            ),
            models.Index(fields=["destination", "ended_at"], name="suppression_ended"),
        ]

    def __str__(self) -> str:
        return f"{self.cause} at {self.destination}"


class DailyClock(models.Model):
    """The figures of one day at one destination. They stay when its suppressions are forgotten."""

    destination = models.CharField(max_length=64)
    day = models.DateField()  # in UTC
    ended = models.PositiveIntegerField()
    by_hand = models.PositiveIntegerField()
    superseded = models.PositiveIntegerField()
    overdue = models.PositiveIntegerField()  # ended later than they were due
    p50_seconds = models.FloatField()  # from recorded to ended
    p99_seconds = models.FloatField()

    class Meta:
        app_label = _APP
        constraints = [models.UniqueConstraint(fields=["destination", "day"], name="daily_clock_once")]

    def __str__(self) -> str:
        return f"{self.day} at {self.destination}"
