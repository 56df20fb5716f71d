"""Reading what was typed into a form: what it says, and what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.http import QueryDict

from consent.policies.queries import explain_code
from consent.portal.asking.choices import Choices
from consent.portal.asking.fields import FormShape
from consent.requests.rules.new_requests import MAX_CORRECTION, MAX_DETAILS
from consent.subjects.rules import MalformedIdentifier, normalise
from consent.subjects.types import Identifier, IdentifierKind

CONTACTS = {
    "email": IdentifierKind.EMAIL,
    "phone": IdentifierKind.PHONE,
    "customer": IdentifierKind.CUSTOMER_ID,
}
"""Field -> what it holds."""
_LONGEST_SHOWN = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What was typed, and what is wrong with it: the name of an error, by field."""

    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    purposes: tuple[str, ...] = ()
    errors: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    def identifiers(self) -> tuple[Identifier, ...]:
        """Return what the person is found by. Only of a form without errors."""
        typed = ((kind, self[name]) for name, kind in CONTACTS.items())
        return tuple(normalise(Identifier(kind, value)) for kind, value in typed if value)

    def corrections(self, shape: FormShape) -> dict[str, str]:
        """Return what is to be corrected: what it is about -> what it should be."""
        lines = ((self[f"field_{one}"], self[f"value_{one}"]) for one in shape.corrections)
        return {about: value for about, value in lines if about}


def read_form(shape: FormShape, choices: Choices, posted: QueryDict) -> Filled:
    """Return what a visitor typed, blanks around it left out, with its errors."""
    values = {
        name: str(posted.get(name, "")).replace("\0", "").strip()[:_LONGEST_SHOWN]
        for name in list_fields(shape)
    }
    chosen = tuple(dict.fromkeys(posted.getlist("purposes"))) if shape.has_purposes else ()
    filled = Filled(values=values, purposes=chosen)
    errors = {
        **_in_contacts(shape, filled),
        **_in_choices(choices, filled),
        **_in_words(shape, filled),
    }
    known = tuple(one for one in chosen if one in choices.purposes)
    in_order = {name: errors[name] for name in (*list_fields(shape), "purposes") if name in errors}
    return Filled(values=values, purposes=known, errors=in_order)


def list_fields(shape: FormShape) -> list[str]:
    """Return the names of the form's fields, in their order, but for the purposes."""
    lines = [f"{part}_{one}" for one in shape.corrections for part in ("field", "value")]
    return ["brand", *CONTACTS, "country", *lines, "details"]


def _in_contacts(shape: FormShape, filled: Filled) -> dict[str, str]:
    typed = {name: Identifier(kind, filled[name]) for name, kind in CONTACTS.items() if filled[name]}
    errors = {name: name for name, identifier in typed.items() if not _is_readable(identifier)}
    needed = tuple(CONTACTS) if shape.is_no else ("email", "phone")
    if not errors and not any(filled[name] for name in needed):
        errors["email"] = "one_of" if shape.is_no else "contact"
    return errors


def _is_readable(identifier: Identifier) -> bool:
    try:
        normalise(identifier)
    except MalformedIdentifier:
        return False
    return True


def _in_choices(choices: Choices, filled: Filled) -> dict[str, str]:
    errors = {}
    if filled["country"] and explain_code(filled["country"]) is not None:
        errors["country"] = "choice"
    if filled["brand"] not in choices.controllers and len(choices.controllers) > 1:
        errors["brand"] = "choice" if filled["brand"] else "required"
    if set(filled.purposes) - choices.purposes.keys():
        errors["purposes"] = "choice"
    return errors


def _in_words(shape: FormShape, filled: Filled) -> dict[str, str]:
    errors = {}
    for one in shape.corrections:
        about, value = filled[f"field_{one}"], filled[f"value_{one}"]
        if max(len(about), len(value)) > MAX_CORRECTION:
            errors[f"field_{one}"] = "long"
        elif bool(about) != bool(value):
            errors[f"value_{one}" if about else f"field_{one}"] = "correction"
    if shape.corrections and not errors and not (filled["field_1"] or filled["details"]):
        errors["field_1"] = "required"
    if len(filled["details"]) > MAX_DETAILS:
        errors["details"] = "long"
    elif shape.needs_details and not filled["details"]:
        errors["details"] = "required"
    return errors
