"""Doing something about a request: ask, say what will happen, and only then do it.

A page carries the version of the request that the officer saw. If somebody changed it meanwhile, nothing is
done: the page says what happened, and keeps what was typed.
"""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.http import Http404, HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from consent.kernel.errors import AccordantError
from consent.requests.admin.access import insist
from consent.requests.admin.case.declaring import CaseAction, CaseForm, Doing
from consent.requests.admin.case.doing import ACTIONS
from consent.requests.admin.case.page import answer_page, find
from consent.requests.admin.case.timeline import describe_events
from consent.requests.models import Request
from consent.requests.types import ChangedMeanwhile

_CONFIRMED = "confirmed"
_BACK = "back"
_BEGIN = "begin"  # what the page before it said is in the body: an address names no field and no row


def do(admin: "ModelAdmin[Request]", request: HttpRequest, request_id: UUID, name: str) -> HttpResponseBase:
    """Answer with what the action asks; then with what will happen; then do it, and go back."""
    action = ACTIONS.get(name)
    if action is None:
        raise Http404
    officer_id = insist(request, action.permission, *action.also_needs)
    return _Page(admin, request, find(request_id), action, officer_id).answer()


class _Page:
    """One visit to an action's page."""

    def __init__(
        self,
        admin: "ModelAdmin[Request]",
        request: HttpRequest,
        case: Request,
        action: CaseAction,
        officer_id: int,
    ) -> None:
        self.admin, self.request, self.case, self.action = admin, request, case, action
        self.officer_id = officer_id

    def answer(self) -> HttpResponseBase:
        """Answer as far as the officer has come."""
        if not self.action.is_open(self.case):
            return self._refuse()
        if self.request.method != "POST" or _BEGIN in self.request.POST:
            return self._begin()
        form = self.action.form(self.request.POST, case=self.case)
        if not form.is_valid() or _BACK in self.request.POST:
            return self._ask(form)
        if form.cleaned_data["version"] != self.case.version:
            return self._tell_conflict(form.cleaned_data["seen"])
        if _CONFIRMED not in self.request.POST:
            return self._tell(form)
        return self._act(form)

    def _begin(self) -> HttpResponseBase:
        initial = {**self.request.GET.dict(), **self.request.POST.dict(), **self._standing()}
        form = self.action.form(initial=initial, case=self.case)
        return self._ask(form) if form.visible_fields() else self._tell(self._filled(initial))

    def _filled(self, initial: dict[str, Any]) -> CaseForm:
        """Return the form of an action that asks nothing, as if it had been sent."""
        form = self.action.form(initial, case=self.case)
        if not form.is_valid():
            raise Http404
        return form

    def _act(self, form: CaseForm) -> HttpResponseBase:
        version = form.cleaned_data["version"]
        doing = Doing(officer_id=self.officer_id, version=version, at=timezone.now())
        try:
            self.action.act(self.case, form.told(), doing)
        except ChangedMeanwhile:
            self.case = find(self.case.pk)
            return self._tell_conflict(form.cleaned_data["seen"])
        except AccordantError as refusal:
            form.add_error(None, f"Not done: {refusal}.")
            return self._ask(form)
        messages.success(self.request, self.action.done)
        return redirect(_page_of(self.case))

    def _tell_conflict(self, seen: int) -> HttpResponseBase:
        """Ask again with what was typed, on the request as it is now, and say what happened meanwhile."""
        if not self.action.is_open(self.case):
            return self._refuse()
        typed = QueryDict(mutable=True)
        typed.update(self.request.POST)
        for name, value in self._standing().items():
            typed[name] = str(value)
        form = self.action.form(typed, case=self.case)
        form.is_valid()
        return self._ask(form, meanwhile=describe_events(self.case, after=seen), is_conflict=True)

    def _standing(self) -> dict[str, int]:
        """Return which version, and which part of the timeline, the page that is shown now has."""
        latest = self.case.events.order_by("-pk").values_list("pk", flat=True).first()
        return {"version": self.case.version, "seen": latest or 0}

    def _refuse(self) -> HttpResponseBase:
        words = f"{self.action.label}: this cannot be done as the request is now."
        messages.error(self.request, words)
        return redirect(_page_of(self.case))

    def _ask(self, form: CaseForm, **context: object) -> HttpResponseBase:
        return self._show("admin/requests/asking.html", form, **context)

    def _tell(self, form: CaseForm) -> HttpResponseBase:
        effects = list(self.action.effects(self.case, form.told()))
        hidden = [field.as_hidden() for field in form]
        return self._show("admin/requests/confirming.html", form, effects=effects, hidden=hidden)

    def _show(self, template: str, form: CaseForm, **context: object) -> HttpResponseBase:
        return answer_page(
            self.admin,
            self.request,
            template,
            title=f"{self.action.label}: request {self.case.reference}",
            case=self.case,
            action=self.action,
            form=form,
            back=_page_of(self.case),
            **context,
        )


def _page_of(case: Request) -> str:
    return reverse("admin:consent_requests_request_change", args=[case.pk])
