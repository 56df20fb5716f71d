"""Transports in the admin: which are well, what waits for each, and since when."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from unfold.decorators import display

from lineage.outbox.admin import wording
from lineage.outbox.admin.read_only import ReadOnlyAdmin
from lineage.outbox.models import Backend
from lineage.outbox.transports.names import list_names

_WELL, _FAILING, _NOT_CONFIGURED = "well", "failing", "not configured"
_COLOURS = {_WELL: "success", _FAILING: "danger", _NOT_CONFIGURED: "warning"}
_TO_DO = {_WELL: wording.WELL, _FAILING: wording.RESTS, _NOT_CONFIGURED: wording.NOT_CONFIGURED}


@admin.register(Backend)
class BackendAdmin(ReadOnlyAdmin):
    """One row for each transport that was used."""

    list_display = ("transport", "stands", "pending", "parked", "oldest", "emitted_at", "last_error")
    search_fields = ("transport",)
    search_help_text = "A transport's name"
    ordering = ("transport",)
    fieldsets = (
        (None, {"fields": ("transport", "stands", "last_error", "to_do")}),
        ("Events", {"fields": ("pending", "parked", "oldest", "emitted_at")}),
        ("Failures", {"fields": ("failures", "refusals", "failing_since", "rests_until")}),
    )
    readonly_fields = ("stands", "to_do", "pending", "parked", "oldest")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Count what waits in the same statement."""
        return super().get_queryset(request).with_counts()

    @display(description="state", label=_COLOURS)  # type: ignore[untyped-decorator]  # unfold has no types
    def stands(self, backend: Backend) -> str:
        """Return how the transport is."""
        if backend.transport not in list_names(settings):
            return _NOT_CONFIGURED
        return _WELL if backend.failing_since is None else _FAILING

    @admin.display(description="what to do")
    def to_do(self, backend: Backend) -> str:
        """Return what helps."""
        return _TO_DO[self.stands(backend)]

    @admin.display(description="pending")
    def pending(self, backend: Any) -> int:
        """Return how many events wait for it."""
        return int(backend.pending)

    @admin.display(description="parked")
    def parked(self, backend: Any) -> int:
        """Return how many events it refused."""
        return int(backend.parked)

    @admin.display(description="oldest waits since")
    def oldest(self, backend: Any) -> Any:
        """Return since when the oldest of them waits."""
        return backend.oldest
