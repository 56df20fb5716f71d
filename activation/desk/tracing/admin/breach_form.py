"""What officers fill in for a breach report."""

from datetime import UTC, datetime
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from activation.desk.tracing.traces import MAX_REASON
from activation.desk.tracing.types import BreachQuestion, BreachScope
from activation.destinations.queries import get_register


class MomentWidget(UnfoldAdminTextInputWidget):  # type: ignore[misc]  # unfold has no types
    """Asks for a moment, as the browser does."""

    input_type = "datetime-local"

    def format_value(self, value: Any) -> str | None:
        """Return the value as the browser takes it."""
        return f"{value:%Y-%m-%dT%H:%M}" if isinstance(value, datetime) else value


class BreachForm(forms.Form):
    """A destination or a dataset, the time, and when it became known."""

    destination = forms.ChoiceField(required=False, widget=UnfoldAdminSelectWidget)
    dataset = forms.CharField(
        label="Or dataset",
        required=False,
        max_length=64,
        widget=UnfoldAdminTextInputWidget,
        help_text="Its key in the picture of lineage, such as d17.",
    )
    since = forms.DateTimeField(label="Open from (UTC)", widget=MomentWidget)
    until = forms.DateTimeField(
        label="Until (UTC)", widget=MomentWidget, help_text="Of a breach that goes on: now."
    )
    known_at = forms.DateTimeField(
        label="Became known (UTC)",
        widget=MomentWidget,
        help_text=(
            "When the controller became aware of it. GDPR Art. 33(1): the authority is told without undue"
            " delay and, where feasible, not later than 72 hours after that."
        ),
    )
    reason = forms.CharField(
        label="What happened",
        max_length=MAX_REASON,
        widget=UnfoldAdminTextInputWidget,
        help_text="In few words, with the number of the case. No personal data: it stays on record.",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["destination"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        field.choices = [("", "-"), *((slug, slug) for slug in sorted(get_register()))]

    def clean(self) -> dict[str, Any]:
        """Return the fields if they name either a destination or a dataset."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if bool(cleaned.get("destination")) == bool(cleaned.get("dataset")):
            self.add_error("destination", "Choose a destination, or name a dataset: one of the two.")
        return cleaned

    def asked(self) -> dict[str, Any]:
        """Return what a valid form asks for, as `open_breach_report` takes it."""
        told = self.cleaned_data
        is_dataset = bool(told["dataset"])
        question = BreachQuestion(
            scope=BreachScope.DATASET if is_dataset else BreachScope.DESTINATION,
            name=told["dataset"].strip() if is_dataset else told["destination"],
            since=told["since"].astimezone(UTC),
            until=told["until"].astimezone(UTC),
        )
        return {"question": question, "known_at": told["known_at"], "reason": told["reason"]}
