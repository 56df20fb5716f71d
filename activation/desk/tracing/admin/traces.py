"""Traces in the admin: to make for a reason, to read, and to take home as a file."""

# ruff: noqa: ARG002 - the signatures are Django's

from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet, Value
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.formats import localize
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action

from activation.desk.tracing import jobs, traces
from activation.desk.tracing.admin import trace_page
from activation.desk.tracing.admin.forms import (
    RunFilterForm,
    TraceForm,
    read_behind,
    write_behind,
)
from activation.desk.tracing.admin.reports import ReportAdmin, Step, hand_out, read_id, read_officer
from activation.desk.tracing.held import locate
from activation.desk.tracing.lines import to_csv, to_json
from activation.desk.tracing.models import TraceReport
from activation.desk.tracing.types import ACCESS_WORDS, Access, JobState, Person
from activation.enforcement.presence.queries import trace_page as find_page
from activation.enforcement.presence.queries import trace_run
from activation.enforcement.presence.types import RunFilter
from consent.kernel.errors import AccordantError
from lineage.leases.waking import wake

EXPLANATION = (
    "Which runs and destinations received, or were denied, the data of one person. Who looks, when and why is"
    " put on record; about whom, only you can read, for some days."
)
_FORMS = {"csv": (to_csv, "text/csv"), "json": (to_json, "application/json")}


