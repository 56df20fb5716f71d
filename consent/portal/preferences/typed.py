"""What was typed into the forms that ask for a contact, and what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.conf import settings
from django.http import QueryDict

from consent.requests.verification.contacts import Contact
from consent.subjects.rules import MalformedIdentifier, normalise
from consent.subjects.types import Identifier, IdentifierKind

UNSET = "consent.requests.mails.sms.backends.Unset"
_KINDS = {"email": IdentifierKind.EMAIL, "phone": IdentifierKind.PHONE}
_LONGEST = 254


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A contact and, where there are several, whom it is given to."""

    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    errors: Mapping[str, str] = field(default_factory=dict)
    """The name of an error's text, by field."""
    contact: Contact | None = None
    controller: str = ""


def takes_phones() -> bool:
    """Return whether text messages can be sent."""
    return bool(settings.SMS_BACKEND != UNSET)


def read_contact(posted: QueryDict, controllers: Mapping[str, str]) -> Typed:
    """Return the contact that was typed: an e-mail address, else a number; and to whom, if that is asked."""
    names = ["email", "phone"] if takes_phones() else ["email"]
    values = {name: posted.get(name, "").replace("\0", "").strip()[:_LONGEST] for name in names}
    name = next((one for one in names if values[one]), "")
    contact, errors = _normalised(name, values.get(name, "")), {}
    controller = posted.get("brand", "") if len(controllers) > 1 else next(iter(controllers), "")
    if controller not in controllers:
        errors["brand"] = "entering.wrong_brand"
    if contact is None:
        errors[name or "email"] = f"entering.wrong_{name}" if name else "entering.wrong_none"
    return Typed(
        values={**values, "brand": controller}, errors=errors, contact=contact, controller=controller
    )


def mask(identifier: Identifier) -> str:
    """Return a contact so that its owner knows it again, and whoever looks over their shoulder does not."""
    if identifier.kind is IdentifierKind.EMAIL:
        name, _, domain = identifier.value.rpartition("@")
        return f"{name[:1]}•••@{domain}"
    if identifier.kind is IdentifierKind.PHONE:
        return f"{identifier.value[:3]}•••{identifier.value[-2:]}"
    return ""


def _normalised(name: str, value: str) -> Contact | None:
    if not name:
        return None
    try:
        found = normalise(Identifier(_KINDS[name], value))
    except MalformedIdentifier:
        return None
    return Contact(found.kind, found.value)
