"""How the workspace says things. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from consent.requests.types import RequestState, RequestType

_MOMENT = timedelta(microseconds=1)
SOON = 7

TYPE_WORDS = {
    RequestType.ACCESS: "access",
    RequestType.PORTABILITY: "portability",
    RequestType.ERASURE: "erasure",
    RequestType.RECTIFICATION: "rectification",
    RequestType.RESTRICTION: "restriction",
    RequestType.OBJECTION: "objection",
    RequestType.OPT_OUT: "opt-out of sale and sharing",
    RequestType.LIMIT_SENSITIVE: "limit sensitive data",
    RequestType.AUTOMATED_DECISION: "review of an automated decision",
    RequestType.WITHDRAWAL: "withdrawal of consent",
    RequestType.COMPLAINT: "complaint",
    RequestType.APPEAL: "appeal",
}
STATE_COLOURS = {
    RequestState.RECEIVED.value: "warning",
    RequestState.VERIFYING.value: "warning",
    RequestState.IN_PROGRESS.value: "info",
    RequestState.IN_REVIEW.value: "primary",
    RequestState.FULFILLED.value: "success",
    RequestState.PARTLY_FULFILLED.value: "success",
    RequestState.REFUSED.value: "danger",
}


@dataclass(frozen=True, slots=True)
class Due:
    """When a request is due, in words, and how urgent that is."""

    words: str
    tone: str
    """`over`, `soon`, `later`, `paused` or `closed`."""


def say(word: str) -> str:
    """Return a closed list's word as it is read."""
    return word.replace("_", " ")


def say_type(word: str) -> str:
    """Return a type of request as it is read."""
    return TYPE_WORDS[RequestType(word)]


def zone_of(name: str) -> ZoneInfo:
    """Return the zone; UTC for a name that nobody knows."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def day_of(due_at: datetime, zone: str) -> date:
    """Return the last day on which a request is in time, where its days are counted."""
    return (due_at - _MOMENT).astimezone(zone_of(zone)).date()


def tell_due(*, due_at: datetime, zone: str, paused: bool, closed_at: datetime | None, now: datetime) -> Due:
    """Return when a request is due, as days are counted where the person lives."""
    if closed_at is not None:
        return Due("closed late" if closed_at >= due_at else "closed in time", "closed")
    days = (day_of(due_at, zone) - now.astimezone(zone_of(zone)).date()).days
    if paused:
        return Due("paused", "paused")
    if now >= due_at:
        return Due("overdue since today" if days >= 0 else f"{_count(-days)} overdue", "over")
    if days == 0:
        return Due("today", "soon")
    if days == 1:
        return Due("tomorrow", "soon")
    return Due(f"in {_count(days)}", "soon" if days <= SOON else "later")


def at_utc(moment: datetime | None) -> str:
    """Return a moment as it is read; nothing if there is none."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if moment else ""


def _count(days: int) -> str:
    return f"{days:,} day" if days == 1 else f"{days:,} days"
