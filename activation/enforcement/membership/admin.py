"""What destinations hold, in the admin: figures to read. Who it is, no page shows."""

# ruff: noqa: ARG002 - the signatures are Django's

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Count, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum
from django.http import HttpRequest
from unfold.decorators import display

from activation.enforcement.canaries.admin import ReadOnlyAdmin
from activation.enforcement.membership.models import Holding, Page, Segment
from activation.enforcement.membership.types import SegmentState

_STATES = {"sending": "being sent", "held": "held", "nobody": "nobody"}
_UNREADABLE = "some pages do not open"


class StateFilter(admin.SimpleListFilter):
    """Holdings that are being sent to, or that have pages which do not open."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return what can be chosen."""
        return [("sending", _STATES["sending"]), ("unreadable", _UNREADABLE)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Holding]) -> QuerySet[Holding]:
        """Keep those of the state chosen."""
        figure = {"sending": "sending__gt", "unreadable": "unreadable__gt"}.get(self.value() or "")
        return queryset.filter(**{figure: 0}) if figure else queryset


@admin.register(Holding)
class HoldingAdmin(ReadOnlyAdmin):
    """Audiences at destinations: how many people, since when, and when somebody is to be decided again."""

    list_display = (
        "destination",
        "audience",
        "purpose",
        "controller",
        "state",
        "people",
        "segment_count",
        "last_delivery",
        "due",
    )
    list_filter = (StateFilter, "destination", "purpose", "controller")
    search_fields = ("destination", "audience")
    search_help_text = "A destination, or an audience"
    ordering = ("destination", "audience", "purpose", "controller", "id")
    fields = (*list_display, "unreadable_pages", "created_at", "kek_version")
    readonly_fields = ("state", "people", "segment_count", "last_delivery", "due", "unreadable_pages")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Holding]:
        """Return the holdings with their figures."""
        pages = Page.objects.filter(segment__holding=OuterRef("pk")).order_by().values("segment__holding")
        segments = Segment.objects.filter(holding=OuterRef("pk")).order_by().values("holding")
        sending = Count("pk", filter=Q(state=SegmentState.SENDING))
        figures: QuerySet[Holding] = super().get_queryset(request)
        return figures.annotate(
            members=Subquery(segments.annotate(one=Sum("members")).values("one")),
            parts=Subquery(segments.annotate(one=Count("pk")).values("one")),
            sending=Subquery(segments.annotate(one=sending).values("one")),
            last=Subquery(segments.annotate(one=Max("held_at")).values("one")),
            due=Subquery(pages.annotate(one=Min("due_at")).values("one")),
            unreadable=Subquery(pages.annotate(one=Count("pk", filter=Q(is_readable=False))).values("one")),
        )

    @display(  # type: ignore[untyped-decorator]  # unfold has no types
        description="State",
        label={_STATES["sending"]: "info", _STATES["held"]: "success", _UNREADABLE: "danger"},
    )
    def state(self, holding: Any) -> str:
        """Return what is to be known first."""
        if holding.unreadable:
            return _UNREADABLE
        if holding.sending:
            return _STATES["sending"]
        return _STATES["held"] if holding.members else _STATES["nobody"]

    @admin.display(description="People", ordering="members")
    def people(self, holding: Any) -> str:
        """Return how many; whoever is in several segments counts for each."""
        return f"{holding.members or 0:,}"

    @admin.display(description="Segments", ordering="parts")
    def segment_count(self, holding: Any) -> int:
        """Return in how many segments they are."""
        return holding.parts or 0

    @admin.display(description="Last delivery", ordering="last")
    def last_delivery(self, holding: Any) -> datetime | None:
        """Return when the last delivery ended."""
        last: datetime | None = holding.last
        return last

    @admin.display(description="Decided again", ordering="due")
    def due(self, holding: Any) -> datetime | None:
        """Return when the first of the allows ends."""
        first: datetime | None = holding.due
        return first

    @admin.display(description="Pages that do not open")
    def unreadable_pages(self, holding: Any) -> int:
        """Return how many were found; whom they find counts as held."""
        return holding.unreadable or 0
