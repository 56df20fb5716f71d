"""Suppressions in the admin: to read, to acknowledge by hand, and to have sent again. They name nobody."""

# ruff: noqa: ARG002 - the signatures are Django's

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action, display
from unfold.forms import ActionForm
from unfold.widgets import UnfoldBooleanWidget

from activation.enforcement.canaries.admin import ReadOnlyAdmin
from activation.enforcement.standing.admin.page import name_officer
from activation.enforcement.suppression import services, waking
from activation.enforcement.suppression.admin.timeline import show_timeline
from activation.enforcement.suppression.admin.withdrawals import lay_out
from activation.enforcement.suppression.admin.wording import ENDED, WAITS_FOR, WHAT_TO_DO, tell_duration
from activation.enforcement.suppression.clocks import explain
from activation.enforcement.suppression.models import Suppression
from activation.enforcement.suppression.types import SuppressionState
from activation.enforcement.wording import tell_reason
from consent.kernel.errors import AccordantError

_COLOURS = {
    SuppressionState.WAITING.value: "info",
    SuppressionState.ACKNOWLEDGED.value: "success",
    SuppressionState.BY_HAND.value.replace("_", " "): "success",
    SuppressionState.PARKED.value: "danger",
    SuppressionState.SUPERSEDED.value: "default",
}
_UNFINISHED = (SuppressionState.WAITING, SuppressionState.PARKED)
_OBJECTIONS = {
    services.Objection.BEING_SENT: "is being handed over, or people are to its audience: try again then",
    services.Objection.SUPERSEDED: "was made up for by a newer one",
    services.Objection.NOT_PARKED: "is not parked",
    services.Objection.UNKNOWN: "is not there any more",
}


class ConfirmActionForm(ActionForm):
    """The choice of an action, and the confirmation that an acknowledgement by hand needs."""

    confirmed = forms.BooleanField(
        label="These people were taken out there", required=False, widget=UnfoldBooleanWidget
    )


