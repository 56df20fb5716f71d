"""The clock of one suppression, as a small picture: recorded, enforced, and done."""

from datetime import datetime

from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from activation.enforcement.suppression.admin.wording import ENDED, tell_duration
from activation.enforcement.suppression.models import Suppression
from activation.enforcement.suppression.types import SuppressionState

_STEP = (
    '<li class="flex flex-row gap-3 items-start pb-4 relative">'
    '<span class="block mt-1 h-3 w-3 rounded-full shrink-0 {}" aria-hidden="true"></span>'
    '<span><span class="font-semibold">{}</span><br>{}</span></li>'
)
_DONE, _OPEN, _STUCK = "bg-green-500", "bg-blue-500", "bg-red-500"


def show_timeline(one: Suppression) -> SafeString:
    """Return the suppression's clock."""
    steps = [
        (_DONE, "Recorded", _moment(one.recorded_at)),
        (_DONE, "Enforced: no run lets the person out since", _after(one.enforced_at, one.recorded_at)),
        _last_step(one),
    ]
    return format_html('<ol class="flex flex-col">{}</ol>', format_html_join("", _STEP, steps))


def _last_step(one: Suppression) -> tuple[str, str, str]:
    if one.ended_at is not None and (words := ENDED.get(SuppressionState(one.state))):
        return _DONE, words.capitalize(), _after(one.ended_at, one.enforced_at)
    waits = tell_duration(timezone.now() - one.recorded_at)
    if one.state == SuppressionState.PARKED:
        return _STUCK, "Parked", f"recorded {waits} ago"
    return _OPEN, "Waits to be acknowledged", f"recorded {waits} ago"


def _after(moment: datetime, earlier: datetime) -> str:
    return f"{_moment(moment)}, {tell_duration(moment - earlier)} later"


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
