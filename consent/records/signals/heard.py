"""The Global Privacy Control as a page of ours hears it. The page reads what it says, not a mapping."""

from datetime import datetime

from consent.records.types import NewSignal, NewSignals, SignalKind
from consent.signals import gpc


def hear_gpc(controller: str | None, *, came_as: str, at: datetime) -> NewSignals:
    """Return the signal that a browser sent at `at`, as evidence of the choice that is written beside it.

    `came_as` is `header` if the browser sent it itself, and `script` if a page's script told of it.
    """
    signal = NewSignal(kind=SignalKind.GPC, text=gpc.SIGNAL, effective_at=at, facts={"came_as": came_as})
    return NewSignals(signals=(signal,), received=None, effective_at=at, controller=controller)
