"""Events in the admin: what was, or is to be, told."""

# ruff: noqa: ARG002 - the signatures are Django's

import json

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from lineage.outbox.admin.read_only import ReadOnlyAdmin, find_run
from lineage.outbox.models import OutboxEvent


@admin.register(OutboxEvent)
class OutboxEventAdmin(ReadOnlyAdmin):
    """Lists events, the newest first, and shows each as it is or will be emitted."""

    list_display = ("event_type", "run_id", "sequence", "created_at")
    list_filter = ("event_type",)
    search_fields = ("run_id",)
    search_help_text = "The whole id of a run"
    ordering = ("-pk",)
    exclude = ("payload",)
    readonly_fields = ("shown_deliveries", "shown_payload")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[OutboxEvent], search_term: str
    ) -> tuple[QuerySet[OutboxEvent], bool]:
        """Keep the events of the run whose id was typed; none if the text is no id."""
        return find_run(queryset, search_term), False

    @admin.display(description="deliveries")
    def shown_deliveries(self, event: OutboxEvent) -> SafeString:
        """Return where the event stands at each transport, each with a link to its delivery."""
        rows = (
            (reverse("admin:lineage_outbox_delivery_change", args=[row.pk]), row.transport, row.state.value)
            for row in event.deliveries.order_by("transport", "pk")
        )
        return format_html("<ul>{}</ul>", format_html_join("", '<li><a href="{}">{}</a>: {}</li>', rows))

    @admin.display(description="payload")
    def shown_payload(self, event: OutboxEvent) -> SafeString:
        """Return the event as indented JSON, escaped: names of datasets and jobs come from outside."""
        return format_html("<pre>{}</pre>", json.dumps(event.payload, indent=2, sort_keys=True))
