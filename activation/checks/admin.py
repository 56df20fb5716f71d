"""API keys in the admin: who may call, until when. Keys are made and shown by `create_api_key`."""

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from activation.checks.models import ApiKey


@admin.register(ApiKey)
class ApiKeyAdmin(ModelAdmin):
    """A list to look at; a key is revoked by `revoke_api_key`."""

    list_display = ("client", "created_at", "expires_at")
    list_filter = ("expires_at",)
    search_fields = ("client__name",)
    ordering = ("client__name",)
    fields = list_display
    readonly_fields = list_display

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Keys are shown once, on a terminal: not here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:  # noqa: ARG002
        """Nothing about a key changes here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:  # noqa: ARG002
        """A revoked key stays on record."""
        return False
