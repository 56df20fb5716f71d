"""The register of recipients in the admin: officers register, suspend and resume; nobody deletes."""

# ruff: noqa: ARG002 - the signatures are Django's

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from unfold.admin import TabularInline
from unfold.decorators import action, display
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminTextInputWidget

from activation.destinations import services
from activation.destinations.admin.connection_pages import ConnectionPages, ConnectorFilter
from activation.destinations.models import Destination, DestinationQuerySet, DestinationStatus
from activation.destinations.types import DestinationKind, StatusChange
from consent.kernel.errors import AccordantError


class StatusActionForm(ActionForm):
    """The choice of an action, and the reason that goes with it."""

    reason = forms.CharField(
        label="",
        required=False,
        max_length=500,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "Reason (required)", "aria-label": "Reason"}),
    )


class StatusInline(TabularInline):
    """What happened to the destination, to read."""

    model = DestinationStatus
    fields = ("change", "reason", "changed_by", "changed_at")
    readonly_fields = fields
    ordering = ("changed_at", "pk")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: a change is made by the list's actions."""
        return False


@admin.register(Destination)
class DestinationAdmin(ConnectionPages):
    """Recipients with their state, and how they are connected."""

    list_display = ("slug", "title", "kind", "resource_type", "connector", "state", "registered_at")
    list_filter = ("kind", "resource_type", ConnectorFilter)
    search_fields = ("slug", "title")
    ordering = ("slug", "pk")
    fields = (
        "slug",
        "kind",
        "title",
        "resource_type",
        "tcf_vendor",
        "tcf_purposes",
        "connector",
        "connected_at",
        "connected_by",
        "settings_shown",
        "credentials_shown",
    )
    readonly_fields = ("connector", "connected_at", "connected_by", "settings_shown", "credentials_shown")
    inlines = (StatusInline,)
    action_form = StatusActionForm
    actions = ("suspend", "resume")
    actions_detail = ("connect", "check_connection", "disconnect", "vendor")

    def get_queryset(self, request: HttpRequest) -> DestinationQuerySet:
        """Return the destinations with their last change."""
        return Destination.objects.with_last_change()

    def get_fields(self, request: HttpRequest, obj: Destination | None = None) -> Any:
        """Return what is asked of a new entry, and all that is told of one that is there."""
        return self.fields if obj else self.fields[:6]

    @admin.display(description="Settings")
    def settings_shown(self, destination: Destination) -> SafeString:
        """Return the settings by name."""
        told = ((name, json.dumps(value)) for name, value in destination.settings.items())
        return format_html_join("", "<div>{}: {}</div>", told)

    @admin.display(description="Credentials (sealed)")
    def credentials_shown(self, destination: Destination) -> SafeString:
        """Return which credentials there are, and since when; nobody can read them."""
        rows = destination.credentials.order_by("name", "pk").values_list("name", "set_at", "set_by")
        told = ((name, f"{set_at:%Y-%m-%d %H:%M}", set_by) for name, set_at, set_by in rows)
        return format_html_join("", "<div>{}, set {} UTC by {}</div>", told)

    @display(description="State", label={"active": "success", "suspended": "danger"})  # type: ignore[untyped-decorator]  # unfold has no types
    def state(self, destination: Any) -> str:
        """Return whether the destination gets anything now."""
        return "suspended" if destination.last_change == StatusChange.SUSPENDED else "active"

    def has_change_permission(self, request: HttpRequest, obj: Destination | None = None) -> bool:
        """Return False for an entry: it changes by the list's actions alone, which need the list."""
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Destination | None = None) -> bool:
        """Return False: past decisions name the destination."""
        return False

    def save_model(self, request: HttpRequest, obj: Destination, form: Any, change: bool) -> None:
        """Register the destination. Django passes `change` by position."""
        services.register_destination(
            slug=obj.slug,
            kind=DestinationKind(obj.kind),
            title=obj.title,
            resource_type=obj.resource_type,
            tcf_vendor=obj.tcf_vendor,
            tcf_purposes=obj.tcf_purposes,
            registered_by=request.user.get_username(),
            at=timezone.now(),
        )
        obj.pk = Destination.objects.values_list("pk", flat=True).get(slug=obj.slug)

    @action(description="Suspend", permissions=["change"])  # type: ignore[untyped-decorator]  # unfold has no types
    def suspend(self, request: HttpRequest, queryset: QuerySet[Destination]) -> None:
        """Give the selected destinations nothing from now on."""
        self._change(request, queryset, services.suspend_destination)

    @action(description="Resume", permissions=["change"])  # type: ignore[untyped-decorator]  # unfold has no types
    def resume(self, request: HttpRequest, queryset: QuerySet[Destination]) -> None:
        """End the suspension of the selected destinations."""
        self._change(request, queryset, services.resume_destination)

    def _change(
        self, request: HttpRequest, queryset: QuerySet[Destination], change: Callable[..., None]
    ) -> None:
        at: datetime = timezone.now()
        for slug in queryset.order_by("slug").values_list("slug", flat=True):
            try:
                change(
                    slug=slug,
                    reason=request.POST.get("reason", ""),
                    changed_by=request.user.get_username(),
                    at=at,
                )
            except AccordantError as error:
                self.message_user(request, str(error), messages.ERROR)
            else:
                self.message_user(request, f"{slug} was changed.", messages.SUCCESS)
