"""Which figures are asked for."""

from datetime import date
from typing import Any

from django import forms
from django.core.cache import cache
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from consent.requests.models import Request

ALL = ("", "all")
_TERMS = "requests.terms"
_TERMS_KEPT = 300  # seconds
EARLIEST, LATEST = 2000, 9000


class DayWidget(UnfoldAdminTextInputWidget):
    """Asks for a day, as the browser does."""

    input_type = "date"


def list_terms() -> tuple[list[str], list[str]]:
    """Return the controllers and jurisdictions that requests name, as they were within the last minutes."""
    kept: tuple[list[str], list[str]] | None = cache.get(_TERMS)
    if kept is None:
        kept = (_list("controller"), _list("jurisdiction"))
        cache.set(_TERMS, kept, _TERMS_KEPT)
    return kept


def _list(field: str) -> list[str]:
    rows = Request.objects.exclude(**{field: ""}).order_by(field)
    return list(rows.values_list(field, flat=True).distinct())


def _choice(label: str) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, required=False, widget=UnfoldAdminSelectWidget)


class FiguresForm(forms.Form):
    """What both kinds of figures ask: whose requests."""

    controller = _choice("Asked of")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        controllers, jurisdictions = list_terms()
        self._offer("controller", controllers)
        self._offer("jurisdiction", jurisdictions)

    def asked(self) -> dict[str, Any]:
        """Return what a valid form asks for, as the figures' maker takes it."""
        raise NotImplementedError

    def _offer(self, name: str, values: list[str]) -> None:
        field = self.fields.get(name)
        if isinstance(field, forms.ChoiceField):
            field.choices = [ALL, *((one, one) for one in values)]


class CaliforniaForm(FiguresForm):
    """A calendar year."""

    year = forms.IntegerField(min_value=EARLIEST, max_value=LATEST, widget=UnfoldAdminIntegerFieldWidget)
    field_order = ("year", "controller")

    def asked(self) -> dict[str, Any]:
        """Return what a valid form asks for."""
        return {"year": self.cleaned_data["year"], "controller": self.cleaned_data["controller"] or None}


class SummaryForm(FiguresForm):
    """A period."""

    since = forms.DateField(label="From", input_formats=["%Y-%m-%d"], widget=DayWidget)
    last = forms.DateField(label="To, the last day included", input_formats=["%Y-%m-%d"], widget=DayWidget)
    jurisdiction = _choice("Law of")
    field_order = ("since", "last", "jurisdiction", "controller")

    def clean(self) -> dict[str, Any]:
        """Return the fields if the period is one."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        since, last = cleaned.get("since"), cleaned.get("last")
        if since and last and not _is_period(since, last):
            self.add_error("last", "The period ends before it begins, or lies outside the calendar.")
        return cleaned

    def asked(self) -> dict[str, Any]:
        """Return what a valid form asks for."""
        told = self.cleaned_data
        return {
            "since": told["since"],
            "until": date.fromordinal(told["last"].toordinal() + 1),
            "controller": told["controller"] or None,
            "jurisdiction": told["jurisdiction"] or None,
        }


def _is_period(since: date, last: date) -> bool:
    return since.year >= EARLIEST and since <= last and last.year <= LATEST
