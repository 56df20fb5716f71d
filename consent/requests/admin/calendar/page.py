"""The calendar: how many open requests are due on each day of a month. A day leads to its list."""

import calendar
import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from consent.requests.admin.access import insist
from consent.requests.admin.case.page import answer_page
from consent.requests.admin.words import say_type
from consent.requests.clocks.calendar import CalendarDay, DueRequest, list_calendar
from consent.requests.models import Request

_MONTH = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})", re.ASCII)
_LISTED = 3
WEEKDAYS = tuple(calendar.day_name)
"""From Monday on."""


def show(admin: "ModelAdmin[Request]", request: HttpRequest) -> HttpResponse:
    """Answer with a month of due dates; this one, if the address names none."""
    insist(request)
    today = timezone.now().date()
    first = read_month(request.GET.get("month", ""), today)
    weeks = calendar.Calendar().monthdatescalendar(first.year, first.month)
    due = {day.on: day for day in list_calendar(since=weeks[0][0], until=weeks[-1][-1], listed=_LISTED)}
    return answer_page(
        admin,
        request,
        "admin/requests/calendar.html",
        title=f"Due in {first:%B %Y}",
        weekdays=WEEKDAYS,
        weeks=[[_describe(day, first, today, due.get(day)) for day in week] for week in weeks],
        before=_address(first - timedelta(days=1)),
        after=_address(first + timedelta(days=31)),
    )


def read_month(text: str, today: date) -> date:
    """Return the first day of the month that `text` names; of today's, if it names none."""
    found = _MONTH.fullmatch(text)
    try:
        day = date(int(found["year"]), int(found["month"]), 1) if found else today.replace(day=1)
    except ValueError:
        return today.replace(day=1)
    return day if 2000 <= day.year <= 9000 else today.replace(day=1)


def _describe(day: date, month: date, today: date, due: CalendarDay | None) -> Mapping[str, Any]:
    queue = reverse("admin:consent_requests_request_changelist")
    return {
        "day": day,
        "count": due.total if due else 0,
        "paused": due.paused if due else 0,
        "first": [(one.reference, _page_of(one), say_type(one.type)) for one in due.requests] if due else [],
        "href": f"{queue}?due_on={day.isoformat()}",
        "is_other_month": day.month != month.month,
        "is_today": day == today,
        "is_over": day < today,
    }


def _page_of(one: DueRequest) -> str:
    return reverse("admin:consent_requests_request_change", args=[one.request_id])


def _address(day: date) -> str:
    return f"{reverse('admin:consent_requests_request_calendar')}?month={day:%Y-%m}"
