"""Consent records, choices in force and invalidations in the admin. Evidence is to read, never to change."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextInputWidget

from consent.kernel.errors import AccordantError
from consent.ledger.admin import EvidenceAdmin, go_to
from consent.records import services
from consent.records.invalidation import MAX_REASON
from consent.records.models import ConsentRecord, CurrentChoice, InvalidationRun
from consent.records.types import Collected
from consent.verifier.receipts.signing import MEDIA_TYPE


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
    actions_detail = ("receipt",)

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

    @action(description="Receipt", permissions=["view"])  # type: ignore[untyped-decorator]
    def receipt(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Hand out the record's receipt as a file, or say on the record's page why there is none."""
        record_id = unquote(object_id)
        try:
            content = services.get_receipt(record_id=record_id, at=timezone.now())
        except AccordantError as refusal:
            self.message_user(request, f"No receipt: {refusal}.", messages.ERROR)
            return redirect("admin:consent_records_consentrecord_change", object_id)
        disposition = f'attachment; filename="{record_id}.jws"'
        return HttpResponse(content, content_type=MEDIA_TYPE, headers={"Content-Disposition": disposition})


@admin.register(CurrentChoice)
class CurrentChoiceAdmin(EvidenceAdmin):
    """What the records of each subject come to now."""

    list_display = (
        "subject_id",
        "purpose",
        "controller",
        "destination",
        "choice",
        "effective_at",
        "expires_at",
    )
    list_filter = ("choice", "controller")
    search_fields = ("=subject__ref", "=record_id")
    ordering = ("subject", "purpose", "controller", "destination")


class InvalidationForm(BaseDialogForm):
    """What to invalidate and why. The first submission counts; the second, with the count shown, confirms."""

    form = forms.CharField(required=False, max_length=64, label="Form that collected it")
    notice = forms.CharField(required=False, max_length=64, label="Or notice that was shown")
    notice_version = forms.IntegerField(required=False, min_value=1, label="Version of the notice")
    controller = forms.CharField(required=False, max_length=64, label="Only grants to this controller")
    collected_from = forms.DateTimeField(required=False, label="Collected from (YYYY-MM-DD hh:mm, UTC)")
    collected_until = forms.DateTimeField(required=False, label="Collected before (YYYY-MM-DD hh:mm, UTC)")
    reason = forms.CharField(max_length=MAX_REASON, label="Reason (no personal data)")
    expected_count = forms.IntegerField(
        required=False,
        label="Grants that will be invalidated",
        widget=UnfoldAdminTextInputWidget(attrs={"readonly": True, "placeholder": "counted when you submit"}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, field in self.fields.items():
            if name not in {"_form_submitted", "expected_count"}:
                field.widget = UnfoldAdminTextInputWidget()

    def clean(self) -> dict[str, Any]:
        """Return the fields if the count shown is that of now; else show it and ask again."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        try:
            counted = services.count_collected(self.criteria())
        except AccordantError as refusal:
            self.add_error("form", f"{refusal}.")
            return cleaned
        if counted != cleaned.get("expected_count") or not counted:
            self.data: Any = {**self.data.dict(), "expected_count": str(counted)}
            self.add_error("expected_count", _ask_to_confirm(counted))
        return cleaned

    def criteria(self) -> Collected:
        """Return what the fields name."""
        fields = self.cleaned_data
        return Collected(
            form=fields["form"],
            notice=fields["notice"],
            notice_version=fields["notice_version"],
            controller=fields["controller"],
            collected_from=fields["collected_from"],
            collected_until=fields["collected_until"],
        )


def _ask_to_confirm(counted: int) -> str:
    if not counted:
        return "Nothing to invalidate matches."
    return f"{counted:,} grants match. Submit again to invalidate them."


@admin.register(InvalidationRun)
class InvalidationRunAdmin(EvidenceAdmin):
    """Invalidations, the latest first, each with how far it got."""

    list_display = ("what", "reason", "officer", "progress", "started_at", "finished_at")
    search_fields = ("=form", "=notice", "reason")
    search_help_text = "A form, a notice, or words of the reason"
    list_select_related = ("officer",)
    ordering = ("-started_at", "-pk")
    fields = (
        ("form", "notice", "notice_version"),
        "controller",
        ("collected_from", "collected_until"),
        "reason",
        "officer",
        "progress",
        ("started_at", "finished_at"),
    )
    actions_list = ("invalidate",)

    @admin.display(description="Collected by")
    def what(self, run: InvalidationRun) -> str:
        """Return the form or the notice."""
        return run.form or f"{run.notice} {run.notice_version}"

    @admin.display(description="Progress")
    def progress(self, run: InvalidationRun) -> str:
        """Return how many grants are done, of how many."""
        return f"{run.done:,} of {run.counted:,} ({100 * run.done // run.counted} %)"

    def has_invalidate_permission(self, request: HttpRequest, _object_id: str | None = None) -> bool:
        """Return whether the officer may invalidate what was collected."""
        return request.user.has_perm("consent_records.invalidate_collected")

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description="Invalidate what was collected",
        permissions=["invalidate"],
        dialog={
            "title": "Invalidate what was collected",
            "description": (
                "Every grant that a form or a notice version collected will be denied as invalidated. "
                "Nothing is deleted. The number is shown before anything happens."
            ),
            "form_class": InvalidationForm,
            "form_submit_text": "Count, then confirm",
        },
    )
    def invalidate(self, request: HttpRequest, form: InvalidationForm) -> HttpResponseBase:
        """Begin the invalidation that the officer confirmed; a worker carries it out."""
        try:
            run_id = services.start_invalidation(
                criteria=form.criteria(),
                officer_id=request.user.pk,
                reason=form.cleaned_data["reason"],
                expected_count=form.cleaned_data["expected_count"],
                at=timezone.now(),
            )
        except AccordantError as refusal:
            self.message_user(request, f"Not done: {refusal}.", messages.ERROR)
            return go_to(request, reverse("admin:consent_records_invalidationrun_changelist"))
        self.message_user(request, "Begun. Reload this page to see how far it got.", messages.SUCCESS)
        return go_to(request, reverse("admin:consent_records_invalidationrun_change", args=[run_id]))
