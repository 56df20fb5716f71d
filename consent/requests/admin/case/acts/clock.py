"""The clock of a request: having it stand still, letting it go on, extending it."""

# ruff: noqa: ARG001, ARG005 - the signatures are those of every action

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from consent.requests.admin.access import HANDLE
from consent.requests.admin.case.acts.telling import tell_person
from consent.requests.admin.case.declaring import CaseAction, CaseForm
from consent.requests.admin.words import say
from consent.requests.clocks.changing import extend, pause, resume
from consent.requests.models import Request
from consent.requests.types import ExtensionGround, PauseGround


class PauseForm(CaseForm):
    """Asks why the clock may stand still."""

    ground = forms.ChoiceField(
        choices=[(one.value, say(one.value)) for one in PauseGround],
        widget=UnfoldAdminSelectWidget,
        help_text="Which of them its law knows is looked up: another one is refused.",
    )


class DayWidget(UnfoldAdminTextInputWidget):
    """Asks for a day, as the browser does."""

    input_type = "date"


def ground_field() -> forms.ChoiceField:
    """Return the field that asks why a period is extended."""
    return forms.ChoiceField(
        choices=[(one.value, say(one.value)) for one in ExtensionGround], widget=UnfoldAdminSelectWidget
    )


class ExtendForm(CaseForm):
    """Asks why the period is extended, and until when where the law sets no number."""

    ground = ground_field()
    until = forms.DateField(
        label="Until",
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=DayWidget,
        help_text="Only where the law sets no number: otherwise it says until when.",
    )


def _tell_pausing(case: Request, told: Mapping[str, Any]) -> Iterator[str]:
    yield "The clock stands still from now on, until you let it go on: the due date moves with it."
    yield tell_person(case, f"that we wait for them, and why ({say(told['ground'])})")
    yield "The request is not reminded of while its clock stands still."


def _tell_resuming(case: Request, told: Mapping[str, Any]) -> Iterator[str]:
    yield "The clock goes on from now on. The due date is counted anew, without the time that it stood still."
    yield "The person is not told."


def _tell_extending(case: Request, told: Mapping[str, Any]) -> Iterator[str]:
    until = told["until"] or case.extended_due_on
    yield (
        f"The request is due on {until:%Y-%m-%d}." if until else "The request is due later, as its law says."
    )
    yield tell_person(case, f"that it takes longer, until when, and why ({say(told['ground'])})")
    yield "It can be extended this once."


PAUSE = CaseAction(
    name="pause",
    label="Stop the clock",
    permission=HANDLE,
    form=PauseForm,
    is_open=lambda case: not case.is_closed and case.paused_at is None,
    effects=_tell_pausing,
    act=lambda case, told, doing: pause(
        case.pk,
        ground=PauseGround(told["ground"]),
        officer_id=doing.officer_id,
        version=doing.version,
        at=doing.at,
    ),
    done="The clock stands still.",
)
RESUME = CaseAction(
    name="resume",
    label="Let the clock go on",
    permission=HANDLE,
    is_open=lambda case: not case.is_closed and case.paused_at is not None,
    effects=_tell_resuming,
    act=lambda case, told, doing: resume(
        case.pk, officer_id=doing.officer_id, version=doing.version, at=doing.at
    ),
    done="The clock goes on.",
)
EXTEND = CaseAction(
    name="extend",
    label="Extend",
    permission=HANDLE,
    form=ExtendForm,
    is_open=lambda case: not case.is_closed and case.extended_at is None,
    effects=_tell_extending,
    act=lambda case, told, doing: extend(
        case.pk,
        ground=ExtensionGround(told["ground"]),
        officer_id=doing.officer_id,
        version=doing.version,
        at=doing.at,
        until=told["until"],
    ),
    done="Extended.",
)
