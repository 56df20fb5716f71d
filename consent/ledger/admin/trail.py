"""The audit trail: what officers did and looked at, and what was done for them, the newest first."""

# ruff: noqa: ARG002 - the signatures are Django's

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property
from unfold.views import ChangeList

from consent.kernel import canonical
from consent.kernel.errors import AccordantError
from consent.ledger import trail
from consent.ledger.admin.pages import LeafAdmin
from consent.ledger.models import AuditLeaf

MOST = 5_000
"""So many entries are counted, and can be paged through; filters lead to the others."""
_TOLD_BESIDE = frozenset({"officer", "page", "action", "status", "outcome", "method", "request_id"})
_DAYS = {"1": "Today", "7": "7 days", "30": "30 days"}
Rows = QuerySet[AuditLeaf]


class CappedPaginator(Paginator):  # type: ignore[type-arg]  # not generic when it runs
    """Counts up to `MOST`: what more there is costs nothing."""

    @cached_property
    def count(self) -> int:
        """Return how many can be paged through."""
        rows: Any = self.object_list
        return len(rows.order_by().values_list("pk")[:MOST])


class OfficerFilter(admin.SimpleListFilter):
    """Who."""

    title, parameter_name = "officer", "officer"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        """Return the officers that the trail names, by their names."""
        ids = trail.list_officers()
        return sorted(_name_officers(ids).items(), key=lambda one: (one[1], one[0]))

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        """Return what the officer did."""
        return _told(queryset, trail.ToldOfficer("envelope"), self.value())


class PageFilter(admin.SimpleListFilter):
    """Where."""

    title, parameter_name = "page", "page"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        """Return the pages that the trail names."""
        return [(name, name.removeprefix("admin:")) for name in trail.list_told_pages()]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        """Return what was done at the page."""
        return _told(queryset, trail.ToldPage("envelope"), self.value())


class KindFilter(admin.SimpleListFilter):
    """What."""

    title, parameter_name = "kind", "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        """Return the kinds of events in the trail."""
        return [(kind, kind.replace("_", " ")) for kind in trail.list_kinds()]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        """Return the events of the kind."""
        kind = self.value()
        return queryset.filter(kind=kind) if kind else queryset


class DayFilter(admin.SimpleListFilter):
    """When: some days until now, or the one day that the address names (`day=2026-11-29`, UTC)."""

    title, parameter_name = "day", "day"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        """Return the days to choose from, and the one that the address names."""
        named = str(request.GET.get(self.parameter_name, ""))
        return [*_DAYS.items(), *([(named, named)] if _read_day(named) else [])]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        """Return what was recorded then."""
        value = self.value() or ""
        if day := _read_day(value):
            begin = datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())
            return queryset.filter(recorded_at__gte=begin, recorded_at__lt=begin + timedelta(days=1))
        if value in _DAYS:
            today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
            return queryset.filter(recorded_at__gte=today - timedelta(days=int(value) - 1))
        return queryset


class TrailList(ChangeList):
    """A page of the trail, with officers by name."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        """Read the page, and in one statement more the names on it."""
        super().get_results(request)
        rows = list(self.result_list)
        self.result_list = rows
        bodies = [_body_of(row) for row in rows]
        names = _name_officers({str(body["officer"]) for body in bodies if "officer" in body})
        for row, body in zip(rows, bodies, strict=True):
            row.told = body
            row.told_officer = names.get(str(body.get("officer", "")), str(body.get("officer", "")))


@admin.register(AuditLeaf)
class AuditTrailAdmin(LeafAdmin):
    """The ledger's audit leaves, newest first. Each is evidence: its page shows it as it was sealed."""

    list_display = ("recorded_at", "what", "who", "where", "about", "answer")
    list_display_links = ("recorded_at",)
    list_filter = (OfficerFilter, KindFilter, PageFilter, DayFilter)
    search_fields = ("=event_id",)
    search_help_text = "The id of an event"
    sortable_by = ()
    paginator = CappedPaginator
    show_facets = admin.ShowFacets.NEVER
    list_fullwidth = True

    def get_queryset(self, request: HttpRequest) -> Rows:
        """Return the leaves of the audit stream."""
        return AuditLeaf.objects.filter(trail.IN_TRAIL)

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        """Return the list that knows names."""
        return TrailList

    @admin.display(description="What")
    def what(self, leaf: AuditLeaf) -> str:
        """Return the kind of event in words."""
        return leaf.kind.replace("_", " ")

    @admin.display(description="Officer", empty_value="-")
    def who(self, leaf: Any) -> str:
        """Return who."""
        return str(leaf.told_officer)

    @admin.display(description="Page", empty_value="-")
    def where(self, leaf: Any) -> str:
        """Return where."""
        page = str(leaf.told.get("page", "")).removeprefix("admin:")
        return f"{leaf.told.get('method', '')} {page}".strip() if page else ""

    @admin.display(description="About", empty_value="-")
    def about(self, leaf: Any) -> str:
        """Return what else the event says."""
        if not leaf.envelope:
            return "pruned: its time was over"
        rest = {name: value for name, value in leaf.told.items() if name not in _TOLD_BESIDE}
        return ", ".join(f"{name} {value}" for name, value in _flatten(rest))[:300]

    @admin.display(description="Answer", empty_value="-")
    def answer(self, leaf: Any) -> str:
        """Return how the officer was answered."""
        told = leaf.told  # a look at a person has an outcome, too: whether somebody was found
        return f"{told['outcome']} ({told['status']})" if {"outcome", "status"} <= told.keys() else ""


def _told(rows: Rows, part: Any, value: str | None) -> Rows:
    return rows.alias(part=part).filter(trail.STILL_THERE, part=value) if value else rows


def _name_officers(ids: Iterable[str]) -> dict[str, str]:
    """Return the names of officers by their ids as they are told; of one who is gone, the id."""
    wanted = [one for one in ids if one.isascii() and one.isdigit() and len(one) < 19]
    users = get_user_model().objects.in_bulk([int(one) for one in wanted])
    return {one: users[int(one)].get_username() if int(one) in users else f"no. {one}" for one in wanted}


def _body_of(leaf: AuditLeaf) -> Mapping[str, Any]:
    try:
        body = canonical.loads(bytes(leaf.envelope))["body"]
    except (AccordantError, KeyError, TypeError):  # pruned, or not as it was sealed: `verify_ledger` tells
        return {}
    return body if isinstance(body, dict) else {}


def _flatten(told: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    for name, value in told.items():
        if name == "arguments" and isinstance(value, dict):
            yield from value.items()
        elif value not in (None, "", [], {}):
            yield name.replace("_", " "), value


def _read_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
