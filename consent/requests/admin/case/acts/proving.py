"""How sure it is that a request is the person's own: codes, documents, and how much proof is asked for."""

# ruff: noqa: ARG001 - the signatures are those of every action

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget

from consent.requests.admin.access import HANDLE, READ
from consent.requests.admin.case.acts.telling import tell_person
from consent.requests.admin.case.declaring import CaseAction, CaseForm, Doing
from consent.requests.admin.words import say
from consent.requests.models import Request
from consent.requests.types import Actor, Level, NotPossible, RequestState
from consent.requests.verification.codes import ask_code
from consent.requests.verification.vouching import DocumentKind, accept_document, change_level
from consent.subjects.types import IdentifierKind


class DocumentForm(CaseForm):
    """Asks what was seen, and which identifiers it shows to be the person's."""

    document = forms.ChoiceField(
        label="What you have seen",
        choices=[(one.value, say(one.value)) for one in DocumentKind],
        widget=UnfoldAdminSelectWidget,
        help_text="It is not kept, and nothing that stands in it.",
    )
    proven = forms.MultipleChoiceField(
        label="These are the person's",
        choices=[(one.value, say(one.value)) for one in IdentifierKind],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="Of what the request names. The others are not used to find anything.",
    )


class LevelForm(CaseForm):
    """Asks how much proof is asked for."""

    level = forms.ChoiceField(
        label="Proof asked for",
        choices=[
            (Level.CONTACT.value, "a contact on record answers"),
            (Level.STRONG.value, "a document, or a login that vouches"),
        ],
        widget=UnfoldAdminSelectWidget,
    )


def _tell_document(case: Request, told: Mapping[str, Any]) -> Iterator[str]:
    yield f"It goes on record that you have seen: {say(told['document'])}."
    yield f"Only these are used to find data: {', '.join(map(say, told['proven']))}."
    yield "If that is enough proof, the request begins at once: subjects are matched and steps planned."


def _tell_code(case: Request, told: Mapping[str, Any]) -> Iterator[str]:
    yield tell_person(case, "a new code, to the contact that they named")
    yield "Codes that were sent before count no more."


def _tell_level(case: Request, told: Mapping[str, Any]) -> Iterator[str]:
    yield f"From now on this is asked for: {dict(LevelForm.base_fields['level'].choices)[told['level']]}."  # type: ignore[attr-defined]
    yield "What was shown before still counts: if it is enough now, the request begins at once."
    yield "The person is not told by this."


def _accept(case: Request, told: Mapping[str, Any], doing: Doing) -> None:
    accept_document(
        case.pk,
        document=DocumentKind(told["document"]),
        proven=[IdentifierKind(one) for one in told["proven"]],
        officer_id=doing.officer_id,
        version=doing.version,
        at=doing.at,
    )


def _ask(case: Request, told: Mapping[str, Any], doing: Doing) -> None:
    asked = ask_code(
        case.pk, at=doing.at, version=doing.version, actor=Actor.OFFICER, officer_id=doing.officer_id
    )
    if not asked.is_sent:
        raise NotPossible("no code was sent: there is no contact, or one was sent a moment ago, or too many")


def _waits(case: Request) -> bool:
    return case.state == RequestState.VERIFYING


DOCUMENT = CaseAction(
    name="document",
    label="I have seen a document",
    permission=HANDLE,
    also_needs=(READ,),
    form=DocumentForm,
    is_open=_waits,
    effects=_tell_document,
    act=_accept,
    done="On record.",
)
CODE = CaseAction(
    name="code",
    label="Send a new code",
    permission=HANDLE,
    is_open=_waits,
    effects=_tell_code,
    act=_ask,
    done="A code is on its way.",
)
LEVEL = CaseAction(
    name="level",
    label="Change the proof asked for",
    permission=HANDLE,
    form=LevelForm,
    is_open=_waits,
    effects=_tell_level,
    act=lambda case, told, doing: change_level(
        case.pk, level=Level(told["level"]), officer_id=doing.officer_id, version=doing.version
    ),
    done="Changed.",
)
