"""Which mail is meant: of which room, in which language, and for whose law."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.urls import reverse
from unfold.widgets import UnfoldAdminSelectWidget

from consent.requests.mails.contents import PLACES_OF_LAW
from consent.requests.wording.editable import EditableMails, list_editable
from consent.requests.wording.languages import LANGUAGES

PAGE = "admin:consent_requests_request_"
_LAWS = {"gdpr": "GDPR", "us": "United States", "elsewhere": "elsewhere"}
_ROOM_AND_TEMPLATE = ":"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """One mail in one language."""

    room: EditableMails
    template: str
    language: str
    law: str

    @property
    def query(self) -> str:
        """Return what leads to the same mail again."""
        mail = f"{self.room.catalogue.name}{_ROOM_AND_TEMPLATE}{self.template}"
        return urlencode({"mail": mail, "language": self.language, "law": self.law})

    def address(self, page: str) -> str:
        """Return the address of `page` about this mail."""
        return f"{reverse(PAGE + page)}?{self.query}"

    def names(self) -> tuple[str, ...]:
        """Return the names of the texts that make it up."""
        return self.room.names(self.template)


class ChoosingForm(forms.Form):
    """Which mail, in which language, and for whose law."""

    mail = forms.ChoiceField(label="Mail", widget=UnfoldAdminSelectWidget)
    language = forms.ChoiceField(choices=list(LANGUAGES.items()), widget=UnfoldAdminSelectWidget)
    law = forms.ChoiceField(
        choices=[(one, _LAWS[one]) for one in PLACES_OF_LAW], widget=UnfoldAdminSelectWidget
    )

    def __init__(self, asked: QueryDict) -> None:
        self.rooms: Mapping[str, EditableMails] = list_editable()
        choices = [(room.title, list(_list_templates(name, room))) for name, room in self.rooms.items()]
        first = choices[0][1][0][0]
        super().__init__({"mail": first, "language": "en", "law": "gdpr", **asked.dict()})
        self.fields["mail"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField

    def chosen(self) -> Chosen | None:
        """Return what is meant; None if there is no such mail."""
        if not self.is_valid():
            return None
        told = self.cleaned_data
        room, _, template = told["mail"].partition(_ROOM_AND_TEMPLATE)
        return Chosen(room=self.rooms[room], template=template, language=told["language"], law=told["law"])


def _list_templates(name: str, room: EditableMails) -> list[tuple[str, str]]:
    return [(f"{name}{_ROOM_AND_TEMPLATE}{one}", title) for one, title in room.templates.items()]
