"""Filters of the queue. None of them counts: a count would cost more than the page."""

# ruff: noqa: ARG002 - the signatures are Django's

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import admin
from django.core.cache import cache
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from consent.requests import attention
from consent.requests.admin.words import say, say_type
from consent.requests.clocks.calendar import due_within
from consent.requests.models import Request
from consent.requests.types import CLOSED, Channel, RequestState, RequestType

Rows = QuerySet[Request]
OPEN, ALL = "open", "all"
_CLOSED = sorted(CLOSED)
_PLACES = "requests.jurisdictions"
_PLACES_KEPT = 300  # seconds
_DAY = timedelta(days=1)


open_ones = attention.keep_open


class ListedFilter(admin.SimpleListFilter):
    """A filter that knows no other values than those it offers: an address may be changed by hand."""

    def value(self) -> str | None:
        """Return what was chosen; None for anything that is not offered."""
        chosen = super().value()
        return chosen if chosen in {str(value) for value, _ in self.lookup_choices} else None


class StateFilter(ListedFilter):
    """Open requests, unless others are asked for."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the states, and the open, the closed and all of them."""
        states = [(one.value, say(one.value)) for one in RequestState]
        return [(OPEN, "open"), *states, ("closed", "all closed"), (ALL, "all")]

    def choices(self, changelist: Any) -> Iterator[Any]:
        """Yield the choices; what was not asked is the open ones."""
        chosen = self.value() or OPEN
        for value, words in self.lookup_choices:
            address = changelist.get_query_string({self.parameter_name: value})
            yield {"selected": value == chosen, "query_string": address, "display": words}

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        """Return the requests in the state chosen."""
        chosen = self.value() or OPEN
        if chosen == OPEN:
            return open_ones(queryset)
        if chosen == "closed":
            return queryset.filter(state__in=_CLOSED)
        return queryset if chosen == ALL else queryset.filter(state=chosen)


class TypeFilter(ListedFilter):
    """Requests of one type."""

    title = "type"
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the types."""
        return [(one.value, say_type(one.value)) for one in RequestType]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        """Return the requests of the type chosen."""
        return queryset.filter(type=self.value()) if self.value() else queryset


class JurisdictionFilter(ListedFilter):
    """Requests of one jurisdiction, or those for which an officer has to decide it."""

    title = "jurisdiction"
    parameter_name = "jurisdiction"
    undecided = "undecided"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the jurisdictions of open requests, as they were within the last minutes."""
        places: list[str] = cache.get_or_set(_PLACES, _list_places, _PLACES_KEPT) or []
        return [(self.undecided, "to be decided"), *((one, one) for one in places)]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        """Return the requests of the jurisdiction chosen."""
        chosen = self.value()
        if not chosen:
            return queryset
        return queryset.filter(jurisdiction="" if chosen == self.undecided else chosen)


def _list_places() -> list[str]:
    rows = open_ones(Request.objects.all()).exclude(jurisdiction="").order_by("jurisdiction")
    return list(rows.values_list("jurisdiction", flat=True).distinct())


def _within(days: int) -> Callable[[Rows, datetime], Rows]:
    return lambda rows, now: attention.keep_due_within(rows, now, days * _DAY)


class DueFilter(ListedFilter):
    """Requests by when they are due."""

    title = "when it is due"
    parameter_name = "due"
    windows: tuple[tuple[str, str, Callable[[Rows, datetime], Rows]], ...] = (
        ("over", "overdue", attention.keep_overdue),
        ("1", "within 24 hours", _within(1)),
        ("7", "within 7 days", _within(7)),
        ("30", "within 30 days", _within(30)),
        ("paused", "paused", lambda rows, _now: rows.filter(paused_at__isnull=False)),
    )

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the windows."""
        return [(name, words) for name, words, _ in self.windows]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        """Return the requests within the window chosen."""
        for name, _, narrow in self.windows:
            if name == self.value():
                return narrow(queryset, timezone.now())
        return queryset


class DueDayFilter(admin.SimpleListFilter):
    """Requests due on one day. The calendar leads here; it shows only once a day was chosen there."""

    title = "day on which it is due"
    parameter_name = "due_on"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the day that the address names."""
        chosen = request.GET.get(self.parameter_name, "")
        return [(chosen, chosen)] if _read_day(chosen) else []

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        """Return the requests due on that day."""
        day = _read_day(self.value() or "")
        return queryset.filter(pk__in=due_within(since=day, until=day).values("pk")) if day else queryset


def _read_day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 9000 else None


class AssignedFilter(ListedFilter):
    """My requests, or those that nobody sees to."""

    title = "who sees to it"
    parameter_name = "assigned"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return whose requests can be asked for."""
        return [("me", "me"), ("nobody", "nobody"), ("somebody", "somebody")]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        """Return the requests of whom was chosen."""
        chosen = self.value()
        if chosen == "me":
            return queryset.filter(assigned_to=request.user.pk)
        if chosen in {"nobody", "somebody"}:
            return queryset.filter(assigned_to__isnull=chosen == "nobody")
        return queryset


class NeedsFilter(ListedFilter):
    """Requests on which something has to be done by an officer."""

    title = "what it needs"
    parameter_name = "needs"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return what a request may need."""
        return [
            ("approval", "my approval"),
            ("steps", "steps looked at"),
            ("review", "a decision"),
            ("mails", "mails sent again"),
        ]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        """Return the requests that need what was chosen."""
        match self.value():
            case "approval":
                return attention.keep_to_approve(queryset, request.user.pk)
            case "steps":
                return attention.keep_stuck(queryset, timezone.now())
            case "review":
                return attention.keep_to_decide(queryset)
            case "mails":
                return attention.keep_undelivered(queryset)
            case _:
                return queryset


class ChannelFilter(ListedFilter):
    """Requests that came in one way."""

    title = "channel"
    parameter_name = "channel"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the ways."""
        return [(one.value, say(one.value)) for one in Channel]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        """Return the requests that came in the way chosen."""
        return queryset.filter(channel=self.value()) if self.value() else queryset
