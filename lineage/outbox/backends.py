"""How each transport's backend is, as the emitters found it: all of them share what one has learned.

A backend that fails rests, longer each time, and then one event tries it: ten thousand that wait are not each
sent to what is away. The first that it takes ends the rest for all. One that refuses event after event is
treated as failing: it is more likely that a setting is wrong than that each of them is.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now

from lineage.leases.claiming import back_off, storable
from lineage.leases.rows import from_now
from lineage.outbox.models import Backend

_TRIAL = timedelta(minutes=2)  # whoever tries it and dies keeps others away for so long
_FIRST_REST = timedelta(seconds=5)
_LONGEST_REST = timedelta(minutes=1)  # so that what waited drains soon after it is well
_LONGEST_ASKED = timedelta(minutes=15)
MOST_REFUSALS = 10


@dataclass(frozen=True, slots=True)
class Turn:
    """Leave to send to a backend. On trial: one event."""

    is_trial: bool
    failures: int


def enter(transport: str) -> Turn | None:
    """Return leave to send to the transport; None if it rests, or somebody else tries it."""
    row = Backend.objects.filter(pk=transport).first()
    if row is None or row.rests_until is None:
        return Turn(is_trial=False, failures=row.failures if row else 0)
    rested = Q(rests_until__isnull=True) | Q(rests_until__lte=Now())
    mine = Backend.objects.filter(rested, pk=transport).update(rests_until=from_now(_TRIAL))
    return Turn(is_trial=True, failures=row.failures) if mine else None


def leave(transport: str, turn: Turn) -> None:
    """Give a trial back for which there was no event."""
    if turn.is_trial:
        Backend.objects.filter(pk=transport).update(rests_until=Now())


def note_taken(transport: str) -> None:
    """Note that the backend took an event: it is well."""
    well = {"failures": 0, "refusals": 0, "rests_until": None, "failing_since": None, "last_error": ""}
    Backend.objects.update_or_create(transport=transport, defaults={**well, "emitted_at": Now()})


def note_failed(transport: str, turn: Turn, *, error: str, asked: timedelta | None = None) -> None:
    """Have the backend rest, for as long as it `asked` if that is longer. What others noted since stands."""
    failures = turn.failures + 1
    rest = back_off(failures, first=_FIRST_REST, longest=_LONGEST_REST)
    Backend.objects.get_or_create(transport=transport)
    same = Backend.objects.filter(pk=transport, failures=turn.failures)
    same.update(
        failures=failures,
        rests_until=from_now(max(rest, min(asked or rest, _LONGEST_ASKED))),
        failing_since=Coalesce("failing_since", Now()),
        last_error=storable(error),
    )


@transaction.atomic
def note_refused(transport: str) -> bool:
    """Note that the backend refused an event, and return whether it has refused too many in a row."""
    Backend.objects.get_or_create(transport=transport)
    Backend.objects.filter(pk=transport).update(refusals=F("refusals") + 1)
    return Backend.objects.values_list("refusals", flat=True).get(pk=transport) >= MOST_REFUSALS
