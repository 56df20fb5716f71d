"""Messages that their receiver refuses, each for itself. What they say is in the ledger, and nowhere here."""

# ruff: noqa: ARG002 - the signatures are Django's

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from activation.changes import services
from activation.changes.admin.pages import name_officer
from activation.changes.models import ParkedMessage
from consent.kernel.errors import AccordantError


class StateFilter(admin.SimpleListFilter):
    """Filters by where a message stands."""

    title = "state"
    parameter_name = "where"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer the three states."""
        return [("parked", "Parked"), ("tried", "Still tried"), ("taken", "Taken after all")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ParkedMessage]) -> QuerySet[ParkedMessage]:
        """Keep the messages in the chosen state."""
        waiting = queryset.filter(taken_at__isnull=True)
        states = {
            "parked": waiting.filter(parked_at__isnull=False),
            "tried": waiting.filter(parked_at__isnull=True),
            "taken": queryset.filter(taken_at__isnull=False),
        }
        return states.get(self.value() or "", queryset)


@admin.register(ParkedMessage)
class ParkedMessageAdmin(ModelAdmin):
    """Refused messages, the newest first. Nothing can be added, changed or deleted here."""

    list_display = (
        "event_id",
        "subscription",
        "index",
        "shown_state",
        "status",
        "tries",
        "error",
        "first_at",
        "parked_at",
        "taken_at",
    )
    list_filter = (StateFilter, "subscription")
    list_select_related = ("subscription",)
    search_fields = ("=event_id",)
    ordering = ("-pk",)
    actions = ("send_again",)

    @display(  # type: ignore[untyped-decorator]  # unfold has no types
        description="State", label={"parked": "danger", "tried": "warning", "taken": "success"}
    )
    def shown_state(self, message: ParkedMessage) -> str:
        """Return where the message stands."""
        if message.taken_at is not None:
            return "taken"
        return "tried" if message.parked_at is None else "parked"

    @action(description="Send again", permissions=["replay"])  # type: ignore[untyped-decorator]  # unfold has no types
    def send_again(self, request: HttpRequest, queryset: QuerySet[ParkedMessage]) -> None:
        """Have the selected messages go out once more."""
        for message in list(queryset.select_related("subscription").order_by("index", "pk")):
            try:
                services.replay_parked(message_id=message.pk, asked_by=name_officer(request))
                services.wake(message.subscription.slug)
            except AccordantError as error:
                self.message_user(request, f"{message}: {error}.", messages.ERROR)
            else:
                self.message_user(request, f"{message} is sent again.", messages.SUCCESS)

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """Return whether the officer may have messages sent again."""
        return request.user.has_perm("activation_changes.connect_subscription")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: messages are parked by deliveries."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: ParkedMessage | None = None) -> bool:
        """Return False for a message: only the list's action does something."""
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: ParkedMessage | None = None) -> bool:
        """Return False: it tells what a receiver did not get."""
        return False
