"""What every change to the register has in common: the row's lock, and the ledger's event."""

from collections.abc import Mapping
from typing import Any

from activation.destinations.models import Destination
from activation.destinations.types import DestinationNotRegistered, ReasonMissing
from consent.ledger import services as ledger
from consent.ledger.types import NewEntry, Stream

_LONGEST_REASON = 500


def check_reason(reason: str) -> None:
    """Return if it is a reason.

    :raises ReasonMissing: if not.
    """
    if not 1 <= len(reason.strip()) <= _LONGEST_REASON:
        raise ReasonMissing(
            f"say why in 1 to {_LONGEST_REASON} characters: the reason is kept with the change"
        )


def lock_destination(slug: str) -> Destination:
    """Return the destination, locked until the transaction ends, so that changes follow one another.

    :raises DestinationNotRegistered: if there is none.
    """
    try:
        return Destination.objects.select_for_update().get(slug=slug)
    except Destination.DoesNotExist as error:
        raise DestinationNotRegistered("no destination has this slug: register it first") from error


def append_event(kind: str, body: Mapping[str, Any]) -> None:
    """Append what happened to the ledger."""
    ledger.append(stream=Stream.POLICY, entries=[NewEntry(kind=kind, body=body)])
