"""What the admin asks before a destination is connected: made from what the kind asks for."""

import json
from collections.abc import Mapping
from typing import Any, Protocol, get_args, get_origin

import msgspec
from django import forms
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from activation.destinations.kinds.interface import Kind
from activation.destinations.kinds.settings import Described, describe_settings

_CREDENTIAL = "credential-"


class Asking(Described, Protocol):
    """What asks for settings, and for credentials."""

    @property
    def secrets(self) -> Mapping[str, str]:
        """Name of each credential, and what it is."""
        ...


class KindForm(forms.Form):
    """Asks by which kind."""

    kind = forms.ChoiceField(widget=UnfoldAdminSelectWidget)

    def __init__(self, kinds: Mapping[str, Kind], *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        field = self.fields["kind"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [(slug, kind.title) for slug, kind in kinds.items()]


class ConnectionForm(forms.Form):
    """Asks for the settings and the credentials of one kind. A credential is never shown again."""

    def __init__(self, kind: Asking, current: Mapping[str, Any], *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._kind = kind
        told = describe_settings(kind)
        for setting in sorted(msgspec.structs.fields(kind.settings), key=lambda one: not one.required):
            self.fields[setting.name] = _field(setting, told[setting.name], current.get(setting.name))
        for name, description in kind.secrets.items():
            self.fields[f"{_CREDENTIAL}{name}"] = forms.CharField(
                label=_label(name),
                required=False,
                strip=False,
                help_text=f"{description}. Kept sealed, and never shown.",
                widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
            )

    @property
    def settings(self) -> dict[str, Any]:
        """The settings as they were entered; what was left empty is left out."""
        entered = {field.name: self.cleaned_data[field.name] for field in self._settings_fields()}
        return {name: value for name, value in entered.items() if value not in ("", None)}

    @property
    def secrets(self) -> dict[str, str]:
        """The credentials that were entered, by name."""
        entered = {name: self.cleaned_data[f"{_CREDENTIAL}{name}"] for name in self._kind.secrets}
        return {name: value for name, value in entered.items() if value}

    def _settings_fields(self) -> tuple[Any, ...]:
        return msgspec.structs.fields(self._kind.settings)


def _field(setting: Any, told: str, current: Any) -> forms.Field:
    default = None if setting.required else msgspec.to_builtins(setting.default)
    initial = default if current is None else current
    inner = getattr(setting.type, "__origin__", setting.type)
    options: dict[str, Any] = {
        "label": _label(setting.name),
        "required": setting.required,
        "help_text": told,
        "initial": initial,
    }
    if inner is bool:
        return forms.BooleanField(**{**options, "required": False}, widget=UnfoldBooleanSwitchWidget)
    if inner is int:
        return forms.IntegerField(**options, widget=UnfoldAdminIntegerFieldWidget)
    if inner is float:
        return forms.FloatField(**options, widget=UnfoldAdminDecimalFieldWidget)
    if inner is str:
        return forms.CharField(**options, strip=False, widget=UnfoldAdminTextInputWidget)
    if str(get_origin(inner)).endswith("Literal"):
        choices = [(choice, choice) for choice in get_args(inner)]
        return forms.ChoiceField(**options, choices=choices, widget=UnfoldAdminSelectWidget)
    return _JsonField(**{**options, "initial": None if initial is None else json.dumps(initial)})


class _JsonField(forms.CharField):
    """A setting that is a list or an object, written as JSON."""

    widget = UnfoldAdminTextareaWidget

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return json.loads(text)
        except ValueError as error:
            raise forms.ValidationError("Write it as JSON.") from error


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()
