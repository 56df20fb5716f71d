"""Suppressions that wait for a destination, and a destination that honours keys and watches the order."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from activation.destinations.kinds.interface import Delivery, Progress, Receipt, Removal
from activation.destinations.kinds.unlisted import Unlisted
from activation.destinations.models import Destination
from activation.enforcement.membership import services as membership
from activation.enforcement.membership.models import Holding, Segment
from activation.enforcement.membership.sealing import seal_member
from activation.enforcement.membership.types import Member, SegmentState
from activation.enforcement.suppression import delivering
from activation.enforcement.suppression.models import Suppression
from activation.enforcement.suppression.types import Cause
from consent.network.errors import DeliveryFailed
from consent.subjects.types import IdentifierKind

AT = datetime(2026, 6, 1, tzinfo=timezone.get_default_timezone())


def make_destination(slug: str = "ads", *, is_connected: bool = True) -> None:
    """Put the destination on the register, connected by a kind that the tests open themselves."""
    row: dict[str, Any] = {"connector": "webhook", "connected_at": AT} if is_connected else {}
    Destination.objects.create(
        slug=slug, kind="ad_platform", title=slug, registered_at=AT, registered_by="officer", **row
    )


def make_holding(destination: str = "ads", audience: str = "customers") -> Holding:
    """Return an audience that the destination holds."""
    asked = {"audience": audience, "purpose": "advertising.audience", "controller": "shop"}
    return Holding.objects.get(pk=membership.open_holding(destination=destination, **asked))


def make_suppression(holding: Holding, ref: str = "", **changes: Any) -> Suppression:
    """Write one suppression down, of somebody who is called by `emails` (as by the reference)."""
    ref = ref or uuid4().hex
    emails = changes.pop("emails", (f"{ref}@customers.example",))
    told = changes.pop("identifiers", {IdentifierKind.EMAIL: tuple(emails)})
    row: dict[str, Any] = {
        "destination": holding.destination,
        "subject_ref": ref,
        "cause": Cause.WITHDRAWAL,
        "reason": "withdrawn",
        "recorded_at": timezone.now(),
        "sealed": seal_member(holding, Member(ref=ref, identifiers=told)),
    }
    return Suppression.objects.create(holding=holding, **{**row, **changes})


def begin_sending(holding: Holding) -> Segment:
    """Let a run begin to send people to the holding."""
    return Segment.objects.create(holding=holding, run_id=uuid4(), state=SegmentState.SENDING, bits=0)


def end_sending(segment: Segment) -> None:
    """Let that run end."""
    Segment.objects.filter(pk=segment.pk).update(state=SegmentState.HELD)


@dataclass
class FakeDestination(Unlisted):
    """Takes removals, each key once, and keeps what it was asked in order."""

    unlisted = "it is asked nothing"

    asked: list[UUID] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    """The e-mail addresses taken out, in the order of it, each as often as it was done."""
    removals: dict[UUID, list[dict[str, Any]]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    before: Callable[[Removal], None] = lambda _: None
    """What happens to a removal before it is taken."""
    after: Callable[[Removal], None] = lambda _: None
    """What happens to the answer, once it has been taken."""

    def check(self) -> None:
        """Return: it is there."""

    def prepare(self, delivery: Delivery) -> None:
        """Return: it takes whatever comes."""

    def deliver(self, delivery: Delivery, progress: Progress) -> Receipt:
        """Take nothing: only people are taken out of it."""
        raise NotImplementedError

    def remove(self, removal: Removal) -> Receipt:
        """Take people out, once for each key; a key that comes with other people is a fault."""
        self.asked.append(removal.removal_id)
        self.before(removal)
        rows = [row for batch in removal.batches() for row in batch.to_pylist()]
        if removal.removal_id not in self.removals:
            self.removals[removal.removal_id] = rows
            self.taken.extend(value for row in rows for value in row.values() if value)
        elif self.removals[removal.removal_id] != rows:
            self.faults.append("one key for two different removals")
        self.after(removal)
        return Receipt(reference=f"taken {removal.removal_id.hex[:8]}", rows=len(rows))

    def open(self, _slug: str) -> "FakeDestination":
        """Return itself, as what opens a connector does."""
        return self

    def deliver_all(self, slug: str = "ads", **options: Any) -> int:
        """Let a worker hand over what is due now."""
        return delivering.deliver_due(destination=slug, until=float("inf"), open=self.open, **options)

    def counts(self) -> Counter[str]:
        """Return how often each was taken out."""
        return Counter(self.taken)


def rest_long(patch: pytest.MonkeyPatch) -> None:
    """Let what failed rest for an hour, however slow the machine is."""
    patch.setattr(delivering, "rest_after", lambda _: timedelta(hours=1))


def fail(_removal: Removal) -> None:
    """Be in trouble."""
    raise DeliveryFailed("the destination is in trouble: deliver again later")


def states(of: Iterable[Suppression]) -> list[str]:
    """Return the states of suppressions as they are now, in the order of their ids."""
    rows = Suppression.objects.filter(pk__in=[one.pk for one in of]).order_by("pk")
    return list(rows.values_list("state", flat=True))
