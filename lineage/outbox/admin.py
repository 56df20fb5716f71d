"""What officers see of the outbox. It is evidence: nothing can be added, changed or deleted here."""

# ruff: noqa: ARG002 - the signatures are Django's

import json
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from lineage.outbox.models import OutboxEvent
from lineage.outbox.types import EventState


class StateFilter(admin.SimpleListFilter):
    """Filters by where an event stands."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer the three states."""
        return [(state.value, state.value.capitalize()) for state in EventState]

    def queryset(self, request: HttpRequest, queryset: QuerySet[OutboxEvent]) -> QuerySet[OutboxEvent]:
        """Keep the events in the chosen state; all if none, or an unknown one, is chosen."""
        chosen = self.value()
        if chosen is None or chosen not in set(EventState):
            return queryset
        in_state = OutboxEvent.objects.in_state(EventState(chosen))
        return queryset.filter(pk__in=in_state.values("pk"))


@admin.register(OutboxEvent)
class OutboxEventAdmin(ModelAdmin):
    """Lists events, the newest first, and shows each as it is or will be emitted."""

    list_display = ("event_type", "run_id", "sequence", "shown_state", "created_at", "emitted_at", "attempts")
    list_filter = ("event_type", StateFilter)
    list_per_page = 50
    show_full_result_count = False  # counts the whole table a second time
    search_fields = ("run_id",)
    search_help_text = "The whole id of a run"
    ordering = ("-pk",)
    exclude = ("payload",)
    readonly_fields = ("shown_state", "shown_payload")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[OutboxEvent], search_term: str
    ) -> tuple[QuerySet[OutboxEvent], bool]:
        """Keep the events of the run whose id was typed; none if the text is no id."""
        if not search_term:
            return queryset, False
        try:
            return queryset.filter(run_id=UUID(search_term.strip())), False
        except ValueError:
            return queryset.none(), False

    @admin.display(description="state")
    def shown_state(self, event: OutboxEvent) -> str:
        """Return where the event stands."""
        return event.state.value

    @admin.display(description="payload")
    def shown_payload(self, event: OutboxEvent) -> SafeString:
        """Return the event as indented JSON, escaped: names of datasets and jobs come from outside."""
        return format_html("<pre>{}</pre>", json.dumps(event.payload, indent=2, sort_keys=True))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: events are enqueued by what they tell of."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: OutboxEvent | None = None) -> bool:
        """Return False: evidence is read-only."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: OutboxEvent | None = None) -> bool:
        """Return False: evidence is read-only."""
        return False
