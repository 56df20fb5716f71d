"""The form of a mail's texts. Each field says which places its text may have."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from consent.requests.admin.mails.choosing import Chosen
from consent.requests.wording.catalogue import list_places
from consent.requests.wording.faults import find_faults, list_conditions
from consent.requests.wording.own_texts import read_texts

_LABELS = {"subject": "Subject", "body": "Mail", "sms": "As a text message"}


class WordsForm(forms.Form):
    """A field for each text of the mail, filled with what it says now."""

    def __init__(self, chosen: Chosen, sent: QueryDict | None = None) -> None:
        super().__init__(sent)
        self._ours = chosen.room.catalogue.texts(chosen.language)
        standing = read_texts(chosen.room.catalogue, chosen.language)
        self._names = {name.rpartition(".")[2]: name for name in chosen.names()}
        for part, name in self._names.items():
            self.fields[part] = _make_field(part, standing[name], ours=self._ours[name])

    def clean(self) -> dict[str, Any]:
        """Say at each field what is wrong with its text."""
        told: dict[str, Any] = super().clean() or self.cleaned_data
        for part, name in self._names.items():
            for fault in find_faults(name, told.get(part, ""), shipped=self._ours[name]):
                self.add_error(part, fault)
        return told

    def texts(self) -> dict[str, str]:
        """Return the texts by their names in the catalogue."""
        return {name: self.cleaned_data[part] for part, name in self._names.items()}

    def tell(self, faults: Mapping[str, list[str]]) -> None:
        """Say at the fields what was found wrong with their texts."""
        for part, name in self._names.items():
            for fault in faults.get(name, []):
                self.add_error(part, fault)


def _make_field(part: str, text: str, *, ours: str) -> forms.CharField:
    lines = max(3, min(24, text.count("\n") + len(text) // 90 + 2))
    is_short = part != "body" and "\n" not in ours
    widget: forms.Widget = (
        UnfoldAdminTextInputWidget() if is_short else UnfoldAdminTextareaWidget(attrs={"rows": lines})
    )
    places = ", ".join(f"{{{one}}}" for one in sorted(list_places(ours)))
    words = ", ".join(f"[{one}]" for one in sorted(list_conditions(ours)))
    told = [f"Places that are filled in: {places}." if places else ""]
    told += [f"A paragraph may begin with a condition: {words}." if words else ""]
    return forms.CharField(
        label=_LABELS[part],
        initial=text,
        widget=widget,
        help_text=" ".join(filter(None, told)),
        required=False,  # what is wrong with an empty one is told as all else is
    )
