"""Finding a person in the admin, the page of each look-up, and what can be done on it."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from unfold.decorators import action

from activation.desk.person import visits
from activation.desk.person.acting import record_no
from activation.desk.person.admin.forms import ActForm, LookUpForm, QuestionForm, TimelineForm
from activation.desk.person.admin.page import describe, tell_closing
from activation.desk.person.admin.signals import READ_TEXTS, describe_text
from activation.desk.person.asking import ask
from activation.desk.person.models import PersonVisit
from activation.desk.person.policy_words import PolicyWords
from activation.desk.person.reading import read_file
from activation.desk.person.signals.reading import read_text
from activation.desk.person.types import Outcome, Shown
from activation.desk.person.words import OUTCOME_WORDS
from activation.desk.tracing.admin.reports import read_officer
from activation.desk.tracing.traces import begin_trace
from activation.desk.tracing.types import ACCESS_WORDS, Access
from activation.enforcement.canaries.admin import ReadOnlyAdmin
from consent.kernel.errors import AccordantError
from consent.policies.queries import get_policy_in_force
from consent.records.queries import list_records_by_id
from consent.records.services import RecordNotFound, get_receipt
from consent.verifier.receipts.signing import MEDIA_TYPE

NAME = "activation_desk_personvisit"
FIND, ACT = "activation_desk.find_person", "activation_desk.act_for_person"
TRACE = "activation_desk.trace_subject"
ENTER = "consent_requests.handle_requests"
EXPLANATION = (
    "Who looks, when and why is put on record in the ledger, and each look at the page again. About whom, it"
    " does not say. The page closes by itself after a while."
)
View = Callable[..., HttpResponseBase]


@admin.register(PersonVisit)
class PersonVisitAdmin(ReadOnlyAdmin):
    """Look-ups, the latest first: who looked somebody up, and why. Not whom."""

    list_display = ("visited_at", "officer", "looked_up_for", "reason", "found", "expires_at")
    list_display_links = None
    list_select_related = ("officer",)
    list_filter = ("access", "outcome", "officer")
    search_fields = ("=id", "reason")
    ordering = ("-visited_at", "pk")
    actions_list = ("find",)

    @admin.display(description="Looked up for", ordering="access")
    def looked_up_for(self, visit: PersonVisit) -> str:
        """Return why, in words."""
        return ACCESS_WORDS[Access(visit.access)]

    @admin.display(description="Outcome", ordering="outcome")
    def found(self, visit: PersonVisit) -> str:
        """Return whether somebody was found."""
        return OUTCOME_WORDS[Outcome(visit.outcome)]

    def get_urls(self) -> list[URLPattern]:
        """Return the addresses: the list, the form, and what belongs to one look-up."""
        pages: tuple[tuple[str, str, View], ...] = (
            ("", "changelist", self.changelist_view),
            ("find/", "find", self.find),
            ("<uuid:visit_id>/change/", "change", self.page_view),
            ("<uuid:visit_id>/act/", "act", self.act_view),
            ("<uuid:visit_id>/trace/", "trace", self.trace_view),
            ("<uuid:visit_id>/receipts/<slug:record_id>/", "receipt", self.receipt_view),
            ("<uuid:visit_id>/signals/<slug:event_id>/", "signal", self.signal_view),
        )
        return [
            path(route, self.admin_site.admin_view(view), name=f"{NAME}_{name}")
            for route, name, view in pages
        ]

    @action(  # type: ignore[untyped-decorator]  # unfold has no types
        description="Find a person", url_path="find", permissions=["find"], icon="person_search"
    )
    def find(self, request: HttpRequest) -> HttpResponseBase:
        """Answer with the form; on POST, go on to the page of the look-up, whoever was found or not."""
        officer_id = insist(request, FIND)
        form = LookUpForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                visit_id = visits.look_up(**form.asked(), officer_id=officer_id, at=timezone.now())
                return redirect(page_of(visit_id))
            except visits.TooManyLookUps as refusal:
                return self.answer_refusal(request, refusal)
            except AccordantError as refusal:
                form.add_error(None, f"{refusal}.")
        return self.answer(request, "find", title="Find a person", form=form, explanation=EXPLANATION)

    def page_view(self, request: HttpRequest, visit_id: UUID) -> HttpResponseBase:
        """Answer with the person's page. That it was opened, and what it shows, is put on record with it."""
        insist(request, FIND)
        now = timezone.now()
        try:
            visit = visits.get_visit(visit_id, officer_id=read_officer(request), at=now)
            context = self._answer_question(request, visit)
            with transaction.atomic():
                context |= self._open(request, visit, context)
        except AccordantError as refusal:
            return self.answer_refusal(request, refusal)
        return self.answer(request, "page", title="A person", **context)

    def _answer_question(self, request: HttpRequest, visit: PersonVisit) -> dict[str, Any]:
        """Return the form that asks the engine, and its answer if something was asked."""
        now, is_asked = timezone.now(), "why-purpose" in request.GET
        form = QuestionForm(request.GET if is_asked else None, prefix="why", at=now)
        if not is_asked or not form.is_valid():
            return {"why": form, "answer": None}
        try:
            return {"why": form, "answer": ask(visits.read_asked(visit), form.question(), at=now)}
        except visits.VisitOver:
            raise
        except AccordantError as refusal:
            form.add_error(None, f"{refusal}.")
            return {"why": form, "answer": None}

    def _open(self, request: HttpRequest, visit: PersonVisit, asked: dict[str, Any]) -> dict[str, Any]:
        now, filters = timezone.now(), TimelineForm(request.GET)
        wanted = filters.wanted()
        shown = Shown.ANSWER if asked["answer"] is not None else Shown.PAGE
        facts = {"events": wanted.kind} if wanted.kind else {}
        opened = visits.open_visit(visit, shown, at=now, **facts)
        file = read_file(opened, wanted, at=now)
        content = describe(opened, file, wanted, request=request)
        may_act = request.user.has_perm(ACT) and opened.outcome is not Outcome.ERASED
        return {
            **content,
            "filters": filters,
            "closes_in": tell_closing(opened, at=now),
            "act": ActForm(words=file.words) if may_act else None,
            "acts": list(visit.acts.order_by("-done_at", "pk")) if may_act else [],
            "may_enter": request.user.has_perm(ENTER),
            "may_trace": request.user.has_perm(TRACE),
        }

    def act_view(self, request: HttpRequest, visit_id: UUID) -> HttpResponseBase:
        """Record a no for the person, once for each form, and show the page again."""
        insist(request, FIND, ACT)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        now = timezone.now()
        form = ActForm(request.POST, words=PolicyWords.of(get_policy_in_force(at=now)))
        try:
            visit = visits.get_visit(visit_id, officer_id=read_officer(request), at=now)
        except AccordantError as refusal:
            return self.answer_refusal(request, refusal)
        if not form.is_valid():
            faults = " ".join(f"{name}: {' '.join(map(str, told))}" for name, told in form.errors.items())
            messages.error(request, f"Nothing was recorded. {faults}")
            return redirect(f"{page_of(visit_id)}#act")
        try:
            records = record_no(visit, form.told(), at=now)
        except AccordantError as refusal:
            messages.error(request, f"Nothing was recorded: {refusal}.")
            return redirect(f"{page_of(visit_id)}#act")
        messages.success(request, _tell_recorded(records))
        return redirect(page_of(visit_id))

    def trace_view(self, request: HttpRequest, visit_id: UUID) -> HttpResponseBase:
        """Begin a trace of the person through all runs, for the same reason, and lead to its page."""
        insist(request, FIND, TRACE)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        now, officer_id = timezone.now(), read_officer(request)
        try:
            visit = visits.get_visit(visit_id, officer_id=officer_id, at=now)
            asked = visits.read_asked(visit)
            report_id = begin_trace(
                identifier=asked.identifier,
                ref=asked.ref,
                access=Access(visit.access),
                reason=visit.reason,
                officer_id=officer_id,
                at=now,
            )
        except AccordantError as refusal:
            return self.answer_refusal(request, refusal)
        return redirect(reverse("admin:activation_desk_tracereport_change", args=[report_id]))

    def receipt_view(self, request: HttpRequest, visit_id: UUID, record_id: str) -> HttpResponseBase:
        """Hand out the receipt of one of the person's records; that it was, is put on record."""
        insist(request, FIND)
        now = timezone.now()
        try:
            visit = visits.get_visit(visit_id, officer_id=read_officer(request), at=now)
            with transaction.atomic():
                opened = visits.open_visit(visit, Shown.RECEIPT, at=now)
                if not any(one.subject_ref in opened.person.refs for one in list_records_by_id([record_id])):
                    raise RecordNotFound("they have no such record")
                content = get_receipt(record_id=record_id, at=now)
        except AccordantError as refusal:
            return self.answer_refusal(request, refusal)
        headers = {
            "Content-Disposition": f'attachment; filename="{record_id}.jws"',
            "Cache-Control": "no-store",
        }
        return HttpResponse(content, content_type=MEDIA_TYPE, headers=headers)

    def signal_view(self, request: HttpRequest, visit_id: UUID, event_id: str) -> HttpResponseBase:
        """Show one of the person's signals as it was sent; that it was, is put on record."""
        insist(request, FIND, READ_TEXTS)
        now = timezone.now()
        try:
            visit = visits.get_visit(visit_id, officer_id=read_officer(request), at=now)
            with transaction.atomic():
                opened = visits.open_visit(visit, Shown.SIGNAL, at=now)
                refs, erased = opened.person.refs, opened.person.erased
                signal, text = read_text(event_id, refs=refs, erased=erased)
        except AccordantError as refusal:
            return self.answer_refusal(request, refusal)
        shown = describe_text(opened, signal, text)
        return self.answer(request, "signal_text", title="A signal", **shown, back=page_of(visit_id))

    def answer(
        self, request: HttpRequest, page: str, *, status: int = 200, **context: object
    ) -> HttpResponseBase:
        """Answer with a page that no browser and no proxy keeps."""
        whole = {**self.admin_site.each_context(request), "opts": self.opts, "is_fullwidth": "1", **context}
        template = f"admin/desk/person/{page}.html"
        return TemplateResponse(
            request, template, whole, status=status, headers={"Cache-Control": "no-store"}
        )

    def answer_refusal(self, request: HttpRequest, refusal: AccordantError) -> HttpResponseBase:
        """Answer with a page that says why nothing is shown, and what to do."""
        if isinstance(refusal, visits.VisitNotFound):
            raise Http404
        answer = self.answer(
            request,
            "refused",
            status=refusal.status,
            title="Not shown",
            words=f"{str(refusal)[:1].upper()}{str(refusal)[1:]}.",
            is_pace=refusal.status == HTTPStatus.TOO_MANY_REQUESTS,
        )
        if refusal.status == HTTPStatus.TOO_MANY_REQUESTS:
            answer["Retry-After"] = str(int(visits.PER_HOUR.total_seconds()))
        return answer

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the officer may see who looked somebody up, and why."""
        return self.has_find_permission(request) or super().has_view_permission(request, obj)

    def has_find_permission(self, request: HttpRequest, _object_id: str | None = None) -> bool:
        """Return whether the officer may look people up."""
        return request.user.has_perm(FIND)


def insist(request: HttpRequest, *permissions: str) -> int:
    """Return the officer's id.

    :raises PermissionDenied: if the officer lacks one of `permissions`.
    """
    if not all(request.user.has_perm(one) for one in permissions):
        raise PermissionDenied
    return read_officer(request)


def page_of(visit_id: UUID) -> str:
    """Return the address of a look-up's page."""
    return reverse(f"admin:{NAME}_change", args=[visit_id])


def _tell_recorded(records: int) -> str:
    if not records:
        return "This was recorded already, the first time that you sent it: once, not twice."
    return "Recorded. What holds now, and the clock of each destination that holds them, is below."
