"""What becomes of a request: whose law, refused, fulfilled, taken back."""

# ruff: noqa: ARG001, ARG005 - the signatures are those of every action

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from consent.requests.admin.access import HANDLE
from consent.requests.admin.case.acts.telling import tell_person
from consent.requests.admin.case.declaring import CaseAction, CaseForm, Doing, is_open_case
from consent.requests.admin.words import say
from consent.requests.intake.deciding import cancel, decide_jurisdiction, fulfil, refuse
from consent.requests.models import Request
from consent.requests.types import Actor, RefusalGround, RequestState, RequestType

_MOST_WORDS = 4_000
_NOT_HERE = frozenset({RequestType.ACCESS, RequestType.PORTABILITY, RequestType.ERASURE})
"""These end by a package or by a certificate."""


class JurisdictionForm(CaseForm):
    """Asks whose law applies, and why."""

    jurisdiction = forms.CharField(
        label="Law of",
        max_length=6,
        widget=UnfoldAdminTextInputWidget,
        help_text="A code, such as DE or US-CA.",
    )
    reason = forms.CharField(
        max_length=300,
        widget=UnfoldAdminTextInputWidget,
        help_text="It stays on record, in clear. No personal data.",
    )

    def clean_jurisdiction(self) -> str:
        """Return the code as laws are looked up by."""
        return str(self.cleaned_data["jurisdiction"]).strip().upper()


class RefuseForm(CaseForm):
    """Asks on what ground, and what the person is told."""

    ground = forms.ChoiceField(
        choices=[(one.value, say(one.value)) for one in RefusalGround], widget=UnfoldAdminSelectWidget
    )
    explanation = forms.CharField(
        max_length=_MOST_WORDS,
        widget=UnfoldAdminTextareaWidget,
        help_text="The person reads it, as you write it. It is sealed.",
    )


class FulfilForm(CaseForm):
    """Asks whether all was done, and what the person is told."""

    partly = forms.BooleanField(label="In part only", required=False, widget=UnfoldBooleanWidget)
    explanation = forms.CharField(
        required=False,
        max_length=_MOST_WORDS,
        widget=UnfoldAdminTextareaWidget,
        help_text="The person reads it, as you write it. Needed if something was not done. It is sealed.",
    )

    def clean(self) -> dict[str, Any]:
        """Return the fields; who does a part only says what was not done."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("partly") and not cleaned.get("explanation"):
            self.add_error("explanation", "Say what was not done, and why.")
        return cleaned


def _tell_jurisdiction(case: Request, told: Mapping[str, Any]) -> Iterator[str]:
    yield f"The law of {told['jurisdiction']} applies. Its dates are counted anew."
    yield "The reason stands in the timeline. The person is not told."


def _tell_refusing(case: Request, told: Mapping[str, Any]) -> Iterator[str]:
    ground = say(told["ground"])
    yield f"The request is closed as refused, on the ground: {ground}. It cannot be opened again."
    about = f"with this ground, your explanation, and that they may complain or appeal ({ground})"
    yield tell_person(case, about)
    yield f"They read: “{told['explanation']}”"
    yield "Steps that have not begun are not carried out. The figures for regulators count it as refused."


def _tell_fulfilling(case: Request, told: Mapping[str, Any]) -> Iterator[str]:
    how = "fulfilled in part" if told["partly"] else "fulfilled"
    yield f"The request is closed as {how}. It cannot be opened again."
    yield tell_person(case, f"that it was {how}")
    if told["explanation"]:
        yield f"They read: “{told['explanation']}”"


def _tell_cancelling(case: Request, told: Mapping[str, Any]) -> Iterator[str]:
    yield "The request is closed, because the person took it back. Do this only if they said so."
    yield "The timeline says that you put it on record. No mail is sent."


def _refuse(case: Request, told: Mapping[str, Any], doing: Doing) -> None:
    refuse(
        case.pk,
        ground=RefusalGround(told["ground"]),
        explanation=told["explanation"],
        officer_id=doing.officer_id,
        version=doing.version,
    )


def _is_undecided(case: Request) -> bool:
    return not case.is_closed and case.approved_at is None


JURISDICTION = CaseAction(
    name="jurisdiction",
    label="Decide whose law applies",
    permission=HANDLE,
    form=JurisdictionForm,
    is_open=is_open_case,
    effects=_tell_jurisdiction,
    act=lambda case, told, doing: decide_jurisdiction(
        case.pk,
        jurisdiction=told["jurisdiction"],
        reason=told["reason"],
        officer_id=doing.officer_id,
        version=doing.version,
    ),
    done="Decided. The dates were counted anew.",
)
REFUSE = CaseAction(
    name="refuse",
    label="Refuse",
    permission=HANDLE,
    form=RefuseForm,
    is_open=_is_undecided,
    effects=_tell_refusing,
    act=_refuse,
    done="Refused.",
    variant="danger",
)
FULFIL = CaseAction(
    name="fulfil",
    label="Close as fulfilled",
    permission=HANDLE,
    form=FulfilForm,
    is_open=lambda case: case.state == RequestState.IN_REVIEW and case.type not in _NOT_HERE,
    effects=_tell_fulfilling,
    act=lambda case, told, doing: fulfil(
        case.pk,
        partly=told["partly"],
        explanation=told["explanation"],
        officer_id=doing.officer_id,
        version=doing.version,
    ),
    done="Closed. The person is told.",
    variant="primary",
)
CANCEL = CaseAction(
    name="cancel",
    label="The person took it back",
    permission=HANDLE,
    is_open=_is_undecided,
    effects=_tell_cancelling,
    act=lambda case, told, doing: cancel(
        case.pk, actor=Actor.OFFICER, officer_id=doing.officer_id, version=doing.version
    ),
    done="Closed: the person took it back.",
)
