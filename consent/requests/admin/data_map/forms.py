"""What the data map's pages ask."""

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from consent.requests.connectors.declared import CONNECTED, check_settings
from consent.requests.connectors.interface import SystemRefused
from consent.requests.models import Dataset, Reference, System
from consent.requests.systems.secrets import LONGEST
from consent.requests.types import SystemKind
from consent.subjects.types import IdentifierKind


class SystemForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic when it runs
    """One system. Its settings are looked at as far as its kind says what they are."""

    class Meta:
        model = System
        fields = (
            "slug",
            "title",
            "kind",
            "connection",
            "settings",
            "order",
            "owner",
            "instructions",
            "backup_days",
            "answers_within_hours",
            "is_enabled",
        )

    def clean(self) -> dict[str, Any]:
        """Refuse settings that its kind does not know."""
        cleaned = super().clean() or {}
        if "kind" not in cleaned or "settings" not in cleaned:
            return cleaned
        kind = SystemKind(cleaned["kind"])
        if kind in CONNECTED and not cleaned.get("connection"):
            self.add_error("connection", "Databases and files need their name in ACCORDANT_SYSTEMS.")
        try:
            check_settings(kind, cleaned["settings"] or {})
        except (SystemRefused, TypeError, ValueError) as refusal:
            self.add_error("settings", str(refusal))
        return cleaned

    def clean_settings(self) -> dict[str, Any]:
        """Return the settings; nothing entered is none."""
        settings = self.cleaned_data["settings"]
        if settings in (None, ""):
            return {}
        if not isinstance(settings, dict):
            raise forms.ValidationError("Write settings as a JSON object.")
        return settings


class ReferenceForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic when it runs
    """One reference. It stays within its system, and closes no circle."""

    class Meta:
        model = Reference
        fields = ("dataset", "field", "to_dataset", "to_field")

    def clean(self) -> dict[str, Any]:
        """Refuse what a connector would refuse."""
        cleaned = super().clean() or {}
        dataset, other = cleaned.get("dataset") or self._parent(), cleaned.get("to_dataset")
        if dataset is not None and other is not None:
            if dataset.system_id != other.system_id:
                self.add_error("to_dataset", "A reference stays within its system.")
            elif dataset.pk == other.pk or _leads_to(other, dataset):
                self.add_error("to_dataset", "This would close a circle of references.")
        return cleaned

    def _parent(self) -> Dataset | None:
        """Return the dataset whose page this form is a line of."""
        return Dataset.objects.filter(pk=self.instance.dataset_id).order_by("pk").first()


def _leads_to(start: Dataset, goal: Dataset) -> bool:
    edges: dict[int, set[int]] = {}
    pairs = Reference.objects.filter(dataset__system=start.system_id).order_by("pk")
    for below, above in pairs.values_list("dataset_id", "to_dataset_id"):
        edges.setdefault(below, set()).add(above)
    seen: set[int] = set()
    waiting = [start.pk]
    while waiting:
        here = waiting.pop()
        if here == goal.pk:
            return True
        if here not in seen:
            seen.add(here)
            waiting += edges.get(here, set())
    return False


class SecretForm(forms.Form):
    """Asks for a system's secret. It is never shown again."""

    secret = forms.CharField(
        required=False,
        strip=False,
        max_length=LONGEST,
        help_text="Kept sealed, and never shown. Empty: the system has none.",
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )


class PersonForm(forms.Form):
    """Asks whom a dry run is about. What is entered is neither kept nor put into an address."""

    kind = forms.ChoiceField(
        label="Identifier",
        choices=[(kind.value, kind.value.replace("_", " ")) for kind in IdentifierKind],
        widget=UnfoldAdminSelectWidget,
    )
    value = forms.CharField(max_length=254, widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}))


class MapForm(forms.Form):
    """Asks for a data map as YAML."""

    text = forms.CharField(
        label="Data map", max_length=2_000_000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 24})
    )
    is_tried = forms.BooleanField(label="Only show what would change", required=False, initial=True)
