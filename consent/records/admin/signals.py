"""Recorded signals in the admin: what became of each. What it says lies sealed, and is not shown here."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from consent.ledger.admin import EvidenceAdmin
from consent.ledger.queries import get_leaf_index
from consent.records.models import ConsentRecord, ImportRun, RecordedSignal
from consent.records.signal_words import KIND_WORDS, name_choice, tell_conflict, tell_unread
from consent.records.signals.reads import read_conflict, read_unread
from consent.records.types import ANY_PURPOSE, SignalKind

LATEST_IMPORTS = 20
_SEES_LEDGER = "consent_ledger.view_leaf"
_CLOCKS_DIFFER = timedelta(seconds=30)
"""An import begins by its process's clock, and signals are recorded by the database's."""
_MOST_DIGITS = 19
"""Of a key that the database holds."""


class KindFilter(admin.SimpleListFilter):
    """The form in which a signal came."""

    title, parameter_name = "kind", "kind"

    def lookups(self, *_: object) -> list[tuple[str, str]]:
        """Return the kinds."""
        return [(kind.value, words) for kind, words in KIND_WORDS.items()]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the signals of the kind."""
        return queryset.filter(kind=self.value()) if self.value() in list(SignalKind) else queryset


class ConflictFilter(admin.SimpleListFilter):
    """Whether something on record spoke against it."""

    title, parameter_name = "conflict", "conflict"

    def lookups(self, *_: object) -> list[tuple[str, str]]:
        """Return both answers."""
        return [("yes", "in conflict"), ("no", "not in conflict")]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the signals that it is true of."""
        if self.value() == "yes":
            return queryset.exclude(conflicts=[])
        return queryset.filter(conflicts=[]) if self.value() == "no" else queryset


class ImportFilter(admin.SimpleListFilter):
    """The import that brought it: what has the file's source and was recorded while it was imported."""

    title, parameter_name = "import", "import"

    def lookups(self, *_: object) -> list[tuple[str, str]]:
        """Return the latest imports that held signals, and the one that is asked for."""
        runs = list(ImportRun.objects.exclude(signals={}).order_by("-started_at", "-pk")[:LATEST_IMPORTS])
        asked = self._find()
        if asked is not None and asked not in runs:
            runs.append(asked)
        return [(str(run.pk), f"{run.source}, {run.started_at:%d %b %Y %H:%M}") for run in runs]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the signals of the import; none of one that there is not."""
        if self.value() is None:
            return queryset
        run = self._find()
        if run is None:
            return queryset.none()
        found = queryset.filter(source=run.source, recorded_at__gte=run.started_at - _CLOCKS_DIFFER)
        return found.filter(recorded_at__lte=run.finished_at) if run.finished_at else found

    def _find(self) -> ImportRun | None:
        asked = self.value() or ""
        is_key = asked.isascii() and asked.isdigit() and len(asked) < _MOST_DIGITS
        return ImportRun.objects.filter(pk=int(asked)).order_by("pk").first() if is_key else None


@admin.register(RecordedSignal)
class RecordedSignalAdmin(EvidenceAdmin):
    """Signals about people, the latest recorded first."""

    list_display = (
        "recorded_at",
        "kind_shown",
        "controller",
        "conflict_count",
        "unread_count",
        "effective_at",
        "source",
        "subject_ref",
    )
    list_filter = (KindFilter, ConflictFilter, ImportFilter, "controller")
    date_hierarchy = "recorded_at"
    search_fields = ("=subject__ref", "=event_id")
    search_help_text = "A subject's reference or a signal's id, whole"
    ordering = ("-recorded_at", "-event_id")

    @admin.display(description="Kind", ordering="kind")
    def kind_shown(self, signal: RecordedSignal) -> str:
        """Return what kind of signal it is."""
        return KIND_WORDS[SignalKind(signal.kind)]

    @admin.display(description="Conflicts")
    def conflict_count(self, signal: RecordedSignal) -> int:
        """Return how many choices on record it spoke against, or that stood against it."""
        return len(signal.conflicts)

    @admin.display(description="Came to nothing")
    def unread_count(self, signal: RecordedSignal) -> int:
        """Return how much of it came to nothing, for a reason that its page names."""
        return len(signal.unread)

    @admin.display(description="Subject", ordering="subject")
    def subject_ref(self, signal: RecordedSignal) -> str:
        """Return the pseudonym, without a look at the subject's row."""
        return signal.subject_id

    @admin.display(description="Conflicts")
    def conflicts_told(self, signal: RecordedSignal) -> SafeString | str:
        """Return each conflict: what was heard, what stood against it, which is followed, and why."""
        told = (tell_conflict(read_conflict(one)) for one in signal.conflicts)
        rows = ((one.purpose, one.heard, one.against, one.outcome) for one in told)
        listed = format_html_join("", "<li><strong>{}</strong>: {}; {}. {}.</li>", rows)
        return format_html("<ul>{}</ul>", listed) if signal.conflicts else "none"

    @admin.display(description="Came to nothing")
    def unread_told(self, signal: RecordedSignal) -> SafeString | str:
        """Return each part that came to nothing, and why."""
        told = ((tell_unread(read_unread(one)),) for one in signal.unread)
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", told)) if signal.unread else "-"

    @admin.display(description="Choices that it led to")
    def choices_told(self, signal: RecordedSignal) -> SafeString | str:
        """Return the records that were made of it, each with its page."""
        found = ConsentRecord.objects.filter(recorded_at=signal.recorded_at, refers_to=signal.event_id)
        rows = [
            (
                reverse("admin:consent_records_consentrecord_change", args=[quote(one.record_id)]),
                "everything" if one.purpose == ANY_PURPOSE else one.purpose,
                name_choice(one.choice),
            )
            for one in found.order_by("version", "pk")
        ]
        listed = format_html_join(
            "",
            '<li><a class="underline" href="{}">{}</a>: {}</li>',
            rows,
        )
        return format_html("<ul>{}</ul>", listed) if rows else "none: nothing of it was new, or it lost"

    @admin.display(description="Read by the mapping")
    def mapping_told(self, signal: RecordedSignal) -> str:
        """Return the digest of the mapping that it was read by."""
        return signal.mapping_digest or "none: who sent it had read it"

    @admin.display(description="Entry of the ledger")
    def leaf_linked(self, signal: RecordedSignal) -> SafeString | str:
        """Return the entry that proves it, with its page."""
        index = get_leaf_index(signal.event_id)
        if index is None:
            return self.leaf_told(signal)
        address = reverse("admin:consent_ledger_leaf_change", args=[index])
        return format_html('<a class="underline" href="{}">{}</a>', address, index)

    @admin.display(description="Entry of the ledger")
    def leaf_told(self, signal: RecordedSignal) -> str:
        """Return the number of the entry that proves it."""
        index = get_leaf_index(signal.event_id)
        return "waits for its place" if index is None else str(index)

    def get_fields(self, request: HttpRequest, _signal: Any = None) -> tuple[str, ...]:
        """Return what its page shows; the way to the ledger is for those who may go there."""
        leaf = "leaf_linked" if request.user.has_perm(_SEES_LEDGER) else "leaf_told"
        return (
            *("kind_shown", "subject_ref", "controller", "effective_at", "recorded_at", "source"),
            *("choices_told", "conflicts_told", "unread_told", "mapping_told", leaf, "event_id", "digest"),
        )

    def get_readonly_fields(self, request: HttpRequest, signal: Any = None) -> tuple[str, ...]:
        """Return the same: nothing is changed here."""
        return self.get_fields(request, signal)
