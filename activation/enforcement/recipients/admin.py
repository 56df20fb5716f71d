"""Notices to recipients in the admin: to read, and to say what became of them. They name nobody."""

# ruff: noqa: ARG002 - the signatures are Django's

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminTextInputWidget

from activation.enforcement.canaries.admin import ReadOnlyAdmin
from activation.enforcement.recipients.models import RecipientNotice
from activation.enforcement.recipients.services import mark_told
from consent.kernel.errors import AccordantError

_TELL = "activation_enforcement.tell_recipients"
_CASE = "admin:consent_requests_request_change"


class NoticeActionForm(ActionForm):
    """The choice of what became of notices, and what is noted of it."""

    note = forms.CharField(
        label="How, or why not (no personal data)",
        required=False,
        max_length=500,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )


class OpenFilter(admin.SimpleListFilter):
    """Notices that somebody has to pass on, and those that were."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the two."""
        return [("open", "to be told"), ("over", "told, or impossible")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[RecipientNotice]
    ) -> QuerySet[RecipientNotice]:
        """Return those in the state chosen."""
        if self.value() is None:
            return queryset
        return queryset.filter(told_at__isnull=self.value() == "open")


@admin.register(RecipientNotice)
class RecipientNoticeAdmin(ReadOnlyAdmin):
    """Recipients that an officer has to tell of a rectification or a restriction, the oldest first."""

    list_display = ("destination", "what", "case", "made_at", "became", "told_by", "note")
    list_filter = (OpenFilter, "what", "destination")
    list_select_related = ("telling", "told_by")
    list_per_page = 50
    ordering = ("made_at", "pk")
    action_form = NoticeActionForm
    actions = ("say_told", "say_impossible")
    fields = ("destination", "what", "case", "made_at", "became", "told_at", "told_by", "note")
    readonly_fields = ("case", "became")

    @admin.display(description="Request")
    def case(self, notice: RecipientNotice) -> SafeString:
        """Return a link to the request's page."""
        page = reverse(_CASE, args=[notice.telling.request_id])
        return format_html('<a href="{}">the request</a>', page)

    @admin.display(description="State")
    def became(self, notice: RecipientNotice) -> str:
        """Return what became of it."""
        if notice.told_at is None:
            return "to be told"
        return "not possible" if notice.is_impossible else "told"

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the officer may see notices: who tells recipients does."""
        return self.has_tell_permission(request) or bool(super().has_view_permission(request, obj))

    def has_tell_permission(self, request: HttpRequest, _object_id: str | None = None) -> bool:
        """Return whether the officer may say what became of notices."""
        return request.user.has_perm(_TELL)

    @action(description="They were told", permissions=["tell"])  # type: ignore[untyped-decorator]  # unfold has no types
    def say_told(self, request: HttpRequest, queryset: QuerySet[RecipientNotice]) -> None:
        """Put on record that the recipients of the selected notices were told."""
        self._mark(request, queryset, is_impossible=False)

    @action(description="They cannot be told", permissions=["tell"])  # type: ignore[untyped-decorator]  # as above
    def say_impossible(self, request: HttpRequest, queryset: QuerySet[RecipientNotice]) -> None:
        """Put on record that it is impossible, or needs disproportionate effort, and why."""
        self._mark(request, queryset, is_impossible=True)

    def _mark(
        self, request: HttpRequest, queryset: QuerySet[RecipientNotice], *, is_impossible: bool
    ) -> None:
        note, done = request.POST.get("note", ""), 0
        for pk, destination in queryset.order_by("made_at", "pk").values_list("pk", "destination"):
            try:
                mark_told(pk, officer_id=request.user.pk or 0, note=note, is_impossible=is_impossible)
            except AccordantError as refusal:
                messages.error(request, f"{destination}: {refusal}.")
            else:
                done += 1
        if done:
            messages.success(request, f"{done} on record. Their requests go on with the next look.")
