"""Standing audiences in the admin: defined, run, paused and measured there."""

# ruff: noqa: ARG002 - the signatures are Django's

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from activation.enforcement.standing import services, waking
from activation.enforcement.standing.admin.forms import AudienceForm
from activation.enforcement.standing.admin.page import name_officer, show_drift, show_runs
from activation.enforcement.standing.models import RunOrder, StandingAudience
from activation.enforcement.standing.queries import list_states
from activation.enforcement.standing.types import OrderSource
from consent.kernel.errors import AccordantError


@admin.register(StandingAudience)
class StandingAudienceAdmin(ModelAdmin):
    """Standing audiences by slug, each with when it runs next and whether what it sent is wrong by now."""

    form = AudienceForm
    list_display = ("slug", "title", "purpose", "destination", "schedule", "state", "next_run_at", "wrong")
    list_filter = ("is_active", "purpose", "destination", "rerun")
    search_fields = ("slug", "title")
    ordering = ("slug", "pk")
    fieldsets = (
        (None, {"fields": ("slug", "title", "purpose", "destination", "controller")}),
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
                definition=form.definition, changed_by=name_officer(request), at=timezone.now()
            )
            return
        services.define_audience(
            definition=form.definition, created_by=name_officer(request), at=timezone.now()
        )
        obj.pk = StandingAudience.objects.values_list("pk", flat=True).get(slug=obj.slug)

    def delete_model(self, request: HttpRequest, obj: StandingAudience) -> None:
        """Forget the audience and its drift; its runs stay."""
        services.delete_audience(slug=obj.slug, deleted_by=name_officer(request), at=timezone.now())

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
            by = name_officer(request)
            waking.wake_for_order(
                services.run_now(slug=slug, source=OrderSource.ADMIN, asked_by=by, at=timezone.now())
            )

        self._each(request, queryset, run, "A worker runs {} now.")

    @action(description="Pause", permissions=["change"])  # type: ignore[untyped-decorator]  # unfold has no types
    def pause(self, request: HttpRequest, queryset: QuerySet[StandingAudience]) -> None:
        """Run the selected audiences no more by themselves."""

        def pause(slug: str) -> None:
            services.pause_audience(slug=slug, changed_by=name_officer(request), at=timezone.now())

        self._each(request, queryset, pause, "{} is paused.")

    @action(description="Resume", permissions=["change"])  # type: ignore[untyped-decorator]  # unfold has no types
    def resume(self, request: HttpRequest, queryset: QuerySet[StandingAudience]) -> None:
        """Run the selected audiences by themselves again."""

        def resume(slug: str) -> None:
            services.resume_audience(slug=slug, changed_by=name_officer(request), at=timezone.now())

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
