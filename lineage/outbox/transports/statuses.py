"""What a backend's status says about an event. Pure."""

from collections.abc import Mapping
from datetime import timedelta
from email.utils import parsedate_to_datetime

from lineage.outbox.transports.verdicts import EmissionFailed, EmissionRefused

_NOT_NOW = frozenset({408, 425, 429})
_OF_BACKEND = frozenset({425, 429, 503})
"""Those by which a backend says that it takes nothing now, whichever event it is."""
_SETTINGS = {
    401: "the API key is missing, wrong, or has run out",
    403: "the API key may not write lineage",
    404: "there is nothing at this address and endpoint",
    405: "this address and endpoint take no events",
    406: "this address and endpoint take no events",
    407: "a proxy stands before it",
    410: "there is nothing at this address and endpoint any more",
    415: "it takes no such form: leave gzip off",
    421: "this host is another's",
    426: "it wants another protocol: https?",
    431: "the head of the request is too large: is the API key a key?",
}
"""Statuses by which nothing is said about the event: it waits until the settings are put right."""
_REFUSED = {
    400: "it takes the event for malformed",
    409: "it takes the event for a conflict",
    413: "the event is larger than it takes",
    422: "it cannot make anything of the event",
}


def judge(status: int, headers: Mapping[str, str]) -> None:
    """Return if the status says that the event was taken.

    :raises EmissionRefused: if this event will never be.
    :raises EmissionFailed: if it may be later.
    """
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        raise EmissionFailed(
            f"status {status}: it leads elsewhere, which is not followed: correct the address"
        )
    if status in _SETTINGS:
        raise EmissionFailed(f"status {status}: {_SETTINGS[status]}")
    if 400 <= status < 500 and status not in _NOT_NOW:
        raise EmissionRefused(
            f"refused with status {status}: {_REFUSED.get(status, 'it says why in its log')}"
        )
    told = "it takes nothing now" if status in _OF_BACKEND else "it is in trouble"
    raise EmissionFailed(
        f"status {status}: {told}", is_of_event=status not in _OF_BACKEND, rest=_read_rest(headers)
    )


def _read_rest(headers: Mapping[str, str]) -> timedelta | None:
    """Return how long the backend asks us to wait: in seconds, or until a moment by its own clock."""
    text = headers.get("Retry-After", "").strip()
    try:
        if text.isascii() and text.isdecimal():
            return timedelta(seconds=min(int(text[:9]), 1_000_000))
        return parsedate_to_datetime(text) - parsedate_to_datetime(headers.get("Date", ""))
    except (TypeError, ValueError, OverflowError):
        return None
