"""Incidents and self-tests in the admin: to read, and to acknowledge with a note."""

# ruff: noqa: ARG002 - the signatures are Django's

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminTextInputWidget

from activation.enforcement.canaries import queries, services
from activation.enforcement.canaries.models import Incident, SelfTest
from activation.enforcement.canaries.types import IncidentKind
from consent.kernel.errors import AccordantError


class NoteActionForm(ActionForm):
    """The choice of an action, and the note that goes with it."""

    note = forms.CharField(
        label="",
        required=False,
        max_length=2000,
        widget=UnfoldAdminTextInputWidget(
            attrs={"placeholder": "What was found and done (required)", "aria-label": "Note"}
        ),
    )


class ReadOnlyAdmin(ModelAdmin):
    """Rows to read: what happened is neither added, nor changed, nor deleted here."""

    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: the service writes these."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: what happened is not edited."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: what happened stays."""
        return False


class Acknowledged(admin.SimpleListFilter):
    """Open incidents, or those that an officer has answered."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return what can be chosen."""
        return [("open", "Open"), ("acknowledged", "Acknowledged")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Incident]) -> QuerySet[Incident]:
        """Keep what was chosen."""
        if self.value() in {"open", "acknowledged"}:
            return queryset.filter(acknowledged_at__isnull=self.value() == "open")
        return queryset


@admin.register(Incident)
class IncidentAdmin(ReadOnlyAdmin):
    """What must never happen and did, the latest first. It names no person."""

    list_display = ("raised_at", "label", "destination", "purpose", "path", "canaries", "state")
    list_filter = (Acknowledged, "kind", "destination")
    search_fields = ("=run_id", "=event_id")
    search_help_text = "A run's id, or an event's"
    ordering = ("-raised_at", "-pk")
    action_form = NoteActionForm
    actions = ("acknowledge",)
    fieldsets = (
        (None, {"fields": ("label", "state", "raised_at", "path", "run_id", "event_id")}),
        ("Question", {"fields": ("destination", "purpose", "controller", "canaries", "suspended")}),
        ("Answer", {"fields": ("acknowledged_at", "acknowledged_by", "note")}),
    )
    readonly_fields = ("label", "state", "canaries")

    @display(  # type: ignore[untyped-decorator]  # unfold has no types
        description="What", label={kind.value.replace("_", " "): "danger" for kind in IncidentKind}
    )
    def label(self, incident: Incident) -> str:
        """Return what happened."""
        return incident.kind.replace("_", " ")

    @display(description="State", label={"open": "danger", "acknowledged": "success"})  # type: ignore[untyped-decorator]  # unfold has no types
    def state(self, incident: Incident) -> str:
        """Return whether an officer has answered."""
        return "acknowledged" if incident.acknowledged_at else "open"

    @admin.display(description="Canaries")
    def canaries(self, incident: Incident) -> str:
        """Return the ways of the canaries that it is about."""
        return ", ".join(incident.ways)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Answer with the list; say so if the self-test did not run, or raised incidents."""
        if request.method == "GET" and (fault := queries.find_self_test_fault(at=timezone.now())):
            messages.warning(request, f"Canaries: {fault}.")
        response: HttpResponse = super().changelist_view(request, extra_context)
        return response

    def has_acknowledge_permission(self, request: HttpRequest) -> bool:
        """Return whether the officer may acknowledge incidents."""
        return request.user.has_perm("activation_enforcement.acknowledge_incident")

    @action(description="Acknowledge", permissions=["acknowledge"])  # type: ignore[untyped-decorator]  # unfold has no types
    def acknowledge(self, request: HttpRequest, queryset: QuerySet[Incident]) -> None:
        """Put the note on record for the selected incidents."""
        done = 0
        for number in queryset.order_by("pk").values_list("pk", flat=True):
            try:
                services.acknowledge_incident(
                    number=number,
                    note=request.POST.get("note", ""),
                    acknowledged_by=request.user.get_username(),
                    at=timezone.now(),
                )
                done += 1
            except AccordantError as error:
                messages.error(request, f"Incident {number}: {error}")
        if done:
            messages.success(request, f"{done} acknowledged. A suspended destination stays suspended.")


@admin.register(SelfTest)
class SelfTestAdmin(ReadOnlyAdmin):
    """Self-tests, the latest first."""

    list_display = ("tested_at", "asked", "denied", "incidents", "outcome")
    search_fields = ("=event_id", "=policy_digest")
    search_help_text = "A self-test's event, or a policy's digest"
    ordering = ("-tested_at", "-pk")
    fields = (
        "tested_at",
        "outcome",
        "asked",
        "denied",
        "incidents",
        "unanswered_paths",
        "policy_digest",
        "watermark",
        "event_id",
    )
    readonly_fields = ("outcome",)

    @display(
        description="Outcome", label={"passed": "success", "incidents": "danger", "nothing asked": "warning"}
    )  # type: ignore[untyped-decorator]  # unfold has no types
    def outcome(self, test: SelfTest) -> str:
        """Return what came of it."""
        if test.incidents:
            return "incidents"
        return "passed" if test.asked else "nothing asked"
