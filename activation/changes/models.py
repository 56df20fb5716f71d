"""Subscriptions to consent changes: how far each has come, and what its receiver would not take."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from activation.changes.kinds import KINDS
from activation.changes.types import SLUG, SubscriptionState
from consent.keys.types import SealedSecret
from lineage.leases.rows import Leased, LeasedQuerySet

_STATES = [state.value for state in SubscriptionState]


class Cursor(Leased):
    """Somebody's way through the ledger. Written with what was taken, by whoever holds the lease."""

    position = models.BigIntegerField(default=0)  # everything before it was taken, or is parked
    ahead = models.JSONField(default=list)  # indexes beyond it that were taken, too
    failures = models.PositiveIntegerField(default=0)  # in a row, without a message taken
    taken_at = models.DateTimeField(null=True, blank=True)  # when the receiver last took something

    class Meta:
        abstract = True


class SubscriptionQuerySet(LeasedQuerySet["Subscription"]):
    """Chainable filters of subscriptions."""

    def active(self) -> Self:
        """Keep those whose changes go out."""
        return self.filter(state=SubscriptionState.ACTIVE)


class Subscription(Cursor):
    """One receiver of consent changes. Never deleted: ids of messages begin with its slug."""

    slug = models.CharField(max_length=64, unique=True)
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=16, choices=[(kind.slug, kind.title) for kind in KINDS.values()])
    settings = models.JSONField()  # what the kind asks for; never a credential
    purposes = models.JSONField(default=list, blank=True)  # empty: all
    state = models.CharField(
        max_length=16, choices=[(state, state) for state in _STATES], default=SubscriptionState.ACTIVE.value
    )
    reason = models.CharField(max_length=500, blank=True, default="")  # of a pause or an end
    offsets = models.JSONField(default=dict)  # of a topic: by partition, the last message's
    woken_at = models.DateTimeField(null=True, blank=True)  # when a worker was last told of news
    connected_at = models.DateTimeField()
    connected_by = models.CharField(max_length=200)

    objects = SubscriptionQuerySet.as_manager()  # type: ignore[misc]  # narrower than the base's

    class Meta:
        permissions = [("connect_subscription", "Can connect, pause, test and replay subscriptions")]
        constraints = [
            models.CheckConstraint(
                condition=Q(slug__regex=f"^{SLUG}$"), name="subscription_slug_well_formed"
            ),
            models.CheckConstraint(condition=Q(state__in=_STATES), name="subscription_state_known"),
            models.CheckConstraint(condition=Q(kind__in=list(KINDS)), name="subscription_kind_known"),
            models.CheckConstraint(condition=Q(position__gte=0), name="subscription_position_not_negative"),
        ]

    def __str__(self) -> str:
        return self.slug


class SubscriptionSecret(models.Model):
    """One credential of a subscription: sealed, and shown nowhere."""

    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="secrets")
    name = models.CharField(max_length=64)
    kek_version = models.PositiveIntegerField()
    wrapped = models.BinaryField()  # the credential's own key, under the key-encryption key of that version
    sealed = models.BinaryField()
    set_at = models.DateTimeField(db_default=Now())
    retires_at = models.DateTimeField(
        null=True, blank=True
    )  # set: another has taken its place, from then alone

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subscription", "name"],
                condition=Q(retires_at__isnull=True),
                name="subscription_secret_one_current",
            ),
            models.CheckConstraint(
                condition=Q(kek_version__gte=1), name="subscription_secret_version_from_one"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def as_sealed(self) -> SealedSecret:
        """Return it as it is opened and wrapped anew."""
        return SealedSecret(version=self.kek_version, wrapped=bytes(self.wrapped), sealed=bytes(self.sealed))


class ReplayQuerySet(LeasedQuerySet["Replay"]):
    """Chainable filters of replays."""

    def under_way(self) -> Self:
        """Keep those that are not through."""
        return self.filter(ended_at__isnull=True)


class Replay(Cursor):
    """A part of the ledger that goes out once more, beside what is new."""

    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="replays")
    begin = models.BigIntegerField()  # from this index
    until = models.BigIntegerField()  # up to this one, which is not in it
    asked_at = models.DateTimeField(db_default=Now())
    asked_by = models.CharField(max_length=200)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = ReplayQuerySet.as_manager()  # type: ignore[misc]  # narrower than the base's

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(begin__gte=0, until__gt=models.F("begin"), position__gte=models.F("begin")),
                name="replay_in_range",
            )
        ]
        indexes = [
            models.Index(fields=["subscription"], condition=Q(ended_at__isnull=True), name="replay_open")
        ]

    def __str__(self) -> str:
        return f"{self.begin} to {self.until}"


class ParkedMessage(models.Model):
    """A message that its receiver refuses for itself. After a few tries it is parked, and the rest go on."""

    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="messages")
    event_id = models.CharField(max_length=64)
    index = models.BigIntegerField()
    tries = models.PositiveIntegerField(default=0)
    status = models.PositiveIntegerField()  # the last HTTP status
    error = models.CharField(max_length=500)
    first_at = models.DateTimeField(db_default=Now())
    parked_at = models.DateTimeField(null=True, blank=True)  # null: it is still being tried
    taken_at = models.DateTimeField(null=True, blank=True)  # when the receiver took it after all

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subscription", "event_id"], name="parked_message_once")
        ]
        indexes = [
            models.Index(
                fields=["subscription", "index"],
                condition=Q(taken_at__isnull=True),
                name="parked_message_open",
            )
        ]

    def __str__(self) -> str:
        return self.event_id
