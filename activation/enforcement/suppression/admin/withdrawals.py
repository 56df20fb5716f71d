"""The page on withdrawals: how every destination stands, and what is overdue."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from activation.enforcement.suppression.admin.wording import WAITS_FOR, tell_duration, tell_seconds
from activation.enforcement.suppression.clocks import Clocks, Quantiles, list_clocks, list_overdue
from activation.enforcement.suppression.finding.queries import count_undecided, get_following
from activation.enforcement.suppression.finding.types import Following
from activation.enforcement.suppression.models import Suppression

Table = Mapping[str, Any]
_PATIENCE = timedelta(minutes=1)
_LIST = "admin:activation_enforcement_suppression_changelist"
_PAGE = "admin:activation_enforcement_suppression_change"


def lay_out() -> list[Table]:
    """Return the page's tables."""
    clocks = list_clocks()
    return [_stands(clocks), _durations(clocks), _overdue(list_overdue()), _found(get_following())]


def _found(following: Following) -> Table:
    undecided = sum(count_undecided().values())
    return {
        "title": "How they are found",
        "headers": ["By", "Left to do", "Last done", "What to do"],
        "rows": [
            [
                "the follower, which reads the ledger",
                f"{following.behind:,} entries" if following.is_begun else "everything",
                f"{following.moved_at:%Y-%m-%d %H:%M:%S} UTC" if following.moved_at else "never",
                _advise(following),
            ],
            [
                "the sweep, for what ran out or was decided by other rules",
                f"{undecided:,} pages of people",
                "-",
                "Nothing: workers come to them." if undecided else "Nothing.",
            ],
        ],
    }


def _advise(following: Following) -> str:
    if not following.is_begun:
        return "Start run_follower: nobody is taken out before."
    is_stuck = following.moved_at is not None and timezone.now() - following.moved_at > _PATIENCE
    if following.behind and is_stuck:
        return "See whether run_follower works, and what it says: no withdrawal goes on meanwhile."
    return "Nothing."


def _stands(clocks: list[Clocks]) -> Table:
    return {
        "title": "Now",
        "headers": ["Destination", "Waiting", "Overdue", "Parked", "Oldest", "Waits for", "Last error"],
        "rows": [
            [
                _link(one.destination, one.destination),
                _link(f"{one.waiting:,}", one.destination, state__exact="waiting"),
                _link(f"{one.overdue:,}", one.destination, due="overdue"),
                _link(f"{one.parked:,}", one.destination, state__exact="parked"),
                tell_duration(timezone.now() - one.oldest.recorded_at) if one.oldest else "-",
                WAITS_FOR[one.oldest.waits_for] if one.oldest else "-",
                one.oldest.error or "-" if one.oldest else "-",
            ]
            for one in clocks
        ],
    }


def _durations(clocks: list[Clocks]) -> Table:
    return {
        "title": "How long it took: half of them at most, and all but one in a hundred",
        "headers": [
            "Destination",
            "In the last",
            "Done",
            "Recorded to enforced",
            "Enforced to acknowledged",
            "Recorded to acknowledged",
        ],
        "rows": [
            [
                one.destination,
                span.span,
                f"{span.ended:,}",
                _pair(span.recorded_to_enforced),
                _pair(span.enforced_to_acknowledged),
                _pair(span.recorded_to_acknowledged),
            ]
            for one in clocks
            for span in one.spans
            if span.ended
        ],
    }


def _overdue(suppressions: list[Suppression]) -> Table:
    due = tell_duration(settings.PULL_THROUGH_DUE)
    return {
        "title": f"Overdue: recorded more than {due} ago, the oldest first",
        "headers": ["Suppression", "Destination", "Audience", "Cause", "State", "Recorded"],
        "rows": [
            [
                format_html(
                    '<a class="text-primary-600" href="{}">{}</a>', reverse(_PAGE, args=[one.pk]), one.pk
                ),
                one.destination,
                one.holding.audience,
                one.cause,
                one.state,
                f"{one.recorded_at:%Y-%m-%d %H:%M} UTC",
            ]
            for one in suppressions
        ],
    }


def _pair(quantiles: Quantiles) -> str:
    if quantiles.p50 is None:
        return "-"
    return f"{tell_seconds(quantiles.p50)}, {tell_seconds(quantiles.p99)}"


def _link(text: str, destination: str, **filters: str) -> SafeString | str:
    if text == "0":
        return text
    asked = urlencode({"destination__exact": destination, **filters})
    return format_html('<a class="text-primary-600" href="{}?{}">{}</a>', reverse(_LIST), asked, text)
