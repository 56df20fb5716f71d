"""The officer's workspace: the queue of requests, and each request's page."""

# ruff: noqa: ARG002 - the signatures are Django's

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.decorators import action

from consent.requests.admin.access import HANDLE, may_view
from consent.requests.admin.bulk import page as bulk
from consent.requests.admin.calendar import page as calendar
from consent.requests.admin.case import handing_out
from consent.requests.admin.case import page as case
from consent.requests.admin.case.action_page import do
from consent.requests.admin.case.content import look
from consent.requests.admin.entry.page import enter
from consent.requests.admin.figures import page as figures
from consent.requests.admin.mails import editing, testing
from consent.requests.admin.mails import page as mails
from consent.requests.admin.queue import filters
from consent.requests.admin.queue.columns import LIST_DISPLAY, QueueColumns, with_stuck_steps
from consent.requests.admin.queue.finding import FindForm, find
from consent.requests.admin.queue.paging import CappedPaginator
from consent.requests.models import Request

NAME = "consent_requests_request"


@admin.register(Request)
class RequestAdmin(QueueColumns, ModelAdmin):
    """Requests, what is due first on top. Each changes on its own page alone."""

    list_display = LIST_DISPLAY
    list_display_links = ("reference",)
    list_filter = (
        filters.StateFilter,
        filters.DueDayFilter,
        filters.DueFilter,
        filters.NeedsFilter,
        filters.AssignedFilter,
        filters.TypeFilter,
        filters.JurisdictionFilter,
        filters.ChannelFilter,
    )
    list_select_related = ("assigned_to",)
    list_per_page = 50
    list_max_show_all = 0
    list_fullwidth = True
    paginator = CappedPaginator
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False
    sortable_by = ()
    actions = ("assign_many", "acknowledge_many", "extend_many")
    list_before_template = "admin/requests/queue_head.html"

    class Media:
        css = {"all": ("requests/case.css",)}

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponseBase:
        """Answer with the queue, and with the form that finds one request."""
        context = {**(extra_context or {}), "title": "Requests", "finds": FindForm(auto_id="find_%s")}
        context["may_handle"] = self.has_handle_permission(request)
        answer: HttpResponseBase = super().changelist_view(request, context)
        return answer

    def get_queryset(self, request: HttpRequest) -> QuerySet[Request]:
        """Return the requests without what is sealed."""
        return with_stuck_steps(Request.objects.defer("wrapped", "sealed"), at=timezone.now())

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Return the order: what is due first, and of closed ones the newest."""
        chosen = request.GET.get(filters.StateFilter.parameter_name, filters.OPEN)
        return ("-received_at", "pk") if chosen in {"closed", filters.ALL} else ("due_at", "pk")

    def get_urls(self) -> list[URLPattern]:
        """Return the addresses of the workspace. There is none to edit or delete a row by hand."""
        pages: tuple[tuple[str, str, Callable[..., HttpResponseBase]], ...] = (
            ("", "changelist", self.changelist_view),
            ("add/", "add", partial(enter, self)),
            ("bulk/<slug:name>/", "bulk", partial(bulk.carry_out, self)),
            ("mails/", "mails", partial(mails.show, self)),
            ("mails/words/", "mail_words", partial(editing.edit, self)),
            ("mails/test/", "mail_test", partial(testing.send_test, self)),
            ("find/", "find", partial(find, self)),
            ("calendar/", "calendar", partial(calendar.show, self)),
            ("figures/<slug:kind>/", "figures", partial(figures.show, self)),
            ("<uuid:request_id>/change/", "change", partial(case.show, self)),
            ("<uuid:request_id>/content/", "content", partial(look, self)),
            ("<uuid:request_id>/package/", "package", partial(handing_out.hand_out_package, self)),
            (
                "<uuid:request_id>/certificate/<slug:ending>/",
                "certificate",
                partial(handing_out.hand_out_certificate, self),
            ),
            ("<uuid:request_id>/rows/<uuid:step_id>/", "rows", partial(handing_out.show_rows, self)),
            ("<uuid:request_id>/do/<slug:name>/", "do", partial(do, self)),
        )
        return [
            path(route, self.admin_site.admin_view(view), name=f"{NAME}_{name}")
            for route, name, view in pages
        ]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the officer may see requests."""
        return may_view(request)

    def has_handle_permission(self, request: HttpRequest, _object_id: str | None = None) -> bool:
        """Return whether the officer may do things with requests."""
        return may_view(request) and request.user.has_perm(HANDLE)

    @action(description="Assign", permissions=["handle"])  # type: ignore[untyped-decorator]  # unfold has no types
    def assign_many(self, request: HttpRequest, queryset: QuerySet[Request]) -> HttpResponseBase:
        """Ask who sees to the requests that were ticked."""
        return bulk.begin(self, request, queryset, "assign")

    @action(description="Acknowledge", permissions=["handle"])  # type: ignore[untyped-decorator]  # as above
    def acknowledge_many(self, request: HttpRequest, queryset: QuerySet[Request]) -> HttpResponseBase:
        """Ask whether the persons of the requests that were ticked know that they came in."""
        return bulk.begin(self, request, queryset, "acknowledge")

    @action(description="Extend", permissions=["handle"])  # type: ignore[untyped-decorator]  # as above
    def extend_many(self, request: HttpRequest, queryset: QuerySet[Request]) -> HttpResponseBase:
        """Ask on what ground the requests that were ticked are extended."""
        return bulk.begin(self, request, queryset, "extend")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return whether the officer may take a request down. It comes in by a form of its own."""
        return self.has_handle_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: a request changes by the steps of its page alone."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: what was asked stays on record."""
        return False
