"""Runs in the admin: to read, never to change."""

# ruff: noqa: ARG002 - the signatures are Django's

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from activation.enforcement.canaries.admin import IncidentAdmin, SelfTestAdmin
from activation.enforcement.coverage_page import EXPLANATION, CoverageForm, lay_out
from activation.enforcement.membership.admin import HoldingAdmin
from activation.enforcement.models import EnforcementRun
from activation.enforcement.recipients.admin import RecipientNoticeAdmin
from activation.enforcement.reconciliation.admin import ReconciliationAdmin
from activation.enforcement.standing.admin import RunOrderAdmin, StandingAudienceAdmin
from activation.enforcement.streaming.admin import StreamRunAdmin
from activation.enforcement.suppression.admin import ParcelAdmin, SuppressionAdmin
from activation.enforcement.types import DeliveryState, RunStatus
from consent.kernel.errors import AccordantError

__all__ = [
    "EnforcementRunAdmin",
    "HoldingAdmin",
    "IncidentAdmin",
    "ParcelAdmin",
    "RecipientNoticeAdmin",
    "ReconciliationAdmin",
    "RunOrderAdmin",
    "SelfTestAdmin",
    "StandingAudienceAdmin",
    "StreamRunAdmin",
    "SuppressionAdmin",
]


_HANDED_OVER = {
    DeliveryState.NONE: "not handed over",  # the files alone, or it did not come to that
    DeliveryState.SENDING: "rows may be there",
    DeliveryState.ACKNOWLEDGED: "acknowledged",
}


class RunForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic while it runs
    """What officers are told about the figures of a run."""

    class Meta:
        model = EnforcementRun
        fields = ()
        labels = {
            "canaries": "Canaries",
            "delivery_reference": "Acknowledged as",
            "pulled_back": "Rows taken out again",
            "states_watermark": "Watermark of the file of people",
        }
        help_texts = {
            "watermark": "How many entries of the ledger the decisions rest on.",
            "states_watermark": (
                "The file that most people were looked up in rests on this many entries of the ledger."
                " Whoever changed from there to the watermark was looked up by themselves."
            ),
            "canaries": (
                "Rows of invented people who said no, hidden among the others. All were denied, and no count"
                " has them."
            ),
            "delivery_reference": "The destination's own name for what it took.",
            "pulled_back": (
                "People who changed while their rows were handed over were taken out of the destination."
            ),
        }


@admin.register(EnforcementRun)
class EnforcementRunAdmin(ModelAdmin):
    """Runs, the latest first, with what they allowed and why they denied."""

    list_display = (
        "started_at",
        "purpose",
        "destination",
        "controller",
        "state",
        "rows_in",
        "allowed",
        "denied",
        "handed_over",
    )
    list_filter = ("status", "delivery", "purpose", "destination", "controller")
    search_fields = ("=id", "=manifest_digest")
    search_help_text = "A run's id, or its manifest's digest"
    ordering = ("-started_at", "id")
    list_per_page = 50
    show_full_result_count = False
    fieldsets = (
        (None, {"fields": ("id", "state", "purpose", "destination", "controller", "error")}),
        ("Rows", {"fields": ("rows_in", "allowed", "denied", "denied_for", "canaries")}),
        ("Delivery", {"fields": ("handed_over", "delivery_reference", "pulled_back")}),
        (
            "Ground",
            {
                "fields": (
                    "policy_version",
                    "policy_digest",
                    "watermark",
                    "states_watermark",
                    "manifest_digest",
                )
            },
        ),
        ("Files", {"fields": ("input", "output")}),
        ("Times", {"fields": ("decided_at", "started_at", "finished_at")}),
    )
    readonly_fields = ("state", "denied_for", "handed_over")
    form = RunForm
    actions_list = ("coverage",)

    @display(  # type: ignore[untyped-decorator]  # unfold has no types
        description="Status",
        label={
            RunStatus.RUNNING.value: "info",
            RunStatus.COMPLETED.value: "success",
            RunStatus.FAILED.value: "danger",
            RunStatus.ABANDONED.value: "warning",
        },
    )
    def state(self, run: EnforcementRun) -> str:
        """Return where the run stands."""
        return run.status

    @display(  # type: ignore[untyped-decorator]  # unfold has no types
        description="Handed over",
        ordering="delivery",
        label={
            _HANDED_OVER[DeliveryState.SENDING]: "warning",
            _HANDED_OVER[DeliveryState.ACKNOWLEDGED]: "success",
        },
    )
    def handed_over(self, run: EnforcementRun) -> str:
        """Return how far the destination has the rows."""
        return _HANDED_OVER[DeliveryState(run.delivery)]

    @admin.display(description="Denied for")
    def denied_for(self, run: EnforcementRun) -> SafeString | str:
        """Return the reasons with their counts, the most frequent first."""
        counts = sorted(run.denied_by_reason.items(), key=lambda pair: (-pair[1], pair[0]))
        rows = format_html_join(
            "", "<li>{}: {}</li>", ((name.replace("_", " "), f"{n:,}") for name, n in counts)
        )
        return format_html("<ul>{}</ul>", rows) if rows else "—"

    @action(  # type: ignore[untyped-decorator]  # unfold has no types
        description="Report coverage", url_path="coverage", permissions=["view"], icon="rule"
    )
    def coverage(self, request: HttpRequest) -> HttpResponse:
        """Answer with the page that tells what would become of a list; on POST, with its report."""
        at = timezone.now()
        is_asked = request.method == "POST"
        form = CoverageForm(request.POST, request.FILES, at=at) if is_asked else CoverageForm(at=at)
        report = None
        if is_asked and form.is_valid():
            try:
                report = form.report(at=at)
            except AccordantError as error:
                form.add_error("file", str(error))
        context = {
            **self.admin_site.each_context(request),
            "title": "Report coverage",
            "opts": self.opts,
            "form": form,
            "explanation": EXPLANATION,
            "report": report,
            "tables": lay_out(report) if report else [],
        }
        return TemplateResponse(request, "admin/enforcement/coverage.html", context)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: a run is started by what it runs on."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: what a run did is not edited."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: what a run did stays."""
        return False
