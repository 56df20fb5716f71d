"""What the admin asks before a client is made, rotated or revoked."""

from datetime import timedelta
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from activation.checks.rules import MalformedScope, read_scopes
from activation.checks.types import NARROWED, Limits, Scope

MOST_DAYS = 3660
MOST_HOURS = 366 * 24
MOST = 2_000_000_000
DEFAULTS = Limits()


class ValidityForm(forms.Form):
    """Asks how long a key is to be valid."""

    days = forms.IntegerField(
        label="Valid for days",
        initial=90,
        min_value=1,
        max_value=MOST_DAYS,
        widget=UnfoldAdminIntegerFieldWidget,
    )

    @property
    def valid_for(self) -> timedelta:
        """How long the key of a valid form is to be valid."""
        return timedelta(days=self.cleaned_data["days"])


class LimitsForm(forms.Form):
    """Asks how much a client may ask."""

    questions_per_minute = forms.IntegerField(
        initial=DEFAULTS.questions_per_minute,
        required=False,
        min_value=1,
        max_value=MOST,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="In each process. Empty: as many as it likes.",
    )
    identifiers_per_day = forms.IntegerField(
        initial=DEFAULTS.identifiers_per_day,
        required=False,
        min_value=1,
        max_value=MOST,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="How many different ones it may ask about. Empty: as many as it likes.",
    )

    @property
    def limits(self) -> Limits:
        """How much the client of a valid form may ask."""
        return Limits(
            questions_per_minute=self.cleaned_data["questions_per_minute"],
            identifiers_per_day=self.cleaned_data["identifiers_per_day"],
        )


class ClientForm(LimitsForm, ValidityForm):
    """Asks who the client is, and what it may do."""

    name = forms.CharField(
        max_length=100, widget=UnfoldAdminTextInputWidget, help_text="The calling system. Name no person."
    )
    scopes = forms.MultipleChoiceField(
        required=False,
        choices=[(scope.value, scope.value) for scope in Scope],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    purposes = forms.CharField(
        label="Writes choices for these purposes only",
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="One a line, such as marketing.email, which means those below it, too.",
    )
    is_test = forms.BooleanField(
        label="Test key",
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text="Answered from the example data only; it can write nothing.",
    )
    field_order = ("name", "scopes", "purposes", "is_test", "days")

    def clean(self) -> dict[str, Any]:
        """Return what was asked for.

        :raises forms.ValidationError: if a scope is none, or none that the client may have.
        """
        cleaned = super().clean() or {}
        purposes = cleaned.get("purposes", "").split()
        given = [*cleaned.get("scopes", ()), *(NARROWED + purpose for purpose in purposes)]
        try:
            cleaned["held"] = read_scopes(given, is_test=bool(cleaned.get("is_test")))
        except MalformedScope as error:
            raise forms.ValidationError(str(error)) from error
        return cleaned


class RotationForm(ValidityForm):
    """Asks how long the old keys work beside the new one."""

    overlap_hours = forms.FloatField(
        initial=24,
        min_value=0,
        max_value=MOST_HOURS,
        widget=UnfoldAdminDecimalFieldWidget,
        help_text="How long the old key works beside the new one. 0 ends it at once.",
    )
    field_order = ("overlap_hours", "days")

    @property
    def overlap(self) -> timedelta:
        """The overlap of a valid form."""
        return timedelta(hours=self.cleaned_data["overlap_hours"])


class RevocationForm(forms.Form):
    """Asks for nothing but a second click."""
