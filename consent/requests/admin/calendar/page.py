"""The calendar: how many open requests are due on each day of a month. A day leads to its list."""

import calendar
import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.contrib.admin import ModelAdmin
from django.db.models import Count, F
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from consent.requests.admin.access import insist
from consent.requests.admin.case.page import answer_page
from consent.requests.admin.queue.days import due_between
from consent.requests.admin.queue.filters import open_ones
from consent.requests.models import Request

_MONTH = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})", re.ASCII)
WEEKDAYS = tuple(calendar.day_name)
"""From Monday on."""


def show(admin: "ModelAdmin[Request]", request: HttpRequest) -> HttpResponse:
    """Answer with a month of due dates; this one, if the address names none."""
    insist(request)
    today = timezone.now().date()
    first = read_month(request.GET.get("month", ""), today)
    weeks = calendar.Calendar().monthdatescalendar(first.year, first.month)
    counts = count_by_day(weeks[0][0], weeks[-1][-1])
    return answer_page(
        admin,
        request,
        "admin/requests/calendar.html",
        title=f"Due in {first:%B %Y}",
        weekdays=WEEKDAYS,
        weeks=[[_describe(day, first, today, counts) for day in week] for week in weeks],
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


def count_by_day(first: date, last: date) -> Mapping[date, int]:
    """Return how many open requests are due on each of the days, as they are counted where people live."""
    rows = due_between(open_ones(Request.objects.all()), first, last)
    days = rows.annotate(day=F("due_day")).order_by("day").values("day").annotate(count=Count("pk"))
    return {row["day"]: row["count"] for row in days}


def _describe(day: date, month: date, today: date, counts: Mapping[date, int]) -> Mapping[str, Any]:
    count = counts.get(day, 0)
    queue = reverse("admin:consent_requests_request_changelist")
    return {
        "day": day,
        "count": count,
        "href": f"{queue}?due_on={day.isoformat()}" if count else "",
        "is_other_month": day.month != month.month,
        "is_today": day == today,
        "is_over": day < today,
    }


def _address(day: date) -> str:
    return f"{reverse('admin:consent_requests_request_calendar')}?month={day:%Y-%m}"
