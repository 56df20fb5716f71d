"""What both kinds of report have in common in the admin: a row to read, and a page of its own."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseNotAllowed, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from unfold.decorators import display

from activation.desk.tracing import jobs
from activation.desk.tracing.models import Report
from activation.desk.tracing.types import JobState
from activation.enforcement.canaries.admin import ReadOnlyAdmin
from consent.kernel.errors import AccordantError

Step = Callable[[HttpRequest, UUID], HttpResponseBase]
_COLOURS = {
    JobState.RUNNING.value: "info",
    JobState.COMPLETED.value: "success",
    JobState.FAILED.value: "danger",
    JobState.ABANDONED.value: "warning",
    JobState.CANCELLED.value: "warning",
}
STATE_WORDS = {JobState.OPEN.value: "looked at page by page"}


class ReportAdmin(ReadOnlyAdmin):
    """Reports, the latest first. Nobody edits one; steps are buttons on its page."""

    list_select_related = ("officer",)
    ordering = ("-requested_at", "pk")

    @display(  # type: ignore[untyped-decorator]  # unfold has no types
        description="Status", ordering="status", label=_COLOURS
    )
    def state(self, report: Report) -> tuple[str, str]:
        """Return where the report stands."""
        return report.status, STATE_WORDS.get(report.status, report.status)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponseBase:
        """Answer with the list. A report whose process died is shown as abandoned."""
        jobs.close_dead(self.model)
        answer: HttpResponseBase = super().changelist_view(request, extra_context)
        return answer

    def steps(self) -> dict[str, Step]:
        """Return what can be done on a report's page, by the last part of the address."""
        return {}

    def get_urls(self) -> list[Any]:
        """Return the addresses of this admin, those of the steps first."""
        name = f"{self.opts.app_label}_{self.opts.model_name}_step"
        view = self.admin_site.admin_view(self.take_step_view)
        return [path("<uuid:report_id>/step/<slug:step>/", view, name=name), *super().get_urls()]

    def take_step_view(self, request: HttpRequest, report_id: UUID, step: str) -> HttpResponseBase:
        """Take a step, after a POST alone: what changes or hands out is no link."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = self.steps().get(step)
        if found is None:
            raise Http404
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        return found(request, report_id)

    def page_of(self, report_id: UUID) -> str:
        """Return the address of a report's page."""
        options = self.opts
        return reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[report_id])

    def answer_page(self, request: HttpRequest, template: str, **context: object) -> TemplateResponse:
        """Answer with a page that no browser and no proxy keeps."""
        whole = {**self.admin_site.each_context(request), "opts": self.opts, **context}
        return TemplateResponse(request, template, whole, headers={"Cache-Control": "no-store"})

    def take(
        self, request: HttpRequest, report_id: UUID, step: Callable[[], object], *, done: str
    ) -> HttpResponseBase:
        """Take a step, tell the officer what became of it, and show the report's page again."""
        try:
            step()
        except AccordantError as refusal:
            self.message_user(request, f"Not done: {refusal}.", messages.ERROR)
        else:
            self.message_user(request, done, messages.SUCCESS)
        return redirect(self.page_of(report_id))


def hand_out(content: Iterable[str | bytes], *, media_type: str, name: str) -> HttpResponseBase:
    """Answer with a file that no browser and no proxy keeps."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingHttpResponse(content, content_type=media_type, headers=headers)


def read_officer(request: HttpRequest) -> int:
    """Return the id of the officer who asks.

    :raises PermissionDenied: if nobody is signed in.
    """
    if request.user.pk is None:
        raise PermissionDenied
    return int(request.user.pk)


def read_id(object_id: str) -> UUID:
    """Return the id in an address.

    :raises Http404: if it is none.
    """
    try:
        return UUID(unquote(object_id))
    except ValueError:
        raise Http404 from None
