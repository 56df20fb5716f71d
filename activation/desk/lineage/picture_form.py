"""What an officer asks the picture for: a part of the graph, or a name to look up."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from lineage.graph.types import Direction, PictureQuery

DEPTHS = (1, 2, 3, 4, 6, 8, 12)
DEFAULT_DEPTH = 6
DIRECTIONS = (
    (Direction.BOTH.value, "both ways"),
    (Direction.UPSTREAM.value, "where it comes from"),
    (Direction.DOWNSTREAM.value, "where it goes"),
)


def _suggesting(names: str, placeholder: str) -> UnfoldAdminTextInputWidget:
    return UnfoldAdminTextInputWidget(
        attrs={"list": names, "placeholder": placeholder, "autocomplete": "off"}
    )


class PictureForm(forms.Form):
    """Filters of the picture. Whatever is wrong is told, and the picture is drawn without it."""

    q = forms.CharField(
        label="Find", required=False, max_length=200, widget=_suggesting("", "dataset, job or destination")
    )
    purpose = forms.CharField(required=False, max_length=200, widget=_suggesting("purposes", "any"))
    category = forms.CharField(
        label="Data category", required=False, max_length=200, widget=_suggesting("categories", "any")
    )
    direction = forms.ChoiceField(required=False, choices=DIRECTIONS, widget=UnfoldAdminSelectWidget)
    depth = forms.TypedChoiceField(
        label="Steps",
        required=False,
        coerce=int,
        empty_value=None,
        choices=[(depth, str(depth)) for depth in DEPTHS],
        widget=UnfoldAdminSelectWidget,
    )
    focus = forms.RegexField(
        r"^[dj][0-9]{1,18}$", required=False, strip=True, widget=forms.HiddenInput, label="Focus"
    )

    def get_query(self) -> PictureQuery:
        """Return the question that the valid parts of the form ask."""
        asked: dict[str, Any] = self.cleaned_data
        return PictureQuery(
            focus=asked.get("focus") or None,
            direction=Direction(asked.get("direction") or Direction.BOTH),
            depth=asked.get("depth") or DEFAULT_DEPTH,
            purpose=asked.get("purpose") or None,
            category=asked.get("category") or None,
        )
