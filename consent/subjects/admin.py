"""Data subjects in the admin: to read, never to change."""

from django.contrib import admin

from consent.ledger.admin import EvidenceAdmin
from consent.subjects.models import Subject, SubjectFact, SubjectLink


@admin.register(Subject)
class SubjectAdmin(EvidenceAdmin):
    """Data subjects by pseudonym, the latest first."""

    list_display = ("ref", "version", "created_at", "erased_at")
    search_fields = ("=ref",)
    ordering = ("-created_at", "-ref")


@admin.register(SubjectFact)
class SubjectFactAdmin(EvidenceAdmin):
    """What was said about data subjects besides their choices."""

    list_display = ("subject_id", "version", "name", "value", "controller", "effective_at", "until")
    list_filter = ("name",)
    search_fields = ("=subject__ref",)
    ordering = ("-recorded_at", "-fact_id")


@admin.register(SubjectLink)
class SubjectLinkAdmin(EvidenceAdmin):
    """Data subjects found to be one person."""

    list_display = ("left_id", "right_id", "provenance", "linked_at", "unlinked_at")
    search_fields = ("=left__ref", "=right__ref")
    ordering = ("-linked_at", "-pk")
