"""Taking suppressions to one destination: parcel by parcel, each under a key that stays the same.

No transaction is open while the destination is waited for. What it did is written down only by the worker
that still holds the parcel; what it did twice, because a worker died, it knows by the parcel's id.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic

from activation.destinations.kinds.interface import Connector, Receipt
from activation.destinations.queries import list_connected, open_connector
from activation.enforcement.delivering import DestinationShut, refuse_if_shut
from activation.enforcement.membership.models import Holding
from activation.enforcement.suppression import ending, leasing
from activation.enforcement.suppression.models import Parcel, Suppression
from activation.enforcement.suppression.pacing import rest_after
from activation.enforcement.suppression.parcels import came_through_since, take_parcel
from activation.enforcement.suppression.removing import Contents, build_removal, covers, open_contents
from activation.enforcement.suppression.types import SuppressionState
from consent.kernel.errors import AccordantError
from consent.ledger.queries import get_time
from consent.network.errors import DeliveryFailed, DeliveryRefused

logger = logging.getLogger(__name__)

_PATIENCE_WITH_ONE = 6  # failures of a parcel, while others of its destination come through
_Interruption = tuple[type[Exception], ...]


@dataclass(frozen=True, slots=True)
class Hand:
    """How a worker reaches one destination. Opened at the first parcel."""

    destination: str
    open: Callable[[str], Connector | None] = open_connector
    interrupted_by: _Interruption = ()
    """What ends the worker: it gives the parcel back, and passes it on."""


def deliver_due(
    *,
    destination: str,
    until: float,
    open: Callable[[str], Connector | None] = open_connector,  # noqa: A002 - what it does
    interrupted_by: _Interruption = (),
) -> int:
    """Hand over what is due at the destination until nothing is, or until `until` (by `time.monotonic`).

    Return how many parcels the destination acknowledged. Safe to call from any number of workers, and to
    kill at any point: a parcel is then handed over again, under the same key, once its lease is over.

    :raises Exception: what `interrupted_by` names, when it comes. The parcel was given back then.
    """
    hand, done = Hand(destination, open, interrupted_by), 0
    while monotonic() < until and is_open(destination):
        parcel = take_parcel(destination=destination, lease=leasing.LEASE)
        if parcel is None:
            break
        done += deliver_parcel(parcel, hand)
    return done


def is_open(destination: str) -> bool:
    """Return whether anything may be handed to the destination now: it is connected, and not suspended."""
    try:
        refuse_if_shut(destination, get_time())
    except DestinationShut:
        return False
    return destination in list_connected()


def deliver_parcel(parcel: Parcel, hand: Hand) -> bool:
    """Hand one parcel over that the caller holds, and return whether the destination acknowledged it."""
    try:
        taken = hand_over(parcel, hand)
        return taken is not None and taken.write_down()
    except hand.interrupted_by:
        ending.give_back(parcel)
        raise
    except AccordantError as error:
        _rest(parcel, str(error))
    except Exception as error:  # noqa: BLE001 - no fault of one parcel may stop the others
        logger.error("parcel %s: %s", parcel.pk, type(error).__name__)  # noqa: TRY400 - it may name people
        _rest(parcel, f"an unexpected error ({type(error).__name__}): it is tried again by itself")
    return False


@dataclass(frozen=True, slots=True)
class Taken:
    """A parcel whose people the destination has taken out."""

    parcel: Parcel
    receipt: Receipt
    contents: Contents = field(repr=False)
    superseded: Sequence[int] = ()

    def write_down(self) -> bool:
        """Record it, and return whether that was still this attempt's to write."""
        return ending.acknowledge(
            self.parcel,
            reference=self.receipt.reference,
            people=list(self.contents.people.values()),
            superseded=self.superseded,
        )


def hand_over(parcel: Parcel, hand: Hand) -> Taken | None:
    """Have the destination take the parcel's people out; None if it did not, which is written down then.

    :raises Exception: if it could not be asked, or does not take it now.
    """
    holding = Holding.objects.get(pk=parcel.holding_id)
    waiting = list(Suppression.objects.filter(parcel=parcel, state=SuppressionState.WAITING).order_by("pk"))
    contents = open_contents(holding, waiting)
    if contents.unusable or len(waiting) != parcel.size:  # it can no longer be repeated as it was formed
        ending.take_apart(parcel, unusable=contents.unusable)
        return None
    connector = hand.open(hand.destination)
    if connector is None:
        raise DeliveryFailed("the destination is not connected any more: connect it, or acknowledge by hand")
    removal = build_removal(parcel, holding, list(contents.people.values()))
    try:
        with leasing.keep_leased(parcel):
            receipt = connector.remove(removal)
    except DeliveryRefused as refusal:
        ending.refuse(parcel, error=str(refusal))
        return None
    return Taken(parcel, receipt, contents, _find_superseded(parcel, holding, waiting, contents))


def _rest(parcel: Parcel, error: str) -> None:
    """Let the parcel rest; apart, if others come through and this one does not."""
    failures = parcel.failures + 1
    rest = rest_after(failures - 1)
    is_the_one = parcel.size > 1 and failures >= _PATIENCE_WITH_ONE
    if is_the_one and came_through_since(parcel.destination, rest):
        ending.refuse(parcel, error=error)
    else:
        ending.put_off(parcel, error=error, delay=rest_after(failures))


def _find_superseded(
    parcel: Parcel, holding: Holding, waiting: list[Suppression], contents: Contents
) -> list[int]:
    """Return the parked suppressions that name nothing which this parcel's do not name of the person."""
    parked = ending.list_superseded(parcel)
    older = open_contents(holding, parked).people
    newer = {one.subject_ref: contents.people[one.pk].identifiers for one in waiting}
    return [
        one.pk
        for one in parked
        if one.pk in older and covers(newer[one.subject_ref], older[one.pk].identifiers)
    ]
