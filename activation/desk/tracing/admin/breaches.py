"""Breach reports in the admin: to open, to watch, to read; their list is handed out by two officers."""

# ruff: noqa: ARG002 - the signatures are Django's

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from unfold.decorators import action

from activation.desk.tracing import breaches, jobs
from activation.desk.tracing.admin import breach_page
from activation.desk.tracing.admin.breach_form import BreachForm
from activation.desk.tracing.admin.reports import ReportAdmin, Step, hand_out, read_id, read_officer
from activation.desk.tracing.models import BreachReport
from consent.kernel.errors import AccordantError
from lineage.leases.waking import wake

EXPLANATION = (
    "Whose data did a breach of one destination, or of one dataset, reach? A worker counts them, and seals a"
    " list for telling them. Nothing is sent to anybody."
)


@admin.register(BreachReport)
class BreachReportAdmin(ReportAdmin):
    """Breach reports, the latest first, each with its clock and how many people it found."""

    list_display = ("requested_at", "breached", "known_at", "clock", "people", "state", "officer")
    list_filter = ("scope", "status", "officer")
    search_fields = ("=id", "=name", "reason")
    actions_list = ("open_report",)

    @admin.display(description="Breach of", ordering="name")
    def breached(self, report: BreachReport) -> str:
        """Return what the breach is of."""
        return f"{report.scope} {report.label or report.name}"

    @admin.display(description="72 hours", ordering="known_at")
    def clock(self, report: BreachReport) -> str:
        """Return how the clock of Art. 33(1) stands."""
        return breach_page.tell_clock(report, timezone.now())[0]

    @admin.display(description="People")
    def people(self, report: BreachReport) -> str:
        """Return how many were found, once that is known."""
        found = report.figures
        return f"{found['people'] + found['strangers']:,}" if found else "-"

    @action(  # type: ignore[untyped-decorator]  # unfold has no types
        description="Report a breach", url_path="open", permissions=["manage"], icon="emergency_home"
    )
    def open_report(self, request: HttpRequest) -> HttpResponseBase:
        """Answer with the page that asks what was breached; on POST, begin and go on to the report's page."""
        form = BreachForm(request.POST or None, initial={"dataset": request.GET.get("dataset", "")})
        if request.method == "POST" and form.is_valid():
            try:
                return self._begin(request, form)
            except AccordantError as refusal:
                form.add_error(None, f"{refusal}.")
        return self.answer_page(
            request,
            "admin/desk/breach_asking.html",
            title="Report a breach",
            form=form,
            explanation=EXPLANATION,
        )

    def _begin(self, request: HttpRequest, form: BreachForm) -> HttpResponseBase:
        with transaction.atomic():
            report_id = breaches.open_breach_report(
                **form.asked(), officer_id=read_officer(request), at=timezone.now()
            )
            transaction.on_commit(partial(wake, "desk.report_breach", report_id=str(report_id)))
        self.message_user(request, "Begun. This page tells how far it is.", messages.SUCCESS)
        return redirect(self.page_of(report_id))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        """Answer with the report's page: how far it is, or what it found."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        jobs.close_dead(BreachReport)
        try:
            report = breaches.get_breach_report(read_id(object_id))
        except jobs.ReportNotFound:
            raise Http404 from None
        steps = breach_page.offered_steps(
            report,
            officer_id=read_officer(request),
            may_manage=self.has_manage_permission(request),
            may_open=self.has_open_permission(request),
        )
        downloads = report.downloads.select_related("officer").order_by("-downloaded_at", "-pk")
        return self.answer_page(
            request,
            "admin/desk/breach.html",
            title=f"Breach of {report.label or report.name}",
            report=report,
            steps=steps,
            opening=breach_page.tell_opening(report),
            downloads=[f"{one.downloaded_at:%Y-%m-%d %H:%M} UTC by {one.officer}" for one in downloads],
            **breach_page.describe_report(report, timezone.now()),
        )

    def steps(self) -> dict[str, Step]:
        """Return what can be done on a report's page."""
        return {
            "cancel": self.cancel,
            "again": self.again,
            "ask": self.ask,
            "approve": self.approve,
            "list": self.hand_out_list,
            "destroy": self.destroy,
        }

    def cancel(self, request: HttpRequest, report_id: UUID) -> HttpResponseBase:
        """Stop what a worker does."""
        self._insist(self.has_manage_permission(request))

        def stop(**given: Any) -> None:
            jobs.cancel(breaches.get_breach_report(report_id), **given)

        return self._do(request, report_id, stop, done="Stopped. What was found so far is thrown away.")

    def again(self, request: HttpRequest, report_id: UUID) -> HttpResponseBase:
        """Have the report worked out again."""
        self._insist(self.has_manage_permission(request))

        def begin(**given: Any) -> None:
            with transaction.atomic():
                breaches.work_out_again(report_id=report_id, **given)
                transaction.on_commit(partial(wake, "desk.report_breach", report_id=str(report_id)))

        return self._do(request, report_id, begin, done="Begun. This page tells how far it is.")

    def ask(self, request: HttpRequest, report_id: UUID) -> HttpResponseBase:
        """Ask for the list."""
        self._insist(self.has_open_permission(request))
        step = partial(breaches.ask_for_list, report_id=report_id)
        return self._do(request, report_id, step, done="Asked. Another officer has to approve on this page.")

    def approve(self, request: HttpRequest, report_id: UUID) -> HttpResponseBase:
        """Approve that the list is opened to whoever asked."""
        self._insist(self.has_open_permission(request))
        told = request.POST.get("asked_by", "")  # whom the page named: another may have asked since
        asked_by = int(told) if told.isascii() and told.isdigit() and len(told) < 19 else None
        step = partial(breaches.approve_list, report_id=report_id, asked_by=asked_by)
        return self._do(request, report_id, step, done="Approved. Whoever asked can download the list.")

    def destroy(self, request: HttpRequest, report_id: UUID) -> HttpResponseBase:
        """Destroy the list."""
        self._insist(self.has_manage_permission(request))
        step = partial(breaches.destroy_list, report_id=report_id)
        return self._do(request, report_id, step, done="The list is destroyed. The figures stay.")

    def hand_out_list(self, request: HttpRequest, report_id: UUID) -> HttpResponseBase:
        """Hand out the list, to the officer who asked and whom another approved."""
        self._insist(self.has_open_permission(request))
        try:
            parts = breaches.open_list(
                report_id=report_id, officer_id=read_officer(request), at=timezone.now()
            )
        except AccordantError as refusal:
            self.message_user(request, f"Not handed out: {refusal}.", messages.ERROR)
            return redirect(self.page_of(report_id))
        return hand_out(parts, media_type="application/x-ndjson", name=f"breach-{report_id}.ndjson")

    def _do(
        self, request: HttpRequest, report_id: UUID, step: Callable[..., object], *, done: str
    ) -> HttpResponseBase:
        officer_id = read_officer(request)
        return self.take(
            request, report_id, lambda: step(officer_id=officer_id, at=timezone.now()), done=done
        )

    def _insist(self, may: bool) -> None:
        if not may:
            raise PermissionDenied

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the officer may read breach reports."""
        return (
            self.has_manage_permission(request)
            or self.has_open_permission(request)
            or super().has_view_permission(request, obj)
        )

    def has_manage_permission(self, request: HttpRequest, _object_id: str | None = None) -> bool:
        """Return whether the officer may open and stop breach reports."""
        return request.user.has_perm("activation_desk.manage_breaches")

    def has_open_permission(self, request: HttpRequest) -> bool:
        """Return whether the officer may ask for lists, approve and download them."""
        return request.user.has_perm("activation_desk.open_breach_list")
