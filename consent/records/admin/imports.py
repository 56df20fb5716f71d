"""Imported files in the admin: what went in, what was rejected, and what became of their signals."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from consent.ledger.admin import EvidenceAdmin
from consent.records.import_telling import read_counts, tell_choices
from consent.records.import_types import SignalCounts
from consent.records.models import ImportRun

NOTHING = "-"
_SEES_SIGNALS = "consent_records.view_recordedsignal"
_SIGNALS = "admin:consent_records_recordedsignal_changelist"


@admin.register(ImportRun)
class ImportRunAdmin(EvidenceAdmin):
    """Imported files, the latest first. Whoever may see signals is led from each number to them."""

    list_display = (
        *("source", "accepted", "rejected", "signal_count", "conflict_count", "kept_out"),
        *("started_at", "finished_at"),
    )
    search_fields = ("=digest",)
    ordering = ("-started_at", "-pk")

    @admin.display(description="Signals")
    def signal_count(self, run: ImportRun) -> str:
        """Return how many signals were recorded."""
        return f"{_counts(run).recorded:,}" if run.signals else NOTHING

    @admin.display(description="Signals")
    def signal_link(self, run: ImportRun) -> SafeString | str:
        """Return the same, with the list of them."""
        return _link(run, self.signal_count(run))

    @admin.display(description="Conflicts")
    def conflict_count(self, run: ImportRun) -> str:
        """Return in how many ways signals spoke against something else."""
        return f"{_counts(run).conflicts:,}" if run.signals else NOTHING

    @admin.display(description="Conflicts")
    def conflict_link(self, run: ImportRun) -> SafeString | str:
        """Return the same, with the list of the signals that are in conflict."""
        return _link(run, self.conflict_count(run), conflict="yes")

    @admin.display(description="Yes kept out")
    def kept_out(self, run: ImportRun) -> str:
        """Return how often a no stood against a yes, which was not recorded."""
        return f"{_counts(run).yes_not_recorded:,}" if run.signals else NOTHING

    @admin.display(description="Choices recorded")
    def choices_told(self, run: ImportRun) -> str:
        """Return how many choices were recorded that say yes and no."""
        return tell_choices(run.choices) if run.choices else NOTHING

    @admin.display(description="Signals")
    def signals_told(self, run: ImportRun) -> SafeString | str:
        """Return how many signals were recorded, and how many were on record already."""
        return _tell_signals(run, f"{_counts(run).recorded:,} recorded")

    @admin.display(description="Signals")
    def signals_linked(self, run: ImportRun) -> SafeString | str:
        """Return the same, with the list of those recorded."""
        return _tell_signals(run, _link(run, f"{_counts(run).recorded:,} recorded"))

    @admin.display(description="Conflicts")
    def conflicts_told(self, run: ImportRun) -> SafeString | str:
        """Return in how many ways signals spoke against something else, and how often a yes lost."""
        return _tell_conflicts(run, f"{_counts(run).conflicts:,}")

    @admin.display(description="Conflicts")
    def conflicts_linked(self, run: ImportRun) -> SafeString | str:
        """Return the same, with the list of the signals that are in conflict."""
        return _tell_conflicts(run, _link(run, f"{_counts(run).conflicts:,}", conflict="yes"))

    @admin.display(description="Came to nothing")
    def unread_told(self, run: ImportRun) -> SafeString | str:
        """Return how many signals came to nothing for something, by the reason."""
        pairs = sorted(_counts(run).unread.items(), key=lambda pair: (-pair[1], pair[0]))
        rows = ((f"{count:,}", "signal" if count == 1 else "signals", reason) for reason, count in pairs)
        told = format_html_join("", "<li>{} {}: {}</li>", rows)
        return format_html("<ul>{}</ul>", told) if pairs else NOTHING

    @admin.display(description="Rejected lines")
    def rejected_lines(self, run: ImportRun) -> SafeString | str:
        """Return a line for each rejected line that is kept: its number and what is wrong with it."""
        told = format_html_join(
            "", "<li>line {}: {}</li>", ((line, text) for line, _, text, *_ in run.faults)
        )
        return format_html("<ul>{}</ul>", told) if run.faults else NOTHING

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Return the columns; the way to signals is for those who may see them."""
        linked = {"signal_count": "signal_link", "conflict_count": "conflict_link"}
        return tuple(linked.get(one, one) if _sees_signals(request) else one for one in self.list_display)

    def get_fields(self, request: HttpRequest, _run: Any = None) -> tuple[str, ...]:
        """Return what its page shows."""
        told, linked = ("signals_told", "conflicts_told"), ("signals_linked", "conflicts_linked")
        shown = linked if _sees_signals(request) else told
        return (
            *("source", "started_at", "finished_at", "lines_done", "accepted", "rejected"),
            *("choices_told", *shown, "unread_told", "rejected_lines", "digest"),
        )

    def get_readonly_fields(self, request: HttpRequest, run: Any = None) -> tuple[str, ...]:
        """Return the same: nothing is changed here."""
        return self.get_fields(request, run)


def _sees_signals(request: HttpRequest) -> bool:
    return request.user.has_perm(_SEES_SIGNALS)


def _counts(run: ImportRun) -> SignalCounts:
    return read_counts(run.signals) or SignalCounts()


def _link(run: ImportRun, text: str, **asked: str) -> SafeString | str:
    """Return the text, leading to the signals that came while the import ran; nothing leads to none."""
    if text.partition(" ")[0] in {NOTHING, "0"}:
        return text
    address = f"{reverse(_SIGNALS)}?{urlencode({'import': str(run.pk), **asked})}"
    return format_html('<a class="underline" href="{}">{}</a>', address, text)


def _tell_signals(run: ImportRun, recorded: str) -> SafeString | str:
    if not run.signals:
        return "none: the file held none"
    return format_html("{}, {} on record already", recorded, f"{_counts(run).repeated:,}")


def _tell_conflicts(run: ImportRun, conflicts: str) -> SafeString | str:
    if not _counts(run).conflicts:
        return "none" if run.signals else NOTHING
    told = "{} with something on record; in {} of them a no stood against a yes, which was not recorded"
    return format_html(told, conflicts, f"{_counts(run).yes_not_recorded:,}")
