"""The table of events that wait to be emitted, or were."""

from typing import ClassVar, Self
from uuid import UUID

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from lineage.events.types import ENDINGS, EventType
from lineage.leases.rows import Leased, LeasedQuerySet
from lineage.outbox.types import EventState

_PENDING = Q(emitted_at__isnull=True, parked_at__isnull=True)


class OutboxEventQuerySet(LeasedQuerySet["OutboxEvent"]):
    """Events by run, by state and by whose turn it is."""

    def of_run(self, run_id: UUID) -> Self:
        """Keep the events of one run."""
        return self.filter(run_id=run_id)

    def in_state(self, state: EventState) -> Self:
        """Keep the events in `state`."""
        match state:
            case EventState.PENDING:
                return self.filter(_PENDING)
            case EventState.EMITTED:
                return self.filter(emitted_at__isnull=False)
            case EventState.PARKED:
                return self.filter(parked_at__isnull=False)

    def in_turn(self) -> Self:
        """Keep the pending events of which no earlier one of their run is unemitted, the oldest first."""
        earlier = OutboxEvent.objects.filter(
            run_id=OuterRef("run_id"), sequence__lt=OuterRef("sequence"), emitted_at__isnull=True
        )
        return self.in_state(EventState.PENDING).filter(~Exists(earlier)).order_by("pk")


class OutboxEvent(Leased):
    """One OpenLineage event, written in the transaction of the fact that it describes."""

    event_id = models.UUIDField(unique=True)  # the same in every copy that is emitted
    run_id = models.UUIDField()
    sequence = models.PositiveIntegerField()  # place in the run, from 1
    event_type = models.CharField(max_length=8, choices=[(kind.value, kind.value) for kind in EventType])
    payload = models.JSONField()
    created_at = models.DateTimeField(db_default=Now())
    emitted_at = models.DateTimeField(null=True, blank=True)
    parked_at = models.DateTimeField(null=True, blank=True)

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
            models.UniqueConstraint(
                fields=["run_id"],
                condition=Q(event_type__in=sorted(kind.value for kind in ENDINGS)),
                name="lineage_outbox_one_ending",
            ),
            models.CheckConstraint(
                condition=Q(event_type__in=[kind.value for kind in EventType]),
                name="lineage_outbox_known_type",
            ),
            models.CheckConstraint(
                condition=Q(emitted_at__isnull=True) | Q(parked_at__isnull=True),
                name="lineage_outbox_one_state",
            ),
        ]
        indexes = [models.Index(fields=["id"], condition=_PENDING, name="lineage_outbox_pending")]

    def __str__(self) -> str:
        return f"{self.event_type} of run {self.run_id}"

    @property
    def state(self) -> EventState:
        """Return where the event stands."""
        if self.emitted_at is not None:
            return EventState.EMITTED
        return EventState.PENDING if self.parked_at is None else EventState.PARKED
