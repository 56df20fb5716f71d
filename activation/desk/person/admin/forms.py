"""What officers fill in to find a person, to ask the engine about them, and to record a no for them."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from activation.decisions.types import Question
from activation.desk.person.acting import NewNo
from activation.desk.person.policy_words import PolicyWords
from activation.desk.person.timeline import KINDS, Wanted
from activation.desk.person.types import ACTS, WAY_WORDS, Asked, Way
from activation.desk.person.words import name_kind
from activation.desk.tracing.traces import MAX_REASON
from activation.desk.tracing.types import ACCESS_WORDS, Access
from consent.records.types import ANY_PURPOSE, Choice
from consent.subjects.types import SUBJECT_REF, Identifier, IdentifierKind, SubjectRef

_KINDS = [(kind.value, name_kind(kind.value)) for kind in IdentifierKind]
_ACCESSES = [(one.value, words) for one, words in ACCESS_WORDS.items()]
_NO_PERSONAL_DATA = "Such as the number of the case. No personal data: it stays on record, in clear."


class MomentWidget(UnfoldAdminTextInputWidget):  # type: ignore[misc]  # unfold has no types
    """Asks for a moment, as the browser does."""

    input_type = "datetime-local"


def _suggesting(name: str) -> UnfoldAdminTextInputWidget:
    """Return a field that the page's list of this name makes suggestions for; anything may be typed."""
    return UnfoldAdminTextInputWidget(attrs={"list": name, "autocomplete": "off", "spellcheck": "false"})


class LookUpForm(forms.Form):
    """Whom to find, and why."""

    kind = forms.ChoiceField(
        label="Known by",
        choices=[*_KINDS, (SUBJECT_REF, "reference (pseudonym)")],
        initial=IdentifierKind.EMAIL.value,
        widget=UnfoldAdminSelectWidget,
    )
    value = forms.CharField(
        label="Value",
        max_length=300,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="It is sealed with the look-up, and is in no address, log or message.",
    )
    access = forms.ChoiceField(label="Looked up for", choices=_ACCESSES, widget=UnfoldAdminSelectWidget)
    reason = forms.CharField(
        label="Reason", max_length=MAX_REASON, widget=UnfoldAdminTextInputWidget, help_text=_NO_PERSONAL_DATA
    )

    def asked(self) -> dict[str, Any]:
        """Return what a valid form asks for, as `look_up` takes it."""
        kind, value = self.cleaned_data["kind"], self.cleaned_data["value"]
        by = (
            Asked(ref=SubjectRef(value.strip()))
            if kind == SUBJECT_REF
            else Asked(identifier=Identifier(IdentifierKind(kind), value))
        )
        return {
            "asked": by,
            "access": Access(self.cleaned_data["access"]),
            "reason": self.cleaned_data["reason"],
        }


class TimelineForm(forms.Form):
    """Which events to show. It goes in the address: it names nobody."""

    kind = forms.ChoiceField(
        label="What happened", required=False, choices=KINDS, widget=UnfoldAdminSelectWidget
    )
    purpose = forms.CharField(required=False, max_length=128, widget=_suggesting("purposes"))
    behind = forms.RegexField(r"^rec_[0-9a-f]{32}\Z", required=False, widget=forms.HiddenInput)

    def wanted(self) -> Wanted:
        """Return the events that the form asks for; all, if it is not valid."""
        return Wanted(**self.cleaned_data) if self.is_valid() else Wanted()


class QuestionForm(forms.Form):
    """What to ask the engine. It goes in the address: it names nobody."""

    purpose = forms.CharField(max_length=200, widget=_suggesting("purposes"))
    destination = forms.CharField(max_length=200, widget=_suggesting("destinations"))
    controller = forms.CharField(
        max_length=64,
        required=False,
        widget=_suggesting("controllers"),
        help_text="Empty: the policy's only one.",
    )
    data_categories = forms.CharField(
        max_length=2000,
        required=False,
        widget=_suggesting("categories"),
        help_text="Separated by commas. Empty: all that the destination may receive.",
    )
    as_of = forms.DateTimeField(
        label="By what was in force at (UTC)",
        required=False,
        widget=MomentWidget,
        help_text="Empty: now.",
    )
    known_at = forms.DateTimeField(
        label="By what we knew at (UTC)",
        required=False,
        widget=MomentWidget,
        help_text="Empty: now.",
    )

    def __init__(self, *args: Any, at: datetime, **options: Any) -> None:
        super().__init__(*args, **options)
        self._at = at

    def clean(self) -> dict[str, Any]:
        """Return the fields if they ask about the past or the present."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name in ("as_of", "known_at"):
            if cleaned.get(name) and cleaned[name] > self._at:
                self.add_error(name, "That is not over yet: leave it empty for now.")
        return cleaned

    def question(self) -> Question:
        """Return what a valid form asks."""
        told = self.cleaned_data
        categories = [one.strip() for one in told["data_categories"].split(",") if one.strip()]
        return Question(
            purpose=told["purpose"],
            destination=told["destination"],
            controller=told["controller"],
            data_categories=frozenset(categories) if categories else None,
            as_of=told["as_of"],
            known_at=told["known_at"],
        )


class ActForm(forms.Form):
    """A no that the person told the officer."""

    choice = forms.ChoiceField(
        label="What they said",
        choices=[(choice.value, words) for choice, words in ACTS.items()],
        widget=UnfoldAdminSelectWidget,
    )
    purpose = forms.ChoiceField(label="To which purpose", widget=UnfoldAdminSelectWidget)
    controller = forms.ChoiceField(label="Towards", required=False, widget=UnfoldAdminSelectWidget)
    way = forms.ChoiceField(
        label="How they said it",
        choices=[(way.value, words) for way, words in WAY_WORDS.items()],
        widget=UnfoldAdminSelectWidget,
    )
    note = forms.CharField(
        required=False, max_length=MAX_REASON, widget=UnfoldAdminTextInputWidget, help_text=_NO_PERSONAL_DATA
    )
    token = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, words: PolicyWords, **options: Any) -> None:
        super().__init__(*args, **options)
        self._offer("purpose", [(ANY_PURPOSE, "Everything"), *_list(words, "purposes")])
        self._offer("controller", [("", "Every controller"), *_list(words, "controllers")])
        self.initial.setdefault("token", uuid4())

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        field.choices = choices

    def told(self) -> NewNo:
        """Return the no that a valid form tells of."""
        told = self.cleaned_data
        return NewNo(
            token=told["token"],
            choice=Choice(told["choice"]),
            purpose=told["purpose"],
            controller=told["controller"],
            way=Way(told["way"]),
            note=told["note"],
        )


def _list(words: PolicyWords, section: str) -> list[tuple[str, str]]:
    return [(slug, f"{title} ({slug})") for slug, title in words.list_titled(section)]
