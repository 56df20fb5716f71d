"""What a suppression waits for, and what to do, in plain words."""

from collections.abc import Mapping
from datetime import timedelta

from activation.enforcement.suppression.clocks import WaitsFor
from activation.enforcement.suppression.types import SuppressionState

WAITS_FOR: Mapping[WaitsFor, str] = {
    WaitsFor.TURN: "its turn: a worker hands it over soon",
    WaitsFor.BACKING_OFF: "the destination, which failed: it is tried again by itself",
    WaitsFor.SUSPENDED: "the destination, which is suspended",
    WaitsFor.NOT_CONNECTED: "the destination, which is not connected: it pulls, or somebody acknowledges",
    WaitsFor.RUN: "the end of a run that sends people to the same audience",
    WaitsFor.SOMEBODY: "somebody: the destination refuses it, or nothing can be sent for it",
}
WHAT_TO_DO: Mapping[WaitsFor, str] = {
    WaitsFor.TURN: "Nothing. If it stays so for minutes, see whether workers run for withdrawals.",
    WaitsFor.BACKING_OFF: "See whether the destination works. Once it does, choose Send again, or wait.",
    WaitsFor.SUSPENDED: (
        "Resume the destination: then it goes on by itself. If it must stay suspended, take the person out"
        " there by hand, and acknowledge."
    ),
    WaitsFor.NOT_CONNECTED: (
        "Connect the destination, let it pull over the API, or take the person out there by hand, and"
        " acknowledge."
    ),
    WaitsFor.RUN: "Nothing: it goes out when the run has ended. One whose process died is ended by the next.",
    WaitsFor.SOMEBODY: (
        "Mend what the error tells of, and choose Send again; or take the person out there by hand, and"
        " acknowledge."
    ),
}
ENDED: Mapping[SuppressionState, str] = {
    SuppressionState.ACKNOWLEDGED: "acknowledged by the destination",
    SuppressionState.BY_HAND: "taken out by hand",
    SuppressionState.SUPERSEDED: "made up for by a newer one of the same person",
}


def tell_duration(duration: timedelta) -> str:
    """Return a duration as people say it: 0.4 s, 12 s, 3 min, 5 h, 2 days."""
    return tell_seconds(duration.total_seconds())


def tell_seconds(seconds: float | None) -> str:
    """Return a duration as people say it; a dash if there is none."""
    if seconds is None:
        return "-"
    if seconds < 10:
        return f"{max(seconds, 0):.1f} s"
    for size, unit in ((60, "s"), (3600, "min"), (2 * 86_400, "h")):
        if seconds < size:
            return f"{seconds / {'s': 1, 'min': 60, 'h': 3600}[unit]:.0f} {unit}"
    return f"{seconds / 86_400:.0f} days"
