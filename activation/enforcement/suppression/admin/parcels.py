"""Parcels in the admin: to read."""

from django.contrib import admin
from unfold.decorators import display

from activation.enforcement.canaries.admin import ReadOnlyAdmin
from activation.enforcement.suppression.models import Parcel
from activation.enforcement.suppression.types import ParcelState

_COLOURS = {
    ParcelState.WAITING.value: "info",
    ParcelState.ACKNOWLEDGED.value: "success",
    ParcelState.REFUSED.value: "danger",
    ParcelState.TAKEN_APART.value.replace("_", " "): "warning",
}


@admin.register(Parcel)
class ParcelAdmin(ReadOnlyAdmin):
    """What was handed over together, the latest first."""

    list_display = ("created_at", "destination", "holding", "size", "stands", "attempts", "next_attempt_at")
    list_filter = ("state", "destination")
    list_select_related = ("holding",)
    search_fields = ("=id", "=reference")
    search_help_text = "A parcel's id, or what the destination calls it"
    ordering = ("-created_at", "pk")
    fieldsets = (
        (None, {"fields": ("id", "destination", "holding", "size", "stands", "last_error")}),
        ("Times", {"fields": ("created_at", "leased_until", "next_attempt_at", "ended_at")}),
        ("Further", {"fields": ("attempts", "reference")}),
    )
    readonly_fields = ("stands",)

    @display(description="State", ordering="state", label=_COLOURS)  # type: ignore[untyped-decorator]  # unfold has no types
    def stands(self, parcel: Parcel) -> str:
        """Return how far the parcel came."""
        return parcel.state.replace("_", " ")