@admin.register(TraceReport)
class TraceReportAdmin(ReportAdmin):
    """Traces, the latest first: who looked somebody up, and why. Not whom."""

    list_display = ("asked", "officer", "looked_up_for", "reason", "state", "expires_at")
    list_display_links = None  # `asked` links to one's own
    list_filter = ("access", "status", "officer")
    search_fields = ("=id", "reason")
    actions_list = ("trace",)

    def steps(self) -> dict[str, Step]:
        """Return what can be done on a trace's page."""
        return {
            "trace-all": self.trace_all,
            "cancel": self.cancel,
            "csv": partial(self.hand_out, form="csv"),
            "json": partial(self.hand_out, form="json"),
        }

    def get_queryset(self, request: HttpRequest) -> QuerySet[TraceReport]:
        """Return the traces, each with whether it is open to the officer: what was found is for who asked."""
        is_own = Q(officer_id=read_officer(request)) & Q(Value(self.has_trace_permission(request)))
        rows: QuerySet[TraceReport] = super().get_queryset(request)
        return rows.annotate(is_open=ExpressionWrapper(is_own, BooleanField()))

    @admin.display(description="Requested at", ordering="requested_at")
    def asked(self, report: TraceReport) -> SafeString | str:
        """Return when, with a link to what is open."""
        at = localize(timezone.localtime(report.requested_at))
        is_open: bool = report.is_open  # type: ignore[attr-defined]  # annotated by get_queryset
        return format_html('<a href="{}">{}</a>', self.page_of(report.pk), at) if is_open else at

    @admin.display(description="Looked up for", ordering="access")
    def looked_up_for(self, report: TraceReport) -> str:
        """Return why, in words."""
        return ACCESS_WORDS[Access(report.access)]

    @action(  # type: ignore[untyped-decorator]  # unfold has no types
        description="Trace a person", url_path="trace", permissions=["trace"], icon="person_search"
    )
    def trace(self, request: HttpRequest) -> HttpResponseBase:
        """Answer with the page that asks whom to trace; on POST, go on to the trace's page."""
        form = TraceForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                report_id = traces.begin_trace(
                    **form.asked(), officer_id=read_officer(request), at=timezone.now()
                )
                return redirect(self.page_of(report_id))
            except AccordantError as refusal:
                form.add_error(None, f"{refusal}.")
        return self.answer_page(
            request,
            "admin/desk/trace_asking.html",
            title="Trace a person",
            form=form,
            explanation=EXPLANATION,
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponseBase:
        """Answer with the trace's page: where the person is, and a page of runs."""
        jobs.close_dead(TraceReport)
        report = self._find(request, read_id(object_id))
        context = {"title": f"Trace of {report.requested_at:%Y-%m-%d %H:%M}", "report": report}
        try:
            person = traces.find_traced(report, at=timezone.now())
            context |= self._describe(request, report, person)
        except AccordantError as refusal:
            context["refusal"] = f"{refusal}."
        context["access"] = trace_page.tell_access(report)
        return self.answer_page(request, "admin/desk/trace.html", **context)

    def _describe(self, request: HttpRequest, report: TraceReport, person: Person) -> dict[str, Any]:
        form = RunFilterForm(request.GET or None)
        is_asked = bool(request.GET) and form.is_valid()
        wanted = form.wanted() if is_asked else RunFilter()
        chosen = {name: request.GET[name] for name in form.fields if request.GET.get(name)}
        page = find_page(person.sought, wanted, after=read_behind(request.GET.get("behind")))
        where = locate(person)
        return {
            "asked_for": trace_page.tell_question(person),
            "facts": list(trace_page.describe_person(person)),
            "tables": [trace_page.lay_out_held(where), trace_page.lay_out_taken_out(where)],
            "runs": trace_page.lay_out_runs(page.runs, _address(chosen, verify="")),
            "next": _address(chosen, behind=write_behind(page.next)) if page.next else "",
            "first": _address(chosen) if request.GET.get("behind") else "",
            "form": form,
            "verified": self._verify(request.GET.get("verify"), person),
            "figures": trace_page.lay_out_figures(report.figures) if report.figures else None,
        }

    def _verify(self, asked: str | None, person: Person) -> str:
        """Read one run's whole evidence, and return what it says then."""
        if not asked:
            return ""
        run = trace_run(read_id(asked), person.sought, verify=True)
        if run is None:
            return "That run is not on record any more."
        told = trace_page.tell_presence(run.looked_up)
        return f"The run of {run.started_at:%Y-%m-%d %H:%M:%S}, its whole evidence read: {told}."

    def trace_all(self, request: HttpRequest, report_id: UUID) -> HttpResponseBase:
        """Have a worker look all runs up; the trace's page tells how far it is."""
        report = self._find(request, report_id)

        def ask() -> None:
            with transaction.atomic():
                traces.ask_for_all(report, at=timezone.now())
                transaction.on_commit(partial(wake, "desk.trace", report_id=str(report.pk)))

        return self.take(request, report.pk, ask, done="Begun. This page tells how far it is.")

    def cancel(self, request: HttpRequest, report_id: UUID) -> HttpResponseBase:
        """Stop what a worker does."""
        report = self._find(request, report_id)
        return self.take(
            request,
            report.pk,
            lambda: jobs.cancel(report, officer_id=read_officer(request), at=timezone.now()),
            done="Stopped. What was found so far is thrown away.",
        )

    def hand_out(self, request: HttpRequest, report_id: UUID, form: str) -> HttpResponseBase:
        """Hand out all that was found, as a file."""
        report = self._find(request, report_id)
        if report.status != JobState.COMPLETED:
            self.message_user(request, "There is nothing to hand out yet: look up all runs.", messages.ERROR)
            return redirect(self.page_of(report.pk))
        write, media_type = _FORMS[form]
        try:
            lines = traces.open_result(report, at=timezone.now())
        except AccordantError as refusal:
            self.message_user(request, f"Not handed out: {refusal}.", messages.ERROR)
            return redirect(self.page_of(report.pk))
        return hand_out(write(lines), media_type=media_type, name=f"trace-{report.pk}.{form}")

    def _find(self, request: HttpRequest, report_id: UUID) -> TraceReport:
        if not self.has_trace_permission(request):
            raise PermissionDenied
        try:
            return traces.get_trace(report_id, officer_id=read_officer(request))
        except traces.NotTheAsker as refusal:
            raise PermissionDenied(str(refusal)) from None
        except jobs.ReportNotFound:
            raise Http404 from None

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the officer may see who traced somebody, and why."""
        return self.has_trace_permission(request) or super().has_view_permission(request, obj)

    def has_trace_permission(self, request: HttpRequest, _object_id: str | None = None) -> bool:
        """Return whether the officer may trace people."""
        return request.user.has_perm("activation_desk.trace_subject")


def _address(chosen: Mapping[str, str], **more: str) -> str:
    return f"?{urlencode({**chosen, **more})}"
