"""The form of a theme: a field for each variable, and the logo."""

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from consent.portal.models import Theme
from consent.portal.preferences.pages.logos import MOST_BYTES, LogoRefused, find_type
from consent.portal.preferences.pages.themes import DEFAULTS, FONTS, RADII, find_faults, read_variables

_NAMES = {
    "ground": "Background",
    "raised": "Background of boxes",
    "text": "Text",
    "soft": "Quiet text",
    "line": "Edges",
    "accent": "Buttons and links",
    "on_accent": "Text on pressed buttons",
}
_SHAPES = {"radius": RADII, "font": FONTS}


class ThemeForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's class takes no parameter when it runs
    """A theme, with a field `var_<name>` for each variable of the pages."""

    upload = forms.FileField(
        label="Logo",
        required=False,
        widget=UnfoldAdminFileFieldWidget,
        help_text=f"PNG or SVG, at most {MOST_BYTES // 1024} KiB. It is shown beside the name.",
    )
    without_logo = forms.BooleanField(
        label="Take the logo away", required=False, widget=UnfoldBooleanSwitchWidget
    )

    class Meta:
        model = Theme
        fields = ("controller", "title")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        values = read_variables(self.instance.variables)
        for name, value in values.items():
            self.fields[f"var_{name}"] = _make_field(name, value)

    def clean(self) -> dict[str, Any]:
        """Return what was entered; a colour that cannot be read on another is refused at its field."""
        cleaned: dict[str, Any] = super().clean() or {}
        variables = {name: cleaned.get(f"var_{name}", "") for name in DEFAULTS}
        for fault in find_faults({name: value for name, value in variables.items() if value}):
            self.add_error(f"var_{fault.name}", fault.message)
        self.instance.variables = {
            name: value for name, value in variables.items() if value and value != DEFAULTS[name]
        }
        self._take_logo(cleaned)
        return cleaned

    def _take_logo(self, cleaned: dict[str, Any]) -> None:
        if cleaned.get("without_logo"):
            self.instance.logo, self.instance.logo_type = b"", ""
        upload = cleaned.get("upload")
        if not upload:
            return
        content = upload.read(MOST_BYTES + 1)
        try:
            self.instance.logo_type = find_type(content)
        except LogoRefused as refusal:
            self.add_error("upload", f"The picture {refusal}.")
        else:
            self.instance.logo = content


def _make_field(name: str, value: str) -> forms.Field:
    if choices := _SHAPES.get(name):
        return forms.ChoiceField(
            label={"radius": "Corners", "font": "Letters"}[name],
            choices=[(one, one) for one in choices],
            initial=value,
            widget=UnfoldAdminSelectWidget,
        )
    dark = name.startswith("dark_")
    label = _NAMES[name.removeprefix("dark_")] + (" (dark)" if dark else "")
    return forms.CharField(
        label=label, initial=value, max_length=7, widget=UnfoldAdminTextInputWidget(attrs={"type": "color"})
    )
