"""The tables of events, of their way to each transport and reader, and of how the transports are."""

from typing import ClassVar, Self
from uuid import UUID

from django.db import models
from django.db.models import Count, Exists, F, Min, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Now

from lineage.events.types import ENDINGS, EventType
from lineage.leases.rows import READY_AT, Leased, LeasedQuerySet
from lineage.outbox.types import EventState

_PENDING = Q(emitted_at__isnull=True, parked_at__isnull=True)
_PARKED = Q(parked_at__isnull=False)
_ENDING = Q(event_type__in=sorted(kind.value for kind in ENDINGS))
_LONGEST_NAME = 64


class OutboxEventQuerySet(models.QuerySet["OutboxEvent"]):
    """Events by run."""

    def of_run(self, run_id: UUID) -> Self:
        """Keep the events of one run."""
        return self.filter(run_id=run_id)

    def endings(self) -> Self:
        """Keep those that end their run."""
        return self.filter(_ENDING)


class OutboxEvent(models.Model):
    """One OpenLineage event, written in the transaction of the fact that it describes. Evidence."""

    event_id = models.UUIDField(unique=True)  # the same in every copy that is emitted
    run_id = models.UUIDField()
    sequence = models.PositiveIntegerField()  # place in the run, from 1
    event_type = models.CharField(max_length=8, choices=[(kind.value, kind.value) for kind in EventType])
    payload = models.JSONField()
    created_at = models.DateTimeField(db_default=Now())

    objects: ClassVar = OutboxEventQuerySet.as_manager()

    class Meta:
        verbose_name = "lineage event"
        constraints = [
            models.UniqueConstraint(fields=["run_id", "sequence"], name="lineage_outbox_one_place"),
            models.UniqueConstraint(
                fields=["run_id"],
                condition=Q(event_type=EventType.START.value),
                name="lineage_outbox_one_start",
            ),
            models.UniqueConstraint(fields=["run_id"], condition=_ENDING, name="lineage_outbox_one_ending"),
            models.CheckConstraint(
                condition=Q(event_type__in=[kind.value for kind in EventType]),
                name="lineage_outbox_known_type",
            ),
        ]
        indexes = [models.Index(fields=["created_at", "id"], name="lineage_outbox_by_time")]

    def __str__(self) -> str:
        return f"{self.event_type} of run {self.run_id}"


class DeliveryQuerySet(LeasedQuerySet["Delivery"]):
    """Deliveries by transport, by state and by whose turn it is."""

    def at(self, transport: str) -> Self:
        """Keep those to one transport."""
        return self.filter(transport=transport)

    def in_state(self, state: EventState) -> Self:
        """Keep the deliveries in `state`."""
        match state:
            case EventState.PENDING:
                return self.filter(_PENDING)
            case EventState.EMITTED:
                return self.filter(emitted_at__isnull=False)
            case EventState.PARKED:
                return self.filter(_PARKED)

    def in_turn(self) -> Self:
        """Keep the pending ones before which nothing of their run is unemitted at their transport.

        Those that never failed come first, the oldest first: one that is never taken delays no other run.
        """
        earlier = Delivery.objects.filter(
            transport=OuterRef("transport"),
            run_id=OuterRef("run_id"),
            sequence__lt=OuterRef("sequence"),
            emitted_at__isnull=True,
        )
        return self.in_state(EventState.PENDING).filter(~Exists(earlier)).order_by(READY_AT, "pk")


