"""Deliveries in the admin: what waits or was refused, at which transport, and what to do about it."""

# ruff: noqa: ARG002 - the signatures are Django's

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action, display

from lineage.outbox import queries, services
from lineage.outbox.admin.read_only import ReadOnlyAdmin, find_run
from lineage.outbox.admin.wording import WHAT_TO_DO
from lineage.outbox.models import Delivery
from lineage.outbox.types import EventState

_COLOURS = {
    EventState.PENDING.value: "info",
    EventState.EMITTED.value: "success",
    EventState.PARKED.value: "danger",
}


class StateFilter(admin.SimpleListFilter):
    """Filters by where an event stands."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer the three states."""
        return [(state.value, state.value.capitalize()) for state in EventState]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        """Keep the deliveries in the chosen state; all if none, or an unknown one, is chosen."""
        chosen = self.value()
        if chosen is None or chosen not in set(EventState):
            return queryset
        return queryset.filter(pk__in=Delivery.objects.in_state(EventState(chosen)).values("pk"))


class TransportFilter(admin.SimpleListFilter):
    """Filters by transport. The names come from the table of transports, not from all deliveries."""

    title = "transport"
    parameter_name = "transport"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer each transport that is configured, or was used."""
        return [(one.transport, one.transport) for one in queries.list_transports()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> QuerySet[Delivery]:
        """Keep the deliveries to the chosen transport."""
        return queryset.filter(transport=self.value()) if self.value() else queryset


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """Lists deliveries: parked ones first, then the newest."""

    list_display = ("event_type", "run_id", "transport", "stands", "waiting_since", "failures", "last_error")
    list_filter = (StateFilter, TransportFilter)
    list_select_related = ("event",)
    search_fields = ("run_id",)
    search_help_text = "The whole id of a run"
    ordering = ("parked_at", "-pk")  # PostgreSQL puts those that were never parked last
    actions = ("send_again",)
    fieldsets = (
        (None, {"fields": ("transport", "stands", "last_error", "to_do")}),
        ("Event", {"fields": ("shown_event", "run_id", "sequence")}),
        ("Times", {"fields": ("waiting_since", "emitted_at", "parked_at", "next_attempt_at")}),
        ("Further", {"fields": ("failures", "attempts", "leased_until")}),
    )
    readonly_fields = ("stands", "to_do", "shown_event")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Delivery], search_term: str
    ) -> tuple[QuerySet[Delivery], bool]:
        """Keep the deliveries of the run whose id was typed; none if the text is no id."""
        return find_run(queryset, search_term), False

    @admin.display(description="event")
    def event_type(self, delivery: Delivery) -> str:
        """Return the transition that the event tells of."""
        return delivery.event.event_type

    @display(description="state", label=_COLOURS)  # type: ignore[untyped-decorator]  # unfold has no types
    def stands(self, delivery: Delivery) -> str:
        """Return where the event stands at this transport."""
        return delivery.state.value

    @admin.display(description="what to do")
    def to_do(self, delivery: Delivery) -> str:
        """Return what helps."""
        return WHAT_TO_DO[delivery.state]

    @admin.display(description="event")
    def shown_event(self, delivery: Delivery) -> SafeString:
        """Return a link to the event."""
        address = reverse("admin:lineage_outbox_outboxevent_change", args=[delivery.event_id])
        return format_html('<a href="{}">{}</a>', address, delivery.event)

    def has_send_again_permission(self, request: HttpRequest, _object_id: str | None = None) -> bool:
        """Return whether the officer may have parked events sent again."""
        return request.user.has_perm("lineage_outbox.send_again")

    @action(description="Send again", permissions=["send_again"])  # type: ignore[untyped-decorator]  # unfold has no types
    def send_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """Let the selected parked events be sent again, and those that rest, at once."""
        ids = list(queryset.order_by("pk").values_list("pk", flat=True))
        sent = services.send_again(ids=ids)
        for delivery in Delivery.objects.filter(pk__in=sent).order_by("pk"):
            self.log_change(request, delivery, "Sent again")
        if sent:
            messages.success(request, f"{len(sent)} to be sent now.")
        if left := len(ids) - len(sent):
            messages.warning(request, f"{left} left as they are: they were emitted, or are being sent now.")
