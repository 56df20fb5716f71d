"""What officers, and consumers that pull, do to suppressions. Each act of an officer is in the ledger."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from activation.enforcement.membership import services as membership
from activation.enforcement.membership.models import Segment
from activation.enforcement.membership.types import Name, SegmentState
from activation.enforcement.suppression import ending
from activation.enforcement.suppression.models import Suppression
from activation.enforcement.suppression.parcels import lock_destination
from activation.enforcement.suppression.removing import name_of
from activation.enforcement.suppression.run_events import tell_acknowledged
from activation.enforcement.suppression.types import SuppressionState
from consent.keys.types import KeyUnreadable
from consent.ledger import services as ledger
from consent.ledger.types import NewEntry, Stream, rfc3339

_WAYS = {SuppressionState.BY_HAND: "by_hand", SuppressionState.ACKNOWLEDGED: "pulled"}
_OPEN = frozenset({SuppressionState.WAITING.value, SuppressionState.PARKED.value})


class Objection(StrEnum):
    """Why one suppression of several was left as it is."""

    UNKNOWN = "suppression_unknown"
    BEING_SENT = "suppression_being_sent"  # it is handed over just now, or people to its audience: wait
    SUPERSEDED = "suppression_superseded"  # a newer one took its place
    NOT_PARKED = "suppression_not_parked"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of each."""

    done: Sequence[int] = ()
    """Those that stand now as was asked."""
    changed: Sequence[int] = ()
    """Those of them that did not before."""
    objections: Mapping[int, Objection] = field(default_factory=dict)

    def with_(self, other: "Outcome") -> "Outcome":
        """Return both together."""
        return Outcome(
            [*self.done, *other.done],
            [*self.changed, *other.changed],
            {**self.objections, **other.objections},
        )


def acknowledge_by_hand(*, ids: Sequence[int], by: str, at: datetime) -> Outcome:
    """Write down that the officer `by` has taken these people out, or knows that they are.

    What was acknowledged before stays as it was. Identifiers are wiped, and the membership forgets them.

    :raises KeysUnavailable: if the service that wraps keys cannot be asked now. Nothing is written then.
    """

    def end(found: QuerySet[Suppression]) -> Outcome:
        outcome = _acknowledge(found, SuppressionState.BY_HAND, by)
        _tell("suppressions_acknowledged", found.filter(pk__in=outcome.changed), by=by, at=at)
        return outcome

    return _each_destination(ids, end)


def acknowledge_pulled(*, ids: Sequence[int], by: str) -> Outcome:
    """Write down that a destination which pulls has taken these people out, as the client `by` says."""
    return _each_destination(ids, lambda found: _acknowledge(found, SuppressionState.ACKNOWLEDGED, by))


def send_again(*, ids: Sequence[int], by: str, at: datetime) -> Outcome:
    """Let parked suppressions be handed over again, each alone."""

    def send(found: QuerySet[Suppression]) -> Outcome:
        parked = found.filter(state=SuppressionState.PARKED)
        again = list(parked.order_by("pk").values_list("pk", flat=True))
        parked.update(state=SuppressionState.WAITING, parcel=None, goes_alone=True, error="")
        _tell("suppressions_sent_again", found.filter(pk__in=again), by=by, at=at)
        others = found.exclude(pk__in=again).order_by("pk").values_list("pk", flat=True)
        return Outcome(again, again, dict.fromkeys(others, Objection.NOT_PARKED))

    return _each_destination(ids, send)


def retry_now(*, destination: str) -> int:
    """Let all that rests after failures be tried at once, and return how many parcels that are."""
    return ending.wake_all(destination)


def _each_destination(ids: Sequence[int], act: Callable[[QuerySet[Suppression]], Outcome]) -> Outcome:
    """Act on the suppressions of each destination, in a transaction that nothing is formed meanwhile."""
    named = Suppression.objects.filter(pk__in=ids)
    known = dict(named.order_by("pk").values_list("pk", "destination"))
    total = Outcome(objections={pk: Objection.UNKNOWN for pk in ids if pk not in known})
    for destination in sorted(set(known.values())):
        with transaction.atomic():
            lock_destination(destination)
            total = total.with_(act(named.filter(destination=destination)))
    return total


def _acknowledge(found: QuerySet[Suppression], state: SuppressionState, by: str) -> Outcome:
    """End those that are open. None of them is in a parcel then, so that no parcel changes in secret."""
    held = [*ending.take_out_of_parcels(found), *_list_being_sent_to(found)]
    stands = dict(found.select_for_update().order_by("pk").values_list("pk", "state"))
    now = [pk for pk, state in stands.items() if state in _OPEN and pk not in held]
    objections = dict.fromkeys(held, Objection.BEING_SENT)
    superseded = [pk for pk, state in stands.items() if state == SuppressionState.SUPERSEDED]
    objections |= dict.fromkeys(superseded, Objection.SUPERSEDED)
    ended = found.filter(pk__in=now)
    people = [(row, name_of(row)) for row in ended.select_related("holding").order_by("holding", "pk")]
    ended.update(state=state, ended_at=Now(), ended_by=by, sealed=b"", error="", parcel=None)
    for row, name in people:
        if name is not None:
            _forget(row, name)
    tell_acknowledged([row for row, _ in people], way=_WAYS[state])
    return Outcome([pk for pk in stands if pk not in objections], now, objections)


def _forget(row: Suppression, name: Name) -> None:
    """Let the membership forget one person, unless sent again since the no: who may be there again then."""
    with suppress(KeyUnreadable):  # nothing of the holding opens any more: its people count as held
        membership.forget(holding_id=row.holding_id, gone=[name], held_before=row.enforced_at)


def _list_being_sent_to(found: QuerySet[Suppression]) -> list[int]:
    """Return those whose holding a run sends people to: whoever is out may be put there again by it."""
    sending = Segment.objects.filter(state=SegmentState.SENDING, holding__in=found.values("holding"))
    rows = found.filter(state__in=_OPEN, holding__in=list(sending.values_list("holding", flat=True)))
    return list(rows.order_by("pk").values_list("pk", flat=True))


def _tell(kind: str, changed: QuerySet[Suppression], *, by: str, at: datetime) -> None:
    """Put the officer's act on record, by the suppressions' ids: they name nobody."""
    rows = list(changed.order_by("pk").values_list("pk", "destination"))
    if not rows:
        return
    body = {
        "destination": rows[0][1],
        "suppressions": [pk for pk, _ in rows],
        "changed_by": by,
        "changed_at": rfc3339(at),
    }
    ledger.append(stream=Stream.AUDIT, entries=[NewEntry(kind, body)])
