"""Events on their way into the graph, in the admin. The graph itself has pages at the desk."""

# ruff: noqa: ARG002 - the signatures are Django's

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from lineage.graph import services
from lineage.graph.models import WaitingEvent

SEND_AGAIN = "lineage_outbox.send_again"


@admin.register(WaitingEvent)
class WaitingEventAdmin(ModelAdmin):
    """Lists events that wait, and those that could not enter, with the class of the error."""

    list_display = ("pk", "origin", "arrived_at", "parked_at", "error")
    list_filter = (("parked_at", admin.EmptyFieldListFilter),)
    list_per_page = 50
    show_full_result_count = False  # counts the whole table a second time
    ordering = ("-pk",)
    exclude = ("digest",)
    actions = ("try_again",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: events are sent."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: it is what an event told."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: what was taken in is not lost."""
        return False

    def has_try_again_permission(self, request: HttpRequest) -> bool:
        """Return whether the officer may have events tried again: those that send refused ones again, may."""
        return request.user.has_perm(SEND_AGAIN)

    @admin.action(description="Try parked events again", permissions=["try_again"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[WaitingEvent]) -> None:
        """Have all parked events be tried again: that writes nothing else than what they told."""
        self.message_user(request, f"{services.retry_parked()} events are tried again.")
