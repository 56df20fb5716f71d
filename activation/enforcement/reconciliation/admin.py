"""Comparisons with destinations in the admin: to read, and to ask for."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from unfold.decorators import action, display

from activation.enforcement.canaries.admin import ReadOnlyAdmin
from activation.enforcement.reconciliation import queries, tasks
from activation.enforcement.reconciliation.models import Reconciliation
from activation.enforcement.reconciliation.types import ReconciliationState

_CLEAN, _DIFFERS = "the same", "differs"
_COLOURS = {
    ReconciliationState.RUNNING.value: "info",
    ReconciliationState.FAILED.value: "danger",
    _CLEAN: "success",
    _DIFFERS: "warning",
}
_TO_DO = {
    ReconciliationState.RUNNING.value: "Wait: the destination is being read.",
    _CLEAN: "Nothing.",
}


@admin.register(Reconciliation)
class ReconciliationAdmin(ReadOnlyAdmin):
    """What comparing with destinations found, the latest first."""

    list_display = (
        "started_at",
        "destination",
        "holding",
        "found",
        "rows_there",
        "members",
        "strays",
        "taken_out",
        "missing",
    )
    list_filter = ("state", "destination")
    list_select_related = ("holding",)
    ordering = ("-started_at", "-pk")
    actions_list = ("compare_all",)
    fieldsets = (
        (None, {"fields": ("destination", "holding", "found", "to_do", "error")}),
        ("There", {"fields": ("rows_there", "strays", "taken_out", "unexplained")}),
        ("Here", {"fields": ("members", "missing", "incomparable")}),
        ("Times", {"fields": ("started_at", "finished_at")}),
    )
    readonly_fields = ("found", "to_do")

    @display(description="Found", label=_COLOURS)  # type: ignore[untyped-decorator]  # unfold has no types
    def found(self, row: Reconciliation) -> str:
        """Return what came of it."""
        return _found(row)

    @display(description="What to do")  # type: ignore[untyped-decorator]  # unfold has no types
    def to_do(self, row: Reconciliation) -> str:
        """Return what the figures ask of somebody."""
        return _TO_DO.get(_found(row)) or _advise(row)

    @action(description="Compare all now", permissions=["compare"])  # type: ignore[untyped-decorator]  # unfold has no types
    def compare_all(self, request: HttpRequest) -> HttpResponse:
        """Have every audience compared whose destination can say whom it holds."""
        holdings = queries.list_comparable()
        for one in holdings:
            tasks.wake_for_holding(one)
        if holdings:
            self.message_user(request, f"Workers were asked to compare {len(holdings)} audiences.")
        else:
            self.message_user(request, "No connected destination can say whom it holds.", messages.WARNING)
        return redirect(reverse("admin:activation_enforcement_reconciliation_changelist"))

    def has_compare_permission(self, request: HttpRequest) -> bool:
        """Return whether the officer may have destinations asked."""
        return request.user.has_perm("activation_enforcement.acknowledge_suppression")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reconciliation]:
        """Return the comparisons with their holdings."""
        rows: QuerySet[Reconciliation] = super().get_queryset(request)
        return rows.select_related("holding")


def _found(row: Reconciliation) -> str:
    if row.state != ReconciliationState.COMPLETED:
        return row.state
    return _CLEAN if row.is_clean else _DIFFERS


def _advise(row: Reconciliation) -> str:
    if row.state == ReconciliationState.FAILED:
        return "Mend what the error says, and compare again: nobody was taken out."
    parts = []
    if row.taken_out:
        parts.append(
            f"{row.taken_out} people who may not be there are being taken out: see Suppressions. Find out who"
            " put them there again."
        )
    if row.unexplained:
        parts.append(
            f"{row.unexplained} rows name nobody whom we sent: somebody else writes to this audience, or an"
            " old list lies there."
        )
    if row.missing:
        parts.append(
            f"{row.missing} people whom we sent are not named: the destination drops people by itself, or"
            " lost them. A no still reaches it for them."
        )
    return " ".join(parts)
