"""Orders for runs in the admin: to read, and to cancel."""

# ruff: noqa: ARG002 - the signatures are Django's

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from activation.enforcement.standing import services
from activation.enforcement.standing.admin.page import name_officer, tell_progress
from activation.enforcement.standing.models import RunOrder
from activation.enforcement.standing.types import WorkStatus
from consent.kernel.errors import AccordantError

_COLOURS = {
    WorkStatus.RUNNING.value: "info",
    WorkStatus.COMPLETED.value: "success",
    WorkStatus.FAILED.value: "danger",
    WorkStatus.CANCELLED.value: "warning",
}


@admin.register(RunOrder)
class RunOrderAdmin(ModelAdmin):
    """Orders for runs, the latest first, each with how far it is. To read, and to cancel."""

    list_display = ("asked_at", "audience_slug", "purpose", "destination", "state", "progress", "source")
    list_filter = ("status", "purpose", "destination", "audience_slug", "source")
    search_fields = ("=id", "=run_id", "=audience_slug")
    search_help_text = "The id of an order or of its run, or an audience's slug"
    ordering = ("-asked_at", "id")
    list_per_page = 50
    show_full_result_count = False
    fieldsets = (
        (None, {"fields": ("id", "state", "progress", "error", "run")}),
        ("What", {"fields": ("audience_slug", "purpose", "destination", "controller", "input")}),
        ("Who and when", {"fields": ("source", "asked_by", "asked_at", "started_at", "finished_at")}),
        ("Further", {"fields": ("attempt", "stop_asked_at", "not_after")}),
    )
    readonly_fields = ("state", "progress", "run")
    actions = ("cancel",)

    @display(description="Status", ordering="status", label=_COLOURS)  # type: ignore[untyped-decorator]  # unfold has no types
    def state(self, order: RunOrder) -> str:
        """Return where the order stands."""
        return order.status

    @admin.display(description="Progress")
    def progress(self, order: RunOrder) -> str:
        """Return how many rows are done."""
        return tell_progress(order)

    @admin.display(description="Run")
    def run(self, order: RunOrder) -> SafeString | str:
        """Return the way to the run that the order became."""
        if order.run_id is None:
            return "-"
        page = reverse("admin:activation_enforcement_enforcementrun_change", args=[order.run_id])
        return format_html('<a class="text-primary-600" href="{}">{}</a>', page, order.run_id)

    @action(description="Cancel", permissions=["cancel"])  # type: ignore[untyped-decorator]  # unfold has no types
    def cancel(self, request: HttpRequest, queryset: QuerySet[RunOrder]) -> None:
        """Stop the selected runs: at once if they wait, else before their next batch of rows."""
        for order in queryset.order_by("asked_at", "pk"):
            try:
                services.cancel_order(order_id=order.pk, asked_by=name_officer(request), at=timezone.now())
            except AccordantError as error:
                self.message_user(request, f"{order}: {error}.", messages.ERROR)
            else:
                self.message_user(request, f"{order} stops.", messages.SUCCESS)

    def has_cancel_permission(self, request: HttpRequest, _object_id: str | None = None) -> bool:
        """Return whether the officer may stop runs."""
        return request.user.has_perm("activation_enforcement.cancel_runorder")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: a run is asked for in the list of audiences, or over the API."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: what was asked is not edited."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: what was asked stays on record."""
        return False
