"""Streams in the admin: to read, never to change."""

# ruff: noqa: ARG002 - the signatures are Django's

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import display

from activation.enforcement.streaming.models import ENDED, StreamRun
from activation.enforcement.streaming.types import StreamStatus

SILENT_AFTER = timedelta(seconds=30)
"""For longer than this no living process is silent: it writes its row once a second."""
_SILENT = "silent"
_TO_DO = {
    StreamStatus.STARTING: "Nothing: it joins its group. If that lasts, see whether the brokers are up.",
    StreamStatus.RUNNING: "Nothing. If the lag grows, start more instances, up to one for each partition.",
    StreamStatus.WAITING: "Mend what it waits for: no event is lost meanwhile, and it goes on by itself.",
    StreamStatus.STOPPED: "Nothing: it was told to stop. Started again, it goes on where it was.",
    StreamStatus.FAILED: "Mend what the error says, and start it again: it goes on where it was.",
}
_TO_DO_IF_SILENT = (
    "Its process is dead, cut off, or cannot reach PostgreSQL: see its supervisor. The others of its group"
    " have its partitions, and no event is lost."
)


class StreamForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic while it runs
    """What officers are told about the figures of a stream."""

    class Meta:
        model = StreamRun
        fields = ()
        labels = {"group": "Consumer group", "events": "Events committed"}
        help_texts = {
            "lag": "How many offsets of this process's partitions are not committed yet.",
            "watermark": "How many entries of the ledger the last decisions rested on.",
            "events": "Events of transactions that were not committed are in no count.",
        }


@admin.register(StreamRun)
class StreamRunAdmin(ModelAdmin):
    """Processes that run streams, the latest first, with what they wait for and what to do."""

    list_display = (
        "input_topic",
        "purpose",
        "destination",
        "instance",
        "state",
        "lag",
        "events",
        "allowed",
        "denied",
        "last_seen_at",
    )
    list_filter = ("status", "purpose", "destination", "input_topic", "group")
    search_fields = ("=id", "=input_topic", "=group", "=instance")
    search_help_text = "A topic, a group, an instance, or a row's id"
    ordering = ("-started_at", "id")
    list_per_page = 50
    show_full_result_count = False
    form = StreamForm
    fieldsets = (
        (None, {"fields": ("state", "what_to_do", "waiting_for", "error")}),
        ("Question", {"fields": ("purpose", "destination", "controller")}),
        (
            "Kafka",
            {
                "fields": (
                    "input_topic",
                    "allowed_topic",
                    "denied_topic",
                    "group",
                    "instance",
                    "guarantee",
                    "partitions",
                    "lag",
                )
            },
        ),
        ("Events", {"fields": ("events", "allowed", "denied", "denied_for")}),
        ("Ground", {"fields": ("policy_version", "watermark")}),
        ("Times", {"fields": ("started_at", "last_seen_at", "ended_at")}),
    )
    readonly_fields = ("state", "what_to_do", "denied_for")

    @display(  # type: ignore[untyped-decorator]  # unfold has no types
        description="Status",
        ordering="status",
        label={
            StreamStatus.STARTING.value: "info",
            StreamStatus.RUNNING.value: "success",
            StreamStatus.WAITING.value: "warning",
            StreamStatus.FAILED.value: "danger",
            _SILENT: "danger",
        },
    )
    def state(self, run: StreamRun) -> str:
        """Return where the process stands; `silent` if it has not been heard of."""
        return _SILENT if _is_silent(run) else run.status

    @admin.display(description="What to do")
    def what_to_do(self, run: StreamRun) -> str:
        """Return what an operator can do now."""
        return _TO_DO_IF_SILENT if _is_silent(run) else _TO_DO[StreamStatus(run.status)]

    @admin.display(description="Denied for")
    def denied_for(self, run: StreamRun) -> SafeString | str:
        """Return the reasons with their counts, the most frequent first."""
        counts = sorted(run.denied_by_reason.items(), key=lambda pair: (-pair[1], pair[0]))
        rows = format_html_join(
            "", "<li>{}: {}</li>", ((name.replace("_", " "), f"{n:,}") for name, n in counts)
        )
        return format_html("<ul>{}</ul>", rows) if rows else "—"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: a process writes its own row."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: what a process did is not edited."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: what a process did stays."""
        return False


def _is_silent(run: StreamRun) -> bool:
    return run.status not in ENDED and timezone.now() - run.last_seen_at > SILENT_AFTER
