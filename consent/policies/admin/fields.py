"""Form fields of drafts. None of them changes what an officer did not touch."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import (
    UnfoldAdminSelect2MultipleWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from consent.policies.document.reading import UNFIT

_LARGEST_NUMBER = 10**15
_A_VALUE = (
    'Expected text, a number, true, false, or for "in" a list of these, as JSON: "eu-1", 18, true,'
    ' ["eu-1", "eu-2"]. A single word needs no quotes.'
)
Choices = Sequence[tuple[str, str]]


class ExactText(forms.CharField):
    """Text as it stands in a policy: lines end in a line feed, and blanks at the ends are kept."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "strip": False})

    def to_python(self, value: Any) -> str:
        """Return the text; browsers send its lines with carriage returns."""
        text: str = super().to_python(value) or ""
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def validate(self, value: Any) -> None:
        """Refuse what no policy file can hold.

        :raises ValidationError:
        """
        super().validate(value)
        if UNFIT.search(value):
            raise ValidationError(
                "The text holds a control character: type it anew, or paste it as plain text."
            )


class LineText(ExactText):
    """One line of text. Blanks at the ends of what was typed are dropped (see `DraftForm`)."""


class LargeText(UnfoldAdminTextareaWidget):
    """A text area that keeps an empty line at the beginning, which browsers take for none."""

    def format_value(self, value: Any) -> str | None:
        """Return the text to show."""
        text = super().format_value(value)
        return f"\n{text}" if text and text.startswith("\n") else text


class LinesField(ExactText):
    """A list of texts that nobody declares: one a line. Empty lines are left out."""

    widget = LargeText

    def prepare_value(self, value: Any) -> Any:
        """Return the texts as lines; what was typed, as it was typed."""
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        """Return the list of texts."""
        return [line for line in super().clean(value).split("\n") if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return whether other texts were typed."""
        return bool([line for line in self.to_python(data).split("\n") if line.strip()] != (initial or []))


class NamesField(forms.MultipleChoiceField):
    """A list of names, picked from those that the draft declares.

    Names that the list holds already are offered too, declared or not: nothing is lost unless taken out.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "widget": UnfoldAdminSelect2MultipleWidget()})
        self._kept: list[str] = []

    def offer(self, choices: Choices, *, kept: Iterable[str]) -> None:
        """Let people pick from `choices`, and from what the list holds already."""
        self._kept = list(kept)
        known = {name for name, _ in choices}
        undeclared = [
            (name, f"{name} (not declared)") for name in dict.fromkeys(self._kept) if name not in known
        ]
        self.choices = [*choices, *undeclared]

    def clean(self, value: Any) -> list[str]:
        """Return the names: those that stay in their order, then those that came."""
        picked: list[str] = super().clean(value)
        stay = [name for name in self._kept if name in picked]
        return [*stay, *(name for name in dict.fromkeys(picked) if name not in stay)]


class ConditionValueField(forms.Field):
    """The value of a condition, written as JSON or as one bare word."""

    widget = UnfoldAdminTextInputWidget

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "required": False})  # else Django refuses "", which is a text like any

    def prepare_value(self, value: Any) -> Any:
        """Return the value as JSON; what was typed and refused, as it was typed."""
        if value is None or isinstance(value, _Typed):
            return value
        return json.dumps(value, ensure_ascii=False)

    def bound_data(self, data: Any, _initial: Any) -> Any:
        """Return what was typed."""
        return _Typed(data or "")

    def to_python(self, value: Any) -> Any:
        """Return the value.

        :raises ValidationError: in words that tell how to write it.
        """
        if not (value or "").strip():
            raise ValidationError(_A_VALUE)
        return _read_value(value.strip())

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return whether another value was typed."""
        try:
            return json.dumps(self.to_python(data)) != json.dumps(initial)
        except ValidationError:
            return True


class _Typed(str):
    """What an officer typed."""

    __slots__ = ()


def _read_value(text: str) -> Any:
    try:
        value = json.loads(text, parse_constant=_refuse)
    except ValueError:
        if any(mark in text for mark in '[]{}",\\') or len(text.split()) != 1 or UNFIT.search(text):
            raise ValidationError(_A_VALUE) from None
        return text
    for one in value if isinstance(value, list) else [value]:
        _check_plain(one)
    if value == []:
        raise ValidationError(_A_VALUE)
    return value


def _check_plain(value: Any) -> None:
    if not isinstance(value, str | bool | int | float):
        raise ValidationError(_A_VALUE)
    if isinstance(value, str) and UNFIT.search(value):
        raise ValidationError("The text holds a control character.")
    if not isinstance(value, str | bool) and not -_LARGEST_NUMBER < value < _LARGEST_NUMBER:
        raise ValidationError("A number has at most 15 digits: write a longer one in quotes, as text.")


def _refuse(_: str) -> Any:
    raise ValidationError("That is no number that a policy can hold.")
