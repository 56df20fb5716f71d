"""The rows that versions are made of, in the admin."""

from django.contrib import admin

from consent.ledger.admin import EvidenceAdmin
from consent.policies.models import Purpose


@admin.register(Purpose)
class PurposeAdmin(EvidenceAdmin):
    """The purposes of every version."""

    list_display = ("slug", "title", "data_use", "status", "version")
    list_filter = ("version", "status")
    list_select_related = ("version",)
    search_fields = ("slug", "title", "data_use")
    ordering = ("-version", "slug", "pk")
