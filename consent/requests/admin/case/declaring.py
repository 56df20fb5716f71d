"""What an officer can do about one request: declared once, offered, asked about, told, and then done."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms

from consent.requests.models import Request, Step


class CaseForm(forms.Form):
    """What is asked before something is done. The officer's page says which version of the request it saw."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    seen = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    """The latest line of the timeline that the officer's page had."""

    def __init__(self, *args: Any, case: Request, **options: Any) -> None:
        super().__init__(*args, **options)
        self.case = case

    def told(self) -> Mapping[str, Any]:
        """Return what a valid form says, without what the page itself carries."""
        return {name: value for name, value in self.cleaned_data.items() if name not in {"version", "seen"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """An officer at work: who, on which version, when."""

    officer_id: int
    version: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseAction:
    """One thing that can be done, with what it needs, asks and effects."""

    name: str
    """As in the address."""
    label: str
    permission: str
    is_open: Callable[[Request], bool]
    """Whether it can be done as the request is now. The service that does it asks again."""
    effects: Callable[[Request, Mapping[str, Any]], Iterable[str]]
    """What will happen, in sentences, with what the form says."""
    act: Callable[[Request, Mapping[str, Any], Doing], object]
    """Does it. Raises an `AccordantError` that says why not."""
    done: str
    """What is told afterwards."""
    form: type[CaseForm] = CaseForm
    also_needs: tuple[str, ...] = ()
    """Permissions besides."""
    variant: str = "default"
    """How its button looks: `default`, `primary` or `danger`."""
    is_beside: bool = False
    """Offered beside what it is about, not among the request's own buttons."""
    is_open_step: Callable[[Step], bool] | None = None
    """Of what is done about one step, and offered beside it: whether it can be done as the step is now."""


def is_open_case(case: Request) -> bool:
    """Return whether the request is not closed."""
    return not case.is_closed
