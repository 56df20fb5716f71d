"""Simulations in the admin: to begin, to watch, and to read before approving."""

# ruff: noqa: ARG002 - the signatures are Django's

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from activation.desk import queries, services
from activation.desk.lineage.admin import LineageAdmin
from activation.desk.lists.admin import SavedFilterAdmin
from activation.desk.lists.exporting.action import offer_everywhere
from activation.desk.models import SimulationRun
from activation.desk.person.admin import PersonVisitAdmin
from activation.desk.register.admin import RegisterAdmin
from activation.desk.request_page import EXPLANATION, SimulationForm
from activation.desk.review_page import describe_progress, describe_run
from activation.desk.tracing.admin import BreachReportAdmin, TraceReportAdmin
from activation.desk.types import RunStatus
from consent.kernel.errors import AccordantError
from lineage.leases.waking import wake

__all__ = [
    "BreachReportAdmin",
    "LineageAdmin",
    "PersonVisitAdmin",
    "RegisterAdmin",
    "SavedFilterAdmin",
    "SimulationRunAdmin",
    "TraceReportAdmin",
]

offer_everywhere()


@admin.register(SimulationRun)
class SimulationRunAdmin(ModelAdmin):
    """Simulations, the latest first, each with how far it is or what it found."""

    list_display = ("requested_at", "draft", "scope", "state", "progress", "touched", "officer")
    list_filter = ("status", "policy")
    list_select_related = ("officer",)
    search_fields = ("=id", "=draft_digest", "=figures_digest")
    search_help_text = "A simulation's id, or the digest of a draft or of figures"
    ordering = ("-requested_at", "id")
    list_per_page = 50
    show_full_result_count = False
    actions_list = ("simulate",)

    @admin.display(description="Draft", ordering="version")
    def draft(self, run: SimulationRun) -> str:
        """Return the policy's key and the draft's number."""
        return f"{run.policy} {run.version}"

    @admin.display(description="On")
    def scope(self, run: SimulationRun) -> str:
        """Return the list's name, if not everybody was asked about."""
        return run.audience or "everybody"

    @display(  # type: ignore[untyped-decorator]  # unfold has no types
        description="Status",
        ordering="status",
        label={
            RunStatus.RUNNING.value: "info",
            RunStatus.COMPLETED.value: "success",
            RunStatus.FAILED.value: "danger",
            RunStatus.ABANDONED.value: "warning",
        },
    )
    def state(self, run: SimulationRun) -> str:
        """Return where the run stands."""
        return run.status

    @admin.display(description="Progress")
    def progress(self, run: SimulationRun) -> str:
        """Return how many subjects are done, of how many."""
        return (
            "-"
            if run.status == RunStatus.WAITING
            else describe_progress(run.subjects_done, run.subjects_total)
        )

    @admin.display(description="People touched")
    def touched(self, run: SimulationRun) -> str:
        """Return how many people the draft would touch, once that is known."""
        return "-" if run.figures is None else f"{run.figures['people_touched']:,}"

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponseBase:
        """Answer with the list. A run whose process died is shown as abandoned."""
        services.close_dead_runs()
        answer: HttpResponseBase = super().changelist_view(request, extra_context)
        return answer

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        """Answer with the run's page: how far it is, or what it found."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        services.close_dead_runs()
        run = queries.get_run(run_id=_run_id(object_id))
        if run is None:
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "title": f"Simulation of {run.policy} {run.version}",
            "opts": self.opts,
            "may_start": self.has_start_permission(request),
            **describe_run(run),
        }
        return TemplateResponse(request, "admin/desk/simulation.html", context)

    @action(  # type: ignore[untyped-decorator]  # unfold has no types
        description="Simulate a draft", url_path="simulate", permissions=["start"], icon="science"
    )
    def simulate(self, request: HttpRequest) -> HttpResponseBase:
        """Answer with the page that asks which draft; on POST, begin and go on to the run's page."""
        is_asked = request.method == "POST"
        form = (
            SimulationForm(request.POST, request.FILES)
            if is_asked
            else SimulationForm(initial={"version": request.GET.get("version")})
        )
        if is_asked and form.is_valid():
            try:
                return self._begin(request, form)
            except AccordantError as refusal:
                form.add_error(None, f"{refusal}.")
        context = {
            **self.admin_site.each_context(request),
            "title": "Simulate a draft",
            "opts": self.opts,
            "form": form,
            "explanation": EXPLANATION,
        }
        return TemplateResponse(request, "admin/desk/simulate.html", context)

    def _begin(self, request: HttpRequest, form: SimulationForm) -> HttpResponseBase:
        with transaction.atomic():
            run_id = form.begin(officer_id=request.user.pk)
            transaction.on_commit(partial(wake, "desk.simulate", run_id=str(run_id)))
        self.message_user(request, "Begun. This page tells how far it is.", messages.SUCCESS)
        return redirect(reverse("admin:activation_desk_simulationrun_change", args=[run_id]))

    def has_start_permission(self, request: HttpRequest, _object_id: str | None = None) -> bool:
        """Return whether the officer may begin simulations."""
        return request.user.has_perm("activation_desk.start_simulationrun")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: a simulation is begun on a page of its own."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: what was found is not edited."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: what an approval may rest on stays."""
        return False


def _run_id(object_id: str) -> UUID:
    try:
        return UUID(unquote(object_id))
    except ValueError:
        raise Http404 from None
