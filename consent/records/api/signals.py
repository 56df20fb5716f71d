"""Signals of a request, in the API's terms."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from consent.ledger.types import rfc3339
from consent.records.signals.errors import SignalsRefused
from consent.records.types import Fault, SignalFault, SignalTaken


def refuse_signals(faults: Sequence[Fault]) -> None:
    """Let faults pass that are of no signal.

    :raises SignalsRefused: if one is: a signal that cannot be read has a place and a reason of its own.
    """
    found = [one for one in faults if isinstance(one, SignalFault)]
    if found:
        raise SignalsRefused(found)


def describe(signals: Iterable[SignalTaken]) -> list[dict[str, Any]]:
    """Return what became of signals, as the answer tells it."""
    return [
        {
            "kind": one.kind.value,
            "event_id": one.event_id,
            "repeated": one.repeated,
            "effective_at": rfc3339(one.effective_at),
            "conflicts": [asdict(conflict) for conflict in one.conflicts],
            "unread": [asdict(unread) for unread in one.unread],
        }
        for one in signals
    ]
