"""Runs in the admin: to read, never to change."""

# ruff: noqa: ARG002 - the signatures are Django's

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import display

from activation.enforcement.models import EnforcementRun
from activation.enforcement.types import RunStatus


@admin.register(EnforcementRun)
class EnforcementRunAdmin(ModelAdmin):
    """Runs, the latest first, with what they allowed and why they denied."""

    list_display = (
        "started_at",
        "purpose",
        "destination",
        "controller",
        "state",
        "rows_in",
        "allowed",
        "denied",
    )
    list_filter = ("status", "purpose", "destination", "controller")
    search_fields = ("=id", "=manifest_digest")
    search_help_text = "A run's id, or its manifest's digest"
    ordering = ("-started_at", "id")
    list_per_page = 50
    show_full_result_count = False
    fieldsets = (
        (None, {"fields": ("id", "state", "purpose", "destination", "controller", "error")}),
        ("Rows", {"fields": ("rows_in", "allowed", "denied", "denied_for")}),
        ("Ground", {"fields": ("policy_version", "policy_digest", "watermark", "manifest_digest")}),
        ("Files", {"fields": ("input", "output")}),
        ("Times", {"fields": ("decided_at", "started_at", "finished_at")}),
    )
    readonly_fields = ("state", "denied_for")

    @display(  # type: ignore[untyped-decorator]  # unfold has no types
        description="Status",
        label={
            RunStatus.RUNNING.value: "info",
            RunStatus.COMPLETED.value: "success",
            RunStatus.FAILED.value: "danger",
            RunStatus.ABANDONED.value: "warning",
        },
    )
    def state(self, run: EnforcementRun) -> str:
        """Return where the run stands."""
        return run.status

    @admin.display(description="Denied for")
    def denied_for(self, run: EnforcementRun) -> SafeString | str:
        """Return the reasons with their counts, the most frequent first."""
        counts = sorted(run.denied_by_reason.items(), key=lambda pair: (-pair[1], pair[0]))
        rows = format_html_join(
            "", "<li>{}: {}</li>", ((name.replace("_", " "), f"{n:,}") for name, n in counts)
        )
        return format_html("<ul>{}</ul>", rows) if rows else "—"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: a run is started by what it runs on."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: what a run did is not edited."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: what a run did stays."""
        return False
