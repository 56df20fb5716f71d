"""What becomes of a parcel. Each function is one transaction, and writes nothing if the parcel is lost.

A parcel is lost to a worker whose lease another has taken over since: that one's word counts.
"""

from collections.abc import Collection, Mapping
from datetime import timedelta
from types import MappingProxyType

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Now

from activation.enforcement.membership import services as membership
from activation.enforcement.membership.types import Member
from activation.enforcement.suppression.models import Parcel, Suppression
from activation.enforcement.suppression.run_events import tell_refused, tell_taken, tell_taken_apart
from activation.enforcement.suppression.types import ParcelState, SuppressionState
from lineage.leases import claiming

_LONGEST_REFERENCE = 200
_LONGEST_ERROR = 500


def acknowledge(
    parcel: Parcel, *, reference: str, people: Collection[Member] = (), superseded: Collection[int] = ()
) -> bool:
    """Write down that the destination has taken the parcel's people out; return False if it is lost.

    Their identifiers are wiped, and the membership forgets `people` in what was held before the parcel was
    formed: whoever was sent again since may be there again. `superseded` are parked suppressions that this
    makes up for. If the destination had failed before, what waits for it goes on at once.
    """
    with transaction.atomic():
        if not claiming.end(
            parcel,
            state=ParcelState.ACKNOWLEDGED,
            ended_at=Now(),
            reference=reference[:_LONGEST_REFERENCE],
            next_attempt_at=None,
        ):
            return False
        waiting = _waiting_in(parcel)
        waiting.update(state=SuppressionState.ACKNOWLEDGED, ended_at=Now(), sealed=b"", error="")
        parked = Suppression.objects.filter(pk__in=superseded, state=SuppressionState.PARKED)
        parked.update(state=SuppressionState.SUPERSEDED, ended_at=Now(), sealed=b"")
        membership.forget(
            holding_id=parcel.holding_id,
            gone=[person.name for person in people],
            held_before=parcel.created_at,
        )
        if parcel.last_error:
            wake_all(parcel.destination)
        tell_taken(parcel)
    return True


def put_off(parcel: Parcel, *, error: str, delay: timedelta) -> bool:
    """Let the parcel rest for `delay`, as it is; return False if it is lost."""
    return claiming.put_off(parcel, error=error, delay=delay, failures=F("failures") + 1)


def give_back(parcel: Parcel) -> bool:
    """Let another worker have the parcel at once; return False if it is lost."""
    return claiming.end(parcel)


def refuse(parcel: Parcel, *, error: str) -> bool:
    """Write down that the destination refuses the parcel; return False if it is lost.

    Of several people, each goes alone from now on, so that one of them does not stand for all. One alone is
    parked for somebody to look at.
    """
    with transaction.atomic():
        waiting = _waiting_in(parcel)
        state = {"state": ParcelState.REFUSED, "ended_at": Now(), "next_attempt_at": None}
        if not claiming.end(parcel, last_error=error[:_LONGEST_ERROR], **state):
            return False
        if parcel.size == 1:
            waiting.update(state=SuppressionState.PARKED, error=error[:_LONGEST_ERROR])
        else:
            waiting.update(parcel=None, goes_alone=True)
        tell_refused(parcel, error[:_LONGEST_ERROR])
    return True


def take_apart(parcel: Parcel, *, unusable: Mapping[int, str] = MappingProxyType({})) -> bool:
    """Park what nothing can be sent for, and let the others go again; return False if the parcel is lost."""
    with transaction.atomic():
        if not claiming.end(parcel, state=ParcelState.TAKEN_APART, ended_at=Now(), next_attempt_at=None):
            return False
        for error in sorted(set(unusable.values())):
            parked = [pk for pk, one in unusable.items() if one == error]
            _waiting_in(parcel).filter(pk__in=parked).update(state=SuppressionState.PARKED, error=error)
        _waiting_in(parcel).update(parcel=None)
        tell_taken_apart(parcel)
    return True


def take_out_of_parcels(suppressions: QuerySet[Suppression]) -> list[int]:
    """Take the waiting parcels apart that these are in; return those that a worker hands over just now.

    Call it in a transaction that holds the destination's lock. Whoever had a parcel before is fenced out.
    """
    packed = suppressions.filter(state=SuppressionState.WAITING, parcel__isnull=False)
    parcels = Parcel.objects.filter(pk__in=packed.values("parcel"), state=ParcelState.WAITING)
    free = parcels.exclude(leased_until__gt=Now()).order_by("pk").select_for_update()
    for parcel in free:
        Parcel.objects.filter(pk=parcel.pk).update(
            state=ParcelState.TAKEN_APART,
            ended_at=Now(),
            attempts=F("attempts") + 1,
            leased_until=None,
            next_attempt_at=None,
        )
        _waiting_in(parcel).update(parcel=None)
        tell_taken_apart(parcel)
    return list(packed.order_by("pk").values_list("pk", flat=True))


def wake_all(destination: str) -> int:
    """Let the waiting parcels of the destination go on at once, and return how many rested."""
    resting = Parcel.objects.filter(
        destination=destination, state=ParcelState.WAITING, next_attempt_at__isnull=False
    )
    return resting.update(next_attempt_at=None)


def list_superseded(parcel: Parcel) -> list[Suppression]:
    """Return the parked suppressions of the holding that somebody in the parcel has, from before it."""
    newer = Suppression.objects.filter(
        parcel=parcel, subject_ref=OuterRef("subject_ref"), pk__gt=OuterRef("pk")
    )
    parked = Suppression.objects.filter(
        subject_ref__in=_waiting_in(parcel).exclude(subject_ref="").values("subject_ref"),
        destination=parcel.destination,
        holding=parcel.holding_id,
        state=SuppressionState.PARKED,
    )
    return list(parked.filter(Exists(newer)).order_by("pk"))


def _waiting_in(parcel: Parcel) -> QuerySet[Suppression]:
    return Suppression.objects.filter(parcel=parcel.pk, state=SuppressionState.WAITING)
