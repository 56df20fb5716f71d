"""Where a person is reached: what they proved to be theirs."""

from dataclasses import dataclass, field

from consent.requests import vault
from consent.requests.models import Request
from consent.subjects.types import IdentifierKind

_KINDS = (IdentifierKind.EMAIL, IdentifierKind.PHONE)


@dataclass(frozen=True, slots=True)
class Contact:
    """An e-mail address or a telephone number."""

    kind: IdentifierKind
    value: str = field(repr=False)

    @property
    def is_sms(self) -> bool:
        """Whether it takes text messages."""
        return self.kind is IdentifierKind.PHONE


def find_proven_contact(request: Request) -> Contact | None:
    """Return the contact that the person proved to be theirs: the only one that a package may go to.

    None: none was proven, as after a document. Then somebody has to hand it over another way.
    """
    content = vault.read_json(request, vault.open_key(request), "proven")
    found = [
        Contact(IdentifierKind(row["kind"]), row["value"])
        for row in content.get("identifiers", ())
        if row["kind"] in _KINDS
    ]
    return min(found, key=lambda contact: contact.is_sms, default=None)
