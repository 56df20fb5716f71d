"""The ledger in the admin: to read, never to change."""

from typing import Any

from django.contrib import admin
from unfold.admin import ModelAdmin

from consent.ledger.models import Leaf


class EvidenceAdmin(ModelAdmin):
    """Shows evidence. Nobody adds, changes or deletes it here, whatever their permissions.

    The total of a filtered list is not counted: on a large table that costs more than the page.
    """

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, *_: object, **__: object) -> bool:
        """Return False."""
        return False

    def has_change_permission(self, *_: object, **__: object) -> bool:
        """Return False."""
        return False

    def has_delete_permission(self, *_: object, **__: object) -> bool:
        """Return False."""
        return False


@admin.register(Leaf)
class LeafAdmin(EvidenceAdmin):
    """The ledger's entries, newest first."""

    list_display = ("index", "stream", "kind", "subject_ref", "subject_version", "recorded_at")
    list_filter = ("stream",)
    search_fields = ("=event_id", "=subject_ref")
    ordering = ("-index",)
    fields = (
        "index",
        "stream",
        "kind",
        "event_id",
        "subject_ref",
        "subject_version",
        "recorded_at",
        "text",
        "hash",
    )

    @admin.display(description="Envelope")
    def text(self, leaf: Any) -> str:
        """Return the envelope as text."""
        return bytes(leaf.envelope).decode()

    @admin.display(description="Leaf hash")
    def hash(self, leaf: Any) -> str:
        """Return the leaf's hash in hex."""
        return bytes(leaf.leaf_hash).hex()
