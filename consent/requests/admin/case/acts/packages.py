"""An access package: what is withheld from it, its release, and taking it back."""

# ruff: noqa: ARG001, ARG005 - the signatures are those of every action

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from consent.requests.admin.access import HANDLE, READ
from consent.requests.admin.case.acts.telling import name_language
from consent.requests.admin.case.declaring import CaseAction, CaseForm, Doing
from consent.requests.models import Package, Request
from consent.requests.packages.redacting import MAX_REASON, redact, undo_redaction
from consent.requests.packages.releasing import LIFETIME, release, withdraw
from consent.requests.packages.types import PackageNotFound
from consent.requests.types import PackageState, RequestState

_BEFORE_RELEASE = frozenset({RequestState.IN_PROGRESS, RequestState.IN_REVIEW})
_LARGEST = 2**53


class ReleaseForm(CaseForm):
    """Asks how the package gets to the person."""

    by_hand = forms.BooleanField(
        label="I hand it over myself",
        required=False,
        widget=UnfoldBooleanWidget,
        help_text="For who showed a document and proved no address: no link is sent.",
    )


class RedactForm(CaseForm):
    """Asks why something is withheld. What it is, the page that shows the rows says."""

    system = forms.CharField(max_length=64, widget=forms.HiddenInput)
    dataset = forms.CharField(max_length=200, widget=forms.HiddenInput)
    field = forms.CharField(max_length=128, required=False, widget=UnfoldAdminTextInputWidget)
    row = forms.IntegerField(
        min_value=1, max_value=_LARGEST, required=False, widget=UnfoldAdminIntegerFieldWidget
    )
    reason = forms.CharField(
        max_length=MAX_REASON,
        widget=UnfoldAdminTextInputWidget,
        help_text="The person reads it where the value would stand. Name nobody in it.",
    )
    field_order = ("system", "dataset", "row", "field", "reason")

    def clean(self) -> dict[str, Any]:
        """Return the fields if they say what is withheld."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not cleaned.get("field") and not cleaned.get("row") and not self.errors:
            self.add_error("field", "Name a field, a row, or both: nothing would be withheld.")
        return cleaned


class UndoForm(CaseForm):
    """Carries which redaction is taken back."""

    redaction = forms.IntegerField(min_value=1, max_value=_LARGEST, widget=forms.HiddenInput)

    def clean_redaction(self) -> int:
        """Return the redaction's id, if it is one of the request's."""
        redaction: int = self.cleaned_data["redaction"]
        if not self.case.redactions.filter(pk=redaction).exists():
            raise forms.ValidationError("There is no such redaction of this request.")
        return redaction


def find_package(case: Request, *states: PackageState) -> Package | None:
    """Return the request's newest package, if it is in one of these states."""
    newest = case.packages.order_by("-created_at", "pk").first()
    return newest if newest is not None and newest.state in states else None


def _get_package(case: Request, state: PackageState) -> Package:
    found = find_package(case, state)
    if found is None:
        raise PackageNotFound("there is no such package any more")
    return found


def _tell_releasing(case: Request, told: Mapping[str, Any]) -> Iterator[str]:
    days, withheld = LIFETIME.days, case.redactions.count()
    if told["by_hand"]:
        yield "The package is released to be handed over by you. No link is sent to anybody."
    else:
        yield (
            f"The person is sent a link, in {name_language(case.language)}, to the contact that they proved."
            f" It is good for {days} days, and asks again who they are."
        )
    yield f"After {days} days the package is destroyed. Each download is put on record."
    yield f"Withheld by officers, and staying so: {withheld:,}."
    yield "The request is closed as fulfilled; in part, if a system could not hand over all."


def _release(case: Request, told: Mapping[str, Any], doing: Doing) -> None:
    release(
        _get_package(case, PackageState.READY).pk,
        officer_id=doing.officer_id,
        version=doing.version,
        at=doing.at,
        by_hand=told["by_hand"],
    )


def _tell_withdrawing(case: Request, told: Mapping[str, Any]) -> Iterator[str]:
    yield "The package is destroyed, and its link leads nowhere any more. This cannot be undone."
    yield "What was downloaded already stays with whoever has it."


def _withdraw(case: Request, told: Mapping[str, Any], doing: Doing) -> None:
    package = _get_package(case, PackageState.RELEASED)
    withdraw(package.pk, officer_id=doing.officer_id, version=doing.version, at=doing.at)


def _tell_redacting(case: Request, told: Mapping[str, Any]) -> Iterator[str]:
    field, row = told["field"], told["row"]
    what = f"The field {field}" if field else "The whole row"
    where = f" of row {row:,}" if row and field else f" {row:,}" if row else " of every row"
    yield f"{what}{where} is withheld in {told['dataset']} of {told['system']}."
    yield f"The person reads instead: “{told['reason']}”"
    yield "The package is put together again. It can be shown again until the release."


def _tell_undoing(case: Request, told: Mapping[str, Any]) -> Iterator[str]:
    redaction = case.redactions.get(pk=told["redaction"])
    yield f"What was withheld is shown again: {redaction.field or 'a row'} in {redaction.dataset}."
    yield "The package is put together again."


RELEASE = CaseAction(
    name="release",
    label="Release the package",
    permission=HANDLE,
    form=ReleaseForm,
    is_open=lambda case: (
        case.state == RequestState.IN_REVIEW and find_package(case, PackageState.READY) is not None
    ),
    effects=_tell_releasing,
    act=_release,
    done="Released.",
    variant="primary",
)
WITHDRAW = CaseAction(
    name="withdraw",
    label="Take the package back",
    permission=HANDLE,
    is_open=lambda case: find_package(case, PackageState.RELEASED) is not None,
    effects=_tell_withdrawing,
    act=_withdraw,
    done="Taken back, and destroyed.",
    variant="danger",
)
REDACT = CaseAction(
    name="redact",
    label="Withhold something",
    permission=HANDLE,
    also_needs=(READ,),
    form=RedactForm,
    is_open=lambda case: case.state in _BEFORE_RELEASE,
    effects=_tell_redacting,
    act=lambda case, told, doing: redact(case.pk, **told, officer_id=doing.officer_id, version=doing.version),
    done="Withheld. The package is put together again.",
    is_beside=True,
)
UNDO_REDACTION = CaseAction(
    name="undo-redaction",
    label="Show it again",
    permission=HANDLE,
    form=UndoForm,
    is_open=lambda case: case.state in _BEFORE_RELEASE,
    effects=_tell_undoing,
    act=lambda case, told, doing: undo_redaction(
        told["redaction"], officer_id=doing.officer_id, version=doing.version
    ),
    done="It is shown again. The package is put together again.",
    is_beside=True,
)
