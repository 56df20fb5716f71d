"""What an officer takes down of a request."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from consent.kernel import canonical
from consent.policies.queries import get_policy_in_force
from consent.requests.admin.case.acts.telling import LANGUAGES
from consent.requests.admin.words import say, say_type
from consent.requests.models import Agent
from consent.requests.types import Channel, NewRequest, RequestType
from consent.requests.verification.vouching import AUTHORITIES, DocumentKind
from consent.subjects.types import Identifier, IdentifierKind

MOST_IDENTIFIERS = 4
_NONE = ("", "-")
_LANGUAGES = list(LANGUAGES.items())
_KINDS = [_NONE, *((kind.value, say(kind.value)) for kind in IdentifierKind)]


class MomentWidget(UnfoldAdminTextInputWidget):
    """Asks for a moment, as the browser does."""

    input_type = "datetime-local"

    def format_value(self, value: Any) -> str | None:
        """Return the value as the browser takes it."""
        return f"{value:%Y-%m-%dT%H:%M}" if isinstance(value, datetime) else value


def _words(label: str, *, help_text: str = "", most: int = 300) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=most,
        help_text=help_text,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )


def _lines(label: str, *, help_text: str, most: int = 10_000) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=most,
        help_text=help_text,
        widget=UnfoldAdminTextareaWidget,
    )


def _pick(label: str, choices: list[tuple[str, str]], *, help_text: str = "") -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, required=False, choices=choices, help_text=help_text, widget=UnfoldAdminSelectWidget
    )


class EntryForm(forms.Form):
    """As little as finds the person and says what they ask."""

    type = forms.ChoiceField(
        choices=[(one.value, say_type(one.value)) for one in RequestType], widget=UnfoldAdminSelectWidget
    )
    controller = forms.ChoiceField(label="Asked of", widget=UnfoldAdminSelectWidget)
    received_at = forms.DateTimeField(
        label="Came in (UTC)", widget=MomentWidget, help_text="The clock begins then, not when you type it."
    )
    jurisdiction = _words("Lives in", help_text="A code such as DE or US-CA, if the person says so.", most=6)
    language = forms.ChoiceField(choices=_LANGUAGES, widget=UnfoldAdminSelectWidget, initial="en")
    details = _lines("What they ask", help_text="In their own words. It is sealed.")
    corrections = _lines(
        "What should be corrected", help_text="Of a rectification, one a line: field = what it should be."
    )
    purposes = _lines(
        "Purposes", help_text="Of an objection or a withdrawal, one a line; empty: all of them.", most=2_000
    )
    reply_to = forms.EmailField(
        label="Answer to", required=False, widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"})
    )
    by_link = forms.BooleanField(
        label="Send a link to confirm, instead of a code",
        required=False,
        widget=UnfoldBooleanWidget,
        help_text="For a request that came by e-mail: who follows the link shows that the address is theirs.",
    )
    appeal_of = _words("Appeal against", help_text="The reference of the earlier request.", most=16)
    agent = forms.ModelChoiceField(
        label="Asked by the agent",
        required=False,
        queryset=Agent.objects.filter(is_active=True).order_by("title", "pk"),
        widget=UnfoldAdminSelectWidget,
    )
    document = _pick(
        "What you have seen",
        [_NONE, *((one.value, say(one.value)) for one in DocumentKind)],
        help_text="A document of the person, or the agent's authority. It is not kept.",
    )
    proven = forms.MultipleChoiceField(
        label="It shows these to be the person's",
        required=False,
        choices=[(kind.value, say(kind.value)) for kind in IdentifierKind],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )

    def __init__(self, *args: Any, at: datetime, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["controller"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        field.choices = list_controllers(at)
        for number in range(1, MOST_IDENTIFIERS + 1):
            self.fields[f"kind_{number}"] = _pick(f"Known by ({number})", _KINDS)
            self.fields[f"value_{number}"] = _words(f"Value ({number})")
        self.order_fields(["type", "controller", "received_at", "jurisdiction", "language", *self._pairs()])

    def _pairs(self) -> Iterator[str]:
        for number in range(1, MOST_IDENTIFIERS + 1):
            yield f"kind_{number}"
            yield f"value_{number}"

    def identifiers(self) -> tuple[Identifier, ...]:
        """Return the identifiers that were typed."""
        told = self.cleaned_data
        pairs = ((told[f"kind_{one}"], told[f"value_{one}"]) for one in range(1, MOST_IDENTIFIERS + 1))
        return tuple(Identifier(IdentifierKind(kind), value) for kind, value in pairs if kind and value)

    def clean(self) -> dict[str, Any]:
        """Return the fields if they fit together."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for number in range(1, MOST_IDENTIFIERS + 1):
            if bool(cleaned.get(f"kind_{number}")) != bool(cleaned.get(f"value_{number}")):
                self.add_error(f"value_{number}", "Say of what kind it is, and what it is.")
        if cleaned.get("document") and not cleaned.get("proven"):
            self.add_error("proven", "Say which identifiers it shows to be the person's.")
        if cleaned.get("document") in AUTHORITIES and not cleaned.get("agent"):
            self.add_error("agent", "An authority is an agent's: choose the agent.")
        return cleaned

    def asked(self) -> NewRequest:
        """Return the request that a valid form takes down."""
        told = self.cleaned_data
        return NewRequest(
            type=RequestType(told["type"]),
            controller=told["controller"],
            identifiers=self.identifiers(),
            channel=Channel.EMAIL_LINK if told["by_link"] else Channel.OFFICER,
            received_at=told["received_at"],
            jurisdiction=told["jurisdiction"].strip().upper() or None,
            language=told["language"],
            details=told["details"],
            corrections=dict(_read_corrections(told["corrections"])),
            purposes=tuple(line.strip() for line in told["purposes"].splitlines() if line.strip()),
            reply_to=told["reply_to"] or None,
            agent=told["agent"].slug if told["agent"] else None,
            appeal_of=told["appeal_of"].strip().upper() or None,
        )

    def seen(self) -> tuple[DocumentKind, list[IdentifierKind]] | None:
        """Return which document the officer has seen, and what it shows; None if there was none."""
        told = self.cleaned_data
        if not told["document"]:
            return None
        return DocumentKind(told["document"]), [IdentifierKind(one) for one in told["proven"]]


def list_controllers(at: datetime) -> list[tuple[str, str]]:
    """Return the controllers of the policy in force."""
    policy = get_policy_in_force(at=at)
    known = canonical.loads(policy.canonical).get("controllers", {}) if policy else {}
    return [(slug, str(one.get("title") or slug)) for slug, one in sorted(known.items())]


def _read_corrections(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, sign, value = line.partition("=")
        if sign and name.strip():
            yield name.strip(), value.strip()
