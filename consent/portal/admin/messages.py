"""Mails of the preference centre: whether they leave. To whom, and what they say, is sealed, and not here."""

# ruff: noqa: ARG002 - the signatures are Django's

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.decorators import display

from consent.portal.models import PortalMessage

_GIVEN_UP, _WAITING, _SENT = "given up", "waiting", "sent"


class StateFilter(admin.SimpleListFilter):
    """Filters by what became of a mail."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Offer the three states."""
        return [("given-up", "Given up"), ("waiting", "Waiting"), ("sent", "Sent")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[PortalMessage]) -> QuerySet[PortalMessage]:
        """Keep the mails in the chosen state."""
        states = {
            "given-up": queryset.filter(given_up_at__isnull=False),
            "waiting": queryset.filter(given_up_at__isnull=True, sent_at__isnull=True),
            "sent": queryset.filter(sent_at__isnull=False),
        }
        return states.get(self.value() or "", queryset)


@admin.register(PortalMessage)
class PortalMessageAdmin(ModelAdmin):
    """Mails of the last week, the newest first. Nothing can be added, changed or deleted here."""

    list_display = ("created_at", "kind", "language", "state", "failures", "error", "sent_at", "given_up_at")
    list_filter = (StateFilter, "kind")
    fields = ("kind", "language", "state", "failures", "error", "created_at", "sent_at", "given_up_at")
    readonly_fields = fields
    ordering = ("-created_at", "pk")
    list_per_page = 50
    show_full_result_count = False

    @display(  # type: ignore[untyped-decorator]  # unfold has no types
        description="State", label={_GIVEN_UP: "danger", _WAITING: "warning", _SENT: "success"}
    )
    def state(self, message: PortalMessage) -> str:
        """Return what became of the mail."""
        if message.given_up_at:
            return _GIVEN_UP
        return _SENT if message.sent_at else _WAITING

    @admin.display(description="What the way out said last")
    def error(self, message: PortalMessage) -> str:
        """Return why it did not leave; nothing of it names the person."""
        return message.last_error or "-"

    def get_queryset(self, request: HttpRequest) -> QuerySet[PortalMessage]:
        """Leave out what is sealed: no page of this list reads it."""
        rows: QuerySet[PortalMessage] = super().get_queryset(request)
        return rows.defer("wrapped", "sealed")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: people ask for mails themselves."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: PortalMessage | None = None) -> bool:
        """Return False: a mail says what it says."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: PortalMessage | None = None) -> bool:
        """Return False: they are forgotten after a week."""
        return False
