"""Consent records and imports in the admin: to read, never to change."""

from django.contrib import admin
from django.utils.html import format_html, format_html_join

from consent.ledger.admin import EvidenceAdmin
from consent.records.models import ConsentRecord, ImportRun


@admin.register(ConsentRecord)
class ConsentRecordAdmin(EvidenceAdmin):
    """What data subjects chose, the latest recorded first."""

    list_display = (
        "effective_at",
        "purpose",
        "choice",
        "controller",
        "notice_shown",
        "dating",
        "subject_ref",
    )
    list_filter = ("choice", "purpose", "controller", "back_dated")
    date_hierarchy = "recorded_at"
    search_fields = ("=subject__ref", "=record_id")
    ordering = ("-recorded_at", "-record_id")

    @admin.display(description="Notice")
    def notice_shown(self, record: ConsentRecord) -> str:
        """Return the notice and its version."""
        return f"{record.notice} {record.notice_version or ''}".strip() or "-"

    @admin.display(description="Dating", ordering="back_dated")
    def dating(self, record: ConsentRecord) -> str:
        """Return a word only where the source claimed an earlier time than that of recording."""
        return "back-dated" if record.back_dated else "-"

    @admin.display(description="Subject", ordering="subject")
    def subject_ref(self, record: ConsentRecord) -> str:
        """Return the pseudonym, without a look at the subject's row."""
        return record.subject_id


@admin.register(ImportRun)
class ImportRunAdmin(EvidenceAdmin):
    """Imported files, the latest first."""

    list_display = ("source", "accepted", "rejected", "started_at", "finished_at")
    fields = (*list_display, "lines_done", "digest", "rejected_lines")
    search_fields = ("=digest",)
    ordering = ("-started_at", "-pk")

    @admin.display(description="Rejected lines")
    def rejected_lines(self, run: ImportRun) -> str:
        """Return a line for each rejected line that is kept: its number and what is wrong with it."""
        told = format_html_join("", "<li>line {}: {}</li>", ((line, text) for line, _, text in run.faults))
        return format_html("<ul>{}</ul>", told) if run.faults else "-"
