"""Who sees to a request, that the person knows it has arrived, and notes."""

# ruff: noqa: ARG001, ARG005 - the signatures are those of every action

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from consent.requests.admin.access import HANDLE
from consent.requests.admin.case.declaring import CaseAction, CaseForm, Doing, is_open_case
from consent.requests.handling.acknowledging import acknowledge
from consent.requests.handling.assigning import assign, list_officers
from consent.requests.handling.noting import MAX_NOTE, add_note
from consent.requests.models import Request


def officer_field() -> "forms.ModelChoiceField[Any]":
    """Return the field that asks which officer sees to it."""
    return forms.ModelChoiceField(
        label="Who sees to it",
        queryset=list_officers(),
        required=False,
        empty_label="nobody in particular",
        widget=UnfoldAdminSelectWidget,
    )


class AssignForm(CaseForm):
    """Asks who sees to the request."""

    assignee = officer_field()


class NoteForm(CaseForm):
    """Asks for a note."""

    text = forms.CharField(
        label="Note",
        max_length=MAX_NOTE,
        widget=UnfoldAdminTextareaWidget,
        help_text="Sealed with the request, for officers who may read content. It is destroyed with it.",
    )


def _tell_assigning(case: Request, told: Mapping[str, Any]) -> Iterator[str]:
    to = told["assignee"]
    whom = to.get_username() if to else "Nobody in particular"
    yield f"{whom} sees to this request from now on."
    yield "The timeline says who decided so. The person is not told."


def _assign(case: Request, told: Mapping[str, Any], doing: Doing) -> None:
    assign(
        request_id=case.pk,
        assignee_id=told["assignee"].pk if told["assignee"] else None,
        officer_id=doing.officer_id,
        version=doing.version,
    )


def _tell_acknowledging(case: Request, told: Mapping[str, Any]) -> Iterator[str]:
    yield "It goes on record that the person was told today that the request has arrived."
    yield "No mail is sent by this: do it once you have told them by telephone, by letter or in person."


def _tell_noting(case: Request, told: Mapping[str, Any]) -> Iterator[str]:
    yield "The note is sealed with the request. The person is not told."
    yield "It is part of what an access request of the same person may have to show."


ASSIGN = CaseAction(
    name="assign",
    label="Assign",
    permission=HANDLE,
    form=AssignForm,
    is_open=is_open_case,
    effects=_tell_assigning,
    act=_assign,
    done="Assigned.",
)
ACKNOWLEDGE = CaseAction(
    name="acknowledge",
    label="Acknowledge",
    permission=HANDLE,
    is_open=lambda case: not case.is_closed and case.acknowledged_at is None,
    effects=_tell_acknowledging,
    act=lambda case, told, doing: acknowledge(
        request_id=case.pk, officer_id=doing.officer_id, version=doing.version
    ),
    done="It is on record that the person was told.",
)
NOTE = CaseAction(
    name="note",
    label="Add a note",
    permission=HANDLE,
    form=NoteForm,
    is_open=lambda case: case.content_destroyed_at is None,
    effects=_tell_noting,
    act=lambda case, told, doing: add_note(
        request_id=case.pk, text=told["text"], officer_id=doing.officer_id, version=doing.version
    ),
    done="The note is kept.",
)
