"""Reads of suppressions: what is due, and what a consumer pulls."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now

from activation.decisions.register import deny_recipient
from activation.destinations.queries import get_register, list_connected
from activation.enforcement.membership.models import Holding, Segment
from activation.enforcement.membership.types import SegmentState
from activation.enforcement.suppression.models import Parcel, Suppression
from activation.enforcement.suppression.removing import open_contents
from activation.enforcement.suppression.types import ParcelState, SuppressionState
from consent.keys.types import KeyUnreadable
from consent.ledger.queries import get_time
from consent.subjects.types import IdentifierKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSuppression:
    """One suppression as a consumer sees it."""

    id: int
    destination: str
    audience: str
    purpose: str
    controller: str
    subject_ref: str
    state: str
    cause: str
    reason: str
    recorded_at: datetime
    enforced_at: datetime
    ended_at: datetime | None
    error: str
    identifiers: Mapping[IdentifierKind, tuple[str, ...]] | None = field(repr=False)
    """As they were sent. None: they were wiped, or do not open."""


def list_due_destinations() -> list[str]:
    """Return the destinations at which something may be handed over now, by slug."""
    waiting = Suppression.objects.filter(
        holding=OuterRef("pk"), state=SuppressionState.WAITING, parcel__isnull=True
    )
    loose = Exists(waiting.filter(is_urgent=True)) | Exists(waiting.filter(is_urgent=False))
    sending = Segment.objects.filter(holding=OuterRef("pk"), state=SegmentState.SENDING)
    holdings = Holding.objects.filter(loose, ~Exists(sending))
    parcels = Parcel.objects.filter(state=ParcelState.WAITING).due()
    due = {
        *holdings.order_by().values_list("destination", flat=True).distinct(),
        *parcels.order_by().values_list("destination", flat=True).distinct(),
    }
    register, now = get_register(), get_time()
    open_ones = due.intersection(list_connected())
    return sorted(slug for slug in open_ones if deny_recipient(register, slug, now) is None)


def get_longest_wait() -> timedelta | None:
    """Return for how long the oldest suppression waits at a destination that is due; None if none does."""
    waiting = Suppression.objects.filter(
        destination__in=list_due_destinations(), state=SuppressionState.WAITING, parcel__isnull=True
    )
    wait: timedelta | None = (
        waiting.order_by("enforced_at", "pk").values_list(Now() - F("enforced_at"), flat=True).first()
    )
    return wait


def list_suppressions(
    *, destination: str, state: SuppressionState | None = None, after: int = 0, limit: int = 100
) -> list[ListedSuppression]:
    """Return the destination's suppressions whose ids follow `after`, in order, identifiers opened.

    An id may be given before a smaller one is written: read from the start again until all are acknowledged.

    :raises KeysUnavailable: if the service that wraps keys cannot be asked now.
    """
    wanted = Q(destination=destination, pk__gt=after)
    if state is not None:
        wanted &= Q(state=state)
    rows = list(Suppression.objects.filter(wanted).select_related("holding").order_by("pk")[:limit])
    told: dict[int, Mapping[IdentifierKind, tuple[str, ...]]] = {}
    for holding in {row.holding for row in rows}:
        sealed = [row for row in rows if row.holding == holding and row.sealed]
        with suppress(KeyUnreadable):
            told |= {pk: one.identifiers for pk, one in open_contents(holding, sealed).people.items()}
    return [_list(row, told.get(row.pk)) for row in rows]


def _list(
    row: Suppression, identifiers: Mapping[IdentifierKind, tuple[str, ...]] | None
) -> ListedSuppression:
    return ListedSuppression(
        id=row.pk,
        destination=row.destination,
        audience=row.holding.audience,
        purpose=row.holding.purpose,
        controller=row.holding.controller,
        subject_ref=row.subject_ref,
        state=row.state,
        cause=row.cause,
        reason=row.reason,
        recorded_at=row.recorded_at,
        enforced_at=row.enforced_at,
        ended_at=row.ended_at,
        error=row.error,
        identifiers=identifiers,
    )
