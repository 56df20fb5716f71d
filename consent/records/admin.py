"""Consent records and imports in the admin: to read, never to change."""

from django.contrib import admin

from consent.ledger.admin import EvidenceAdmin
from consent.records.models import ConsentRecord, ImportRun


@admin.register(ConsentRecord)
class ConsentRecordAdmin(EvidenceAdmin):
    """What data subjects chose, the latest recorded first."""

    list_display = (
        "subject_id",
        "purpose",
        "choice",
        "controller",
        "notice",
        "notice_version",
        "effective_at",
        "recorded_at",
        "back_dated",
    )
    list_filter = ("choice", "purpose", "controller", "back_dated")
    date_hierarchy = "recorded_at"
    search_fields = ("=subject__ref", "=record_id")
    ordering = ("-recorded_at", "-record_id")


@admin.register(ImportRun)
class ImportRunAdmin(EvidenceAdmin):
    """Imported files, the latest first."""

    list_display = ("source", "accepted", "rejected", "started_at", "finished_at")
    search_fields = ("=digest",)
    ordering = ("-started_at", "-pk")
