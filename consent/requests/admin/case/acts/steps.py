"""What is done about one step: tried again, gone on without, or finished by hand."""

# ruff: noqa: ARG001, ARG005 - the signatures are those of every action

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from django import forms
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from consent.requests.admin.access import HANDLE
from consent.requests.admin.case.declaring import CaseAction, CaseForm, Doing
from consent.requests.admin.case.wording import ACTION_WORDS
from consent.requests.fanning.choosing import finish_task, retry_step, skip_step
from consent.requests.models import Request, Step
from consent.requests.rules.phases import OWN_ACTIONS
from consent.requests.types import RequestState, StepAction, StepState

_BY_HAND = "found by hand"
"""What the package calls what an officer entered."""
_AT_WORK = frozenset({RequestState.IN_PROGRESS, RequestState.IN_REVIEW})
_AGAIN = frozenset({StepState.FAILED, StepState.WAITING, StepState.PARTLY_DONE, StepState.SKIPPED})
_WITHOUT = frozenset({StepState.FAILED, StepState.WAITING, StepState.READY})


class StepForm(CaseForm):
    """Carries which step it is about."""

    step = forms.UUIDField(widget=forms.HiddenInput)

    def clean_step(self) -> UUID:
        """Return the step's id, if it is one of the request's."""
        step: UUID = self.cleaned_data["step"]
        if not self.case.steps.filter(pk=step).exists():
            raise forms.ValidationError("There is no such step of this request.")
        return step


class SkipForm(StepForm):
    """Asks why the request goes on without a step."""

    reason = forms.CharField(
        max_length=500,
        widget=UnfoldAdminTextInputWidget,
        help_text="It stands in the case, and in the certificate of an erasure. No personal data.",
    )


class FinishForm(StepForm):
    """Asks how far the task was done."""

    state = forms.ChoiceField(
        label="How far",
        choices=[(StepState.DONE.value, "done"), (StepState.PARTLY_DONE.value, "done in part")],
        widget=UnfoldAdminSelectWidget,
    )
    note = forms.CharField(
        required=False,
        max_length=500,
        widget=UnfoldAdminTextareaWidget,
        help_text="Needed if something was not done: what, and why. No personal data.",
    )

    found = forms.CharField(
        required=False,
        max_length=200_000,
        widget=UnfoldAdminTextareaWidget,
        help_text=(
            "Of a step that collects: what was found about the person. Each line becomes a row of the"
            " package. It is sealed. Third parties in it you withhold before the release."
        ),
    )

    def clean(self) -> dict[str, Any]:
        """Return the fields; who does a part only says what was not done."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        collecting = self.case.steps.filter(action=StepAction.COLLECT).values_list("pk", flat=True)
        if cleaned.get("found") and cleaned.get("step") not in set(collecting):
            self.add_error("found", "Only a step that collects takes what was found.")
        if cleaned.get("state") == StepState.PARTLY_DONE and not cleaned.get("note"):
            self.add_error("note", "Say what was not done, and why.")
        return cleaned


def _name(case: Request, told: Mapping[str, Any]) -> str:
    step = case.steps.select_related("system").get(pk=told["step"])
    where = f" at {step.system.title}" if step.system else ""
    return f"“{ACTION_WORDS[StepAction(step.action)]}{where}”"


def _tell_retrying(case: Request, told: Mapping[str, Any]) -> Iterator[str]:
    yield f"{_name(case, told)} is carried out again, from the beginning. What is done already is found done."
    yield "Steps behind it that have not ended wait for it. A request in review is in progress again."


def _tell_skipping(case: Request, told: Mapping[str, Any]) -> Iterator[str]:
    yield f"The request goes on without {_name(case, told)}. What it should have done is not done."
    yield f"The reason stands in the case and in what is certified: “{told['reason']}”"


def _tell_finishing(case: Request, told: Mapping[str, Any]) -> Iterator[str]:
    how = "done" if told["state"] == StepState.DONE else "done in part"
    yield f"{_name(case, told)} is on record as {how}, by your word."
    yield "The next phase begins if this was the last step of its phase."
    if rows := len(_read_rows(told)):
        yield f"What was found is sealed, and goes into the package: rows: {rows:,}."
    if told["note"]:
        yield f"With your note: “{told['note']}”"


def _finish(case: Request, told: Mapping[str, Any], doing: Doing) -> None:
    finish_task(
        told["step"],
        state=StepState(told["state"]),
        note=told["note"],
        rows=_read_rows(told),
        officer_id=doing.officer_id,
        version=doing.version,
    )


def _read_rows(told: Mapping[str, Any]) -> list[tuple[str, dict[str, str]]]:
    lines = map(str.strip, told["found"].splitlines())
    return [(_BY_HAND, {"found": line}) for line in lines if line]


def _is_at_work(case: Request) -> bool:
    return case.state in _AT_WORK


def _may_go_without(step: Step) -> bool:
    return step.state in _WITHOUT and step.action not in OWN_ACTIONS


def _waits_for_a_hand(step: Step) -> bool:
    return step.state == StepState.WAITING and step.action != StepAction.TELL_RECIPIENTS


RETRY = CaseAction(
    name="retry-step",
    label="Try again",
    permission=HANDLE,
    form=StepForm,
    is_open=_is_at_work,
    is_open_step=lambda step: step.state in _AGAIN,
    effects=_tell_retrying,
    act=lambda case, told, doing: retry_step(
        told["step"], officer_id=doing.officer_id, version=doing.version
    ),
    done="It is tried again.",
)
SKIP = CaseAction(
    name="skip-step",
    label="Go on without it",
    permission=HANDLE,
    form=SkipForm,
    is_open=_is_at_work,
    is_open_step=_may_go_without,
    effects=_tell_skipping,
    act=lambda case, told, doing: skip_step(
        told["step"], reason=told["reason"], officer_id=doing.officer_id, version=doing.version
    ),
    done="The request goes on without it.",
)
FINISH = CaseAction(
    name="finish-step",
    label="It is done",
    permission=HANDLE,
    form=FinishForm,
    is_open=_is_at_work,
    is_open_step=_waits_for_a_hand,
    effects=_tell_finishing,
    act=_finish,
    done="On record.",
    variant="primary",
)