class Delivery(Leased):
    """One event on its way to one transport."""

    event = models.ForeignKey(OutboxEvent, on_delete=models.CASCADE, related_name="deliveries")
    transport = models.CharField(max_length=_LONGEST_NAME)
    run_id = models.UUIDField()  # the event's, so that a claim reads one table
    sequence = models.PositiveIntegerField()
    failures = models.PositiveIntegerField(default=0)  # answers that did not come; attempts count deaths too
    waiting_since = models.DateTimeField(db_default=Now())
    emitted_at = models.DateTimeField(null=True, blank=True)
    parked_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = "lineage delivery"
        verbose_name_plural = "lineage deliveries"
        permissions = [("send_again", "Can have refused lineage events sent again")]
        constraints = [
            models.UniqueConstraint(
                fields=["run_id", "transport", "sequence"], name="lineage_delivery_one_place"
            ),
            models.CheckConstraint(
                condition=Q(emitted_at__isnull=True) | Q(parked_at__isnull=True),
                name="lineage_delivery_one_state",
            ),
        ]
        indexes = [
            models.Index(F("transport"), READY_AT, F("id"), condition=_PENDING, name="lineage_delivery_turn"),
            models.Index(
                fields=["transport", "waiting_since"], condition=_PENDING, name="lineage_delivery_waiting"
            ),
            models.Index(fields=["transport", "id"], condition=_PARKED, name="lineage_delivery_parked"),
            models.Index(fields=["parked_at", "-id"], name="lineage_delivery_listed"),  # as the admin does
        ]

    def __str__(self) -> str:
        return f"event {self.event_id} to {self.transport}"

    @property
    def state(self) -> EventState:
        """Return where the event stands at this transport."""
        if self.emitted_at is not None:
            return EventState.EMITTED
        return EventState.PENDING if self.parked_at is None else EventState.PARKED


class UnreadQuerySet(models.QuerySet["Unread"]):
    """Unread events by whose turn it is."""

    def in_turn(self, reader: str) -> Self:
        """Keep what `reader` has not read, and of each run only the first; the oldest first."""
        earlier = Unread.objects.filter(
            reader=OuterRef("reader"), run_id=OuterRef("run_id"), sequence__lt=OuterRef("sequence")
        )
        return self.filter(~Exists(earlier), reader=reader).order_by("pk")


class Unread(models.Model):
    """One event that a reader of this house has still to read. Gone once it has."""

    event = models.ForeignKey(OutboxEvent, on_delete=models.CASCADE, related_name="unread")
    reader = models.CharField(max_length=_LONGEST_NAME)
    run_id = models.UUIDField()
    sequence = models.PositiveIntegerField()

    objects: ClassVar = UnreadQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run_id", "reader", "sequence"], name="lineage_unread_one_place")
        ]
        indexes = [models.Index(fields=["reader", "id"], name="lineage_unread_turn")]

    def __str__(self) -> str:
        return f"event {self.event_id} for {self.reader}"


class BackendQuerySet(models.QuerySet["Backend"]):
    """Transports with what waits for them."""

    def with_counts(self) -> Self:
        """Add how many events are `pending` and `parked`, and since when the `oldest` pending one waits."""
        own = Delivery.objects.filter(transport=OuterRef("transport")).order_by().values("transport")
        pending, parked = own.filter(_PENDING), own.filter(_PARKED)
        return self.annotate(
            pending=Coalesce(Subquery(pending.annotate(of=Count("pk")).values("of")), 0),
            parked=Coalesce(Subquery(parked.annotate(of=Count("pk")).values("of")), 0),
            oldest=Subquery(pending.annotate(of=Min("waiting_since")).values("of")),
        )


class Backend(models.Model):
    """How one transport is. While it rests nothing is sent to it, and then one event to try it."""

    transport = models.CharField(max_length=_LONGEST_NAME, primary_key=True)
    failures = models.PositiveIntegerField(default=0)  # in a row
    refusals = models.PositiveIntegerField(default=0)  # in a row
    rests_until = models.DateTimeField(null=True, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    emitted_at = models.DateTimeField(null=True, blank=True)  # the last time that it took an event
    last_error = models.CharField(max_length=500, blank=True, default="")

    objects: ClassVar = BackendQuerySet.as_manager()

    class Meta:
        verbose_name = "lineage transport"

    def __str__(self) -> str:
        return self.transport
