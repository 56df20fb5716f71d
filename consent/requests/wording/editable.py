"""Which mails officers may reword: each room that writes to people names its own; the settings name those."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.conf import settings
from django.utils.module_loading import import_string

from consent.requests.mails.writing import Mail
from consent.requests.wording.catalogue import Catalogue

PARTS = ("subject", "body", "sms")


@dataclass(frozen=True, slots=True, kw_only=True)
class EditableMails:
    """The mails of one room."""

    title: str
    catalogue: Catalogue
    templates: Mapping[str, str]
    """What stands before `.subject`, `.body` and `.sms` in the catalogue -> how officers call the mail."""
    preview: Callable[[str, str, str, Mapping[str, str]], list[tuple[str, Mail]]]
    """Of a template, a language, a law and texts: the mail with example values, for each ground it has."""

    def names(self, template: str) -> tuple[str, ...]:
        """Return the names of the texts that make up a mail."""
        known = self.catalogue.texts("en")
        return tuple(name for part in PARTS if (name := f"{template}.{part}") in known)


def list_editable() -> dict[str, EditableMails]:
    """Return the rooms' mails by the names of their catalogues, in the settings' order."""
    rooms: list[EditableMails] = [import_string(path) for path in settings.EDITABLE_MAILS]
    return {room.catalogue.name: room for room in rooms}
