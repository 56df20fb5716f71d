"""Standing audiences and orders for runs in the admin."""

# ruff: noqa: ARG002 - the signatures are Django's

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from activation.enforcement.standing import services, waking
from activation.enforcement.standing.forms import AudienceForm
from activation.enforcement.standing.models import RunOrder, StandingAudience
from activation.enforcement.standing.page import show_drift, show_runs, tell_progress
from activation.enforcement.standing.queries import list_states
from activation.enforcement.standing.types import OrderSource, WorkStatus
from consent.kernel.errors import AccordantError

_COLOURS = {
    WorkStatus.RUNNING.value: "info",
    WorkStatus.COMPLETED.value: "success",
    WorkStatus.FAILED.value: "danger",
    WorkStatus.CANCELLED.value: "warning",
}


@admin.register(StandingAudience)
class StandingAudienceAdmin(ModelAdmin):
    """Standing audiences by slug, each with when it runs next and whether what it sent is wrong by now."""

    form = AudienceForm
    list_display = ("slug", "title", "purpose", "destination", "schedule", "state", "next_run_at", "wrong")
    list_filter = ("is_active", "purpose", "destination", "rerun")
    search_fields = ("slug", "title")
    ordering = ("slug", "pk")
    fieldsets = (
        (None, {"fields": ("slug", "title", ("purpose", "destination", "controller"))}),
        ("List", {"fields": ("input", "audience_format", "columns")}),
        ("When", {"fields": ("schedule", "rerun")}),
    )
    told = (
        ("Where it stands", {"fields": ("state", "next_run_at", "last_runs")}),
        ("Drift", {"fields": ("drift",)}),
        ("Origin", {"fields": ("created_by", "created_at", "changed_at")}),
    )
    readonly_fields = ("state", "next_run_at", "last_runs", "drift", "created_by", "created_at", "changed_at")
    actions = ("run_now", "pause", "resume", "measure")

    def get_fieldsets(self, request: HttpRequest, obj: StandingAudience | None = None) -> Any:
        """Return what is asked; of an audience that there is, also what became of it."""
        return self.fieldsets if obj is None else (*self.fieldsets, *self.told)

    def get_queryset(self, request: HttpRequest) -> QuerySet[StandingAudience]:
        """Return the audiences, each with how many were wrong when it was last measured."""
        return list_states()

    @display(description="State", label={"active": "success", "paused": "warning"})  # type: ignore[untyped-decorator]  # unfold has no types
    def state(self, audience: StandingAudience) -> str:
        """Return whether the audience runs by itself."""
        return "active" if audience.is_active else "paused"

    @admin.display(description="Sent, and may not be")
    def wrong(self, audience: Any) -> str:
        """Return how many identifiers were sent that would be denied, when that was last measured."""
        return "-" if audience.wrong is None else f"{audience.wrong:,}"

    @admin.display(description="Last runs")
    def last_runs(self, audience: StandingAudience) -> SafeString | str:
        """Return the audience's last runs."""
        return show_runs(audience)

    @admin.display(description="What was sent, and may not be")
    def drift(self, audience: StandingAudience) -> SafeString | str:
        """Return what was last found out about the audience's drift."""
        return show_drift(audience)

    def save_model(self, request: HttpRequest, obj: StandingAudience, form: Any, change: bool) -> None:
        """Define or change the audience. Django passes `change` by position."""
        if change:
            services.change_audience(
                definition=form.definition, changed_by=_officer(request), at=timezone.now()
            )
            return
        services.define_audience(definition=form.definition, created_by=_officer(request), at=timezone.now())
        obj.pk = StandingAudience.objects.values_list("pk", flat=True).get(slug=obj.slug)

    def delete_model(self, request: HttpRequest, obj: StandingAudience) -> None:
        """Forget the audience and its drift; its runs stay."""
        services.delete_audience(slug=obj.slug, deleted_by=_officer(request), at=timezone.now())

    def has_delete_permission(self, request: HttpRequest, obj: StandingAudience | None = None) -> bool:
        """Return False for an audience with a run that waits or is under way."""
        is_busy = obj is not None and RunOrder.objects.unfinished().filter(audience=obj).exists()
        return not is_busy and super().has_delete_permission(request, obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return the list's actions. Audiences are deleted one by one, each from its page."""
        offered: dict[str, Any] = super().get_actions(request)
        offered.pop("delete_selected", None)
        return offered

    def has_run_permission(self, request: HttpRequest, _object_id: str | None = None) -> bool:
        """Return whether the officer may let audiences leave."""
        return request.user.has_perm("activation_enforcement.run_standingaudience")

    @action(description="Run now", permissions=["run"])  # type: ignore[untyped-decorator]  # unfold has no types
    def run_now(self, request: HttpRequest, queryset: QuerySet[StandingAudience]) -> None:
        """Set a run of the selected audiences down."""

        def run(slug: str) -> None:
            by = _officer(request)
            waking.wake_for_order(
                services.run_now(slug=slug, source=OrderSource.ADMIN, asked_by=by, at=timezone.now())
            )

        self._each(request, queryset, run, "A worker runs {} now.")

    @action(description="Pause", permissions=["change"])  # type: ignore[untyped-decorator]  # unfold has no types
    def pause(self, request: HttpRequest, queryset: QuerySet[StandingAudience]) -> None:
        """Run the selected audiences no more by themselves."""

        def pause(slug: str) -> None:
            services.pause_audience(slug=slug, changed_by=_officer(request), at=timezone.now())

        self._each(request, queryset, pause, "{} is paused.")

    @action(description="Resume", permissions=["change"])  # type: ignore[untyped-decorator]  # unfold has no types
    def resume(self, request: HttpRequest, queryset: QuerySet[StandingAudience]) -> None:
        """Run the selected audiences by themselves again."""

        def resume(slug: str) -> None:
            services.resume_audience(slug=slug, changed_by=_officer(request), at=timezone.now())

        self._each(request, queryset, resume, "{} runs by itself again.")

    @action(description="Measure drift now", permissions=["run"])  # type: ignore[untyped-decorator]  # unfold has no types
    def measure(self, request: HttpRequest, queryset: QuerySet[StandingAudience]) -> None:
        """Have the drift of the selected audiences measured."""

        def measure(slug: str) -> None:
            waking.wake_for_measuring(services.ask_for_measuring(slug=slug))

        self._each(request, queryset, measure, "A worker measures the drift of {} now.")

    def _each(
        self,
        request: HttpRequest,
        queryset: QuerySet[StandingAudience],
        act: Callable[[str], None],
        done: str,
    ) -> None:
        for slug in list(queryset.order_by("slug").values_list("slug", flat=True)):
            try:
                act(slug)
            except AccordantError as error:
                self.message_user(request, f"{slug}: {error}.", messages.ERROR)
            else:
                self.message_user(request, done.format(slug), messages.SUCCESS)


@admin.register(RunOrder)
class RunOrderAdmin(ModelAdmin):
    """Orders for runs, the latest first, each with how far it is. To read, and to cancel."""

    list_display = ("asked_at", "audience_slug", "purpose", "destination", "state", "progress", "source")
    list_filter = ("status", "purpose", "destination", "audience_slug", "source")
    search_fields = ("=id", "=run_id", "=audience_slug")
    search_help_text = "The id of an order or of its run, or an audience's slug"
    ordering = ("-asked_at", "id")
    list_per_page = 50
    show_full_result_count = False
    fieldsets = (
        (None, {"fields": ("id", "state", "progress", "error", "run")}),
        ("What", {"fields": ("audience_slug", "purpose", "destination", "controller", "input")}),
        ("Who and when", {"fields": ("source", "asked_by", "asked_at", "started_at", "finished_at")}),
        ("Further", {"fields": ("attempt", "stop_asked_at", "not_after")}),
    )
    readonly_fields = ("state", "progress", "run")
    actions = ("cancel",)

    @display(description="Status", ordering="status", label=_COLOURS)  # type: ignore[untyped-decorator]  # unfold has no types
    def state(self, order: RunOrder) -> str:
        """Return where the order stands."""
        return order.status

    @admin.display(description="Progress")
    def progress(self, order: RunOrder) -> str:
        """Return how many rows are done."""
        return tell_progress(order)

    @admin.display(description="Run")
    def run(self, order: RunOrder) -> SafeString | str:
        """Return the way to the run that the order became."""
        if order.run_id is None:
            return "-"
        page = reverse("admin:activation_enforcement_enforcementrun_change", args=[order.run_id])
        return format_html('<a class="text-primary-600" href="{}">{}</a>', page, order.run_id)

    @action(description="Cancel", permissions=["cancel"])  # type: ignore[untyped-decorator]  # unfold has no types
    def cancel(self, request: HttpRequest, queryset: QuerySet[RunOrder]) -> None:
        """Stop the selected runs: at once if they wait, else before their next batch of rows."""
        for order in queryset.order_by("asked_at", "pk"):
            try:
                services.cancel_order(order_id=order.pk, asked_by=_officer(request), at=timezone.now())
            except AccordantError as error:
                self.message_user(request, f"{order}: {error}.", messages.ERROR)
            else:
                self.message_user(request, f"{order} stops.", messages.SUCCESS)

    def has_cancel_permission(self, request: HttpRequest, _object_id: str | None = None) -> bool:
        """Return whether the officer may stop runs."""
        return request.user.has_perm("activation_enforcement.cancel_runorder")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: a run is asked for in the list of audiences, or over the API."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: what was asked is not edited."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: what was asked stays on record."""
        return False


def _officer(request: HttpRequest) -> str:
    return f"officer {request.user.pk}"