class Overdue(admin.SimpleListFilter):
    """Those that are not done and should be."""

    title = "due"
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return what can be chosen."""
        return [("overdue", "Overdue"), ("unfinished", "Not done")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Suppression]) -> QuerySet[Suppression]:
        """Keep what was chosen."""
        if self.value() == "overdue":
            before = timezone.now() - settings.PULL_THROUGH_DUE
            return queryset.filter(state__in=_UNFINISHED, recorded_at__lt=before)
        return queryset.filter(state__in=_UNFINISHED) if self.value() == "unfinished" else queryset


@admin.register(Suppression)
class SuppressionAdmin(ReadOnlyAdmin):
    """Suppressions, the latest first, each with how far it came."""

    list_display = ("id", "destination", "audience", "cause", "stands", "recorded_at", "took")
    list_filter = (Overdue, "state", "cause", "destination")
    list_select_related = ("holding",)
    search_fields = ("subject_ref",)
    search_help_text = "The whole reference of a data subject"
    ordering = ("-pk",)
    action_form = ConfirmActionForm
    actions = ("acknowledge_by_hand", "send_again")
    actions_list = ("withdrawals",)
    fieldsets = (
        (None, {"fields": ("stands", "clock", "to_do")}),
        ("What", {"fields": ("destination", "holding", "subject_ref", "cause", "because", "entry")}),
        ("Delivery", {"fields": ("parcel", "is_urgent", "goes_alone", "error", "ended_by")}),
    )
    readonly_fields = ("stands", "clock", "to_do", "because")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Suppression], search_term: str
    ) -> tuple[QuerySet[Suppression], bool]:
        """Keep those of the subject whose reference was entered: whole, so that an index leads there."""
        term = search_term.strip()
        return (queryset.filter(subject_ref=term) if term else queryset), False

    @display(description="State", ordering="state", label=_COLOURS)  # type: ignore[untyped-decorator]  # unfold has no types
    def stands(self, one: Suppression) -> str:
        """Return how far the suppression came."""
        return one.state.replace("_", " ")

    @admin.display(description="Audience")
    def audience(self, one: Suppression) -> str:
        """Return the audience that the person is taken out of."""
        return one.holding.audience

    @admin.display(description="Took, or waits")
    def took(self, one: Suppression) -> str:
        """Return how long it took from recorded to done, or takes by now."""
        return tell_duration((one.ended_at or timezone.now()) - one.recorded_at)

    @admin.display(description="Clock")
    def clock(self, one: Suppression) -> SafeString:
        """Return when it was recorded, enforced and done."""
        return show_timeline(one)

    @admin.display(description="What to do")
    def to_do(self, one: Suppression) -> SafeString | str:
        """Return what an unfinished one waits for, and what helps."""
        if one.state not in _UNFINISHED:
            return f"Nothing: it was {ENDED[SuppressionState(one.state)]}."
        waits_for, error = explain(one)
        told = format_html("<p>The error: {}</p>", error) if error else ""
        words = WAITS_FOR[waits_for], WHAT_TO_DO[waits_for]
        return format_html("<p>It waits for {}.</p>{}<p>{}</p>", words[0], told, words[1])

    @admin.display(description="Because")
    def because(self, one: Suppression) -> str:
        """Return the decision's reason in plain words."""
        return tell_reason(one.reason) or one.reason

    def has_acknowledge_permission(self, request: HttpRequest, _object_id: str | None = None) -> bool:
        """Return whether the officer may end suppressions by hand, and have them sent again."""
        return request.user.has_perm("activation_enforcement.acknowledge_suppression")

    @action(description="Acknowledge by hand", permissions=["acknowledge"])  # type: ignore[untyped-decorator]  # unfold has no types
    def acknowledge_by_hand(self, request: HttpRequest, queryset: QuerySet[Suppression]) -> None:
        """Put on record that the people of the selected suppressions were taken out by hand."""
        if request.POST.get("confirmed") not in {"on", "true", "True", "1"}:
            messages.error(request, "Tick that these people were taken out there: nothing was changed.")
            return
        ids = list(queryset.order_by("pk").values_list("pk", flat=True))
        by = name_officer(request)
        try:
            outcome = services.acknowledge_by_hand(ids=ids, by=by, at=timezone.now())
        except AccordantError as error:
            messages.error(request, f"Nothing was changed: {error}")
        else:
            self._tell(request, outcome, "acknowledged")

    @action(description="Send again", permissions=["acknowledge"])  # type: ignore[untyped-decorator]  # unfold has no types
    def send_again(self, request: HttpRequest, queryset: QuerySet[Suppression]) -> None:
        """Let the selected parked suppressions be handed over again; of others, what rests, at once."""
        ids = list(queryset.order_by("pk").values_list("pk", flat=True))
        resting = queryset.filter(state=SuppressionState.WAITING).order_by()
        for destination in sorted(set(queryset.order_by().values_list("destination", flat=True))):
            services.retry_now(destination=destination)
        parked = services.send_again(ids=ids, by=name_officer(request), at=timezone.now())
        waiting = set(resting.values_list("pk", flat=True)) - set(parked.done)
        told = {pk: why for pk, why in parked.objections.items() if pk not in waiting}
        self._tell(request, services.Outcome([*parked.done, *waiting], [], told), "to be sent now")
        for destination in sorted(set(queryset.order_by().values_list("destination", flat=True))):
            waking.wake_for_destination(destination)

    @action(  # type: ignore[untyped-decorator]  # unfold has no types
        description="Withdrawals", url_path="withdrawals", permissions=["view"], icon="timer"
    )
    def withdrawals(self, request: HttpRequest) -> HttpResponse:
        """Answer with how every destination stands."""
        context = {
            **self.admin_site.each_context(request),
            "title": "Withdrawals",
            "opts": self.opts,
            "tables": lay_out(),
        }
        return TemplateResponse(request, "admin/enforcement/withdrawals.html", context)

    def _tell(self, request: HttpRequest, outcome: services.Outcome, done: str) -> None:
        if outcome.done:
            messages.success(request, f"{len(outcome.done)} {done}.")
        for pk, why in sorted(outcome.objections.items()):
            messages.error(request, f"Suppression {pk} {_OBJECTIONS[why]}.")
