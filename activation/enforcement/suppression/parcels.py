"""Taking the next parcel of a destination: one that waits, or one formed now."""

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from activation.enforcement.locks import lock_key
from activation.enforcement.suppression.forming import form_parcel
from activation.enforcement.suppression.models import Parcel
from activation.enforcement.suppression.pacing import LONGEST_REST, Standing, WaitingParcel, next_step
from activation.enforcement.suppression.types import ParcelState
from lineage.leases import claiming
from lineage.leases.rows import from_now

_MOST_COUNTED = 20  # refusals; more make no difference


def take_parcel(*, destination: str, lease: timedelta) -> Parcel | None:
    """Return a parcel of the destination that only the caller holds now; None if there is nothing to do.

    One short transaction. Workers of one destination take turns in it, and see what the others took.
    """
    with transaction.atomic():
        lock_destination(destination)
        step = next_step(get_standing(destination=destination))
        if step.claims is not None:
            waiting = Parcel.objects.filter(pk=step.claims, state=ParcelState.WAITING)
            claimed = claiming.claim(waiting.order_by("pk"), limit=1, lease=lease)
            return claimed[0] if claimed else None
        return form_parcel(destination=destination, lease=lease) if step.forms else None


def lock_destination(destination: str) -> None:
    """Let the others who take, or take apart, parcels of this destination wait until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock_key(f"parcels of {destination}")])


def get_standing(*, destination: str) -> Standing:
    """Return how the destination stands now, by the database's clock."""
    ended = Parcel.objects.filter(destination=destination)
    acknowledged = ended.filter(state=ParcelState.ACKNOWLEDGED).order_by("-ended_at", "pk")
    last = acknowledged.values_list("ended_at", flat=True).first()
    refused = ended.filter(state=ParcelState.REFUSED).order_by("-ended_at", "pk")
    if last is not None:
        refused = refused.filter(ended_at__gt=last)
    ages = list(refused.annotate(age=Now() - F("ended_at")).values_list("age", flat=True)[:_MOST_COUNTED])
    return Standing(
        parcels=_list_waiting(destination, last),
        refused=len(ages),
        since_refusal=ages[0] if ages else LONGEST_REST,
    )


def _list_waiting(destination: str, last_acknowledged: datetime | None) -> list[WaitingParcel]:
    waiting = Parcel.objects.filter(destination=destination, state=ParcelState.WAITING)
    due = set(waiting.due().values_list("pk", flat=True))
    rows = (
        waiting.annotate(age=Now() - F("created_at"), is_held=Q(leased_until__gt=Now()))
        .order_by("created_at", "pk")
        .values_list("pk", "age", "is_held", "last_error", "created_at")
    )
    return [
        WaitingParcel(
            id=pk,
            is_leased=bool(is_held),
            is_due=pk in due,
            has_failed=bool(error),
            is_new=last_acknowledged is None or created_at > last_acknowledged,
            age=age,
        )
        for pk, age, is_held, error, created_at in rows
    ]


def came_through_since(destination: str, since: timedelta) -> bool:
    """Return whether the destination acknowledged a parcel in that time up to now."""
    acknowledged = Parcel.objects.filter(destination=destination, state=ParcelState.ACKNOWLEDGED)
    return acknowledged.filter(ended_at__gt=from_now(-since)).exists()
