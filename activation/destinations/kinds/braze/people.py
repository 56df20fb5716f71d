"""A row as Braze has it: one object of attributes."""

from collections.abc import Mapping
from typing import Any

from activation.destinations.kinds.braze.settings import BrazeSettings
from activation.destinations.kinds.platform_rows import Row, text_of
from consent.network.errors import DeliveryRefused
from consent.subjects.rules import MalformedIdentifier, normalise_value
from consent.subjects.types import IdentifierKind

_NUMBERS = (IdentifierKind.CUSTOMER_ID, IdentifierKind.USER_ID)
_RESERVED = frozenset(
    {"external_id", "user_alias", "braze_id", "email", "phone", "push_token_import", "email_subscribe"}
    | {"push_subscribe", "subscription_groups", "_update_existing_only", "_merge_objects", "push_tokens"}
    | {"first_name", "last_name", "country", "language", "time_zone", "dob", "gender", "home_city"}
)
"""Fields of Braze's own: a column is never written there by its name."""
LONGEST_TEXT = 255
"""Characters that a custom attribute keeps."""


def identifier_columns(identifiers: Mapping[IdentifierKind, str], settings: BrazeSettings) -> list[str]:
    """Return the columns that profiles are found by, the first of them that by which they are told of.

    :raises DeliveryRefused: if there is none in clear: Braze finds nobody by a hash.
    """
    kinds = _NUMBERS if settings.identify_by == "external_id" else (IdentifierKind.EMAIL,)
    found = [identifiers[kind] for kind in kinds if kind in identifiers]
    if not found:
        raise DeliveryRefused(
            f"Braze finds people by {settings.identify_by}, and the audience has no column of"
            f" {' or '.join(kinds)} in clear"
        )
    return found


def refuse_bad_names(settings: BrazeSettings) -> None:
    """Return if no column is written to a field that is Braze's own, and no two to one.

    :raises DeliveryRefused: otherwise.
    """
    names = list(settings.attributes.values())
    for name in names:
        if name in _RESERVED or name.startswith("_"):
            raise DeliveryRefused(f"attributes: {name} is a field of Braze's own: write to another")
        if names.count(name) > 1 or name.startswith(settings.attribute_prefix):
            raise DeliveryRefused(f"attributes: {name} is written to twice: give each column its own")


def find_person(row: Row, column: str, settings: BrazeSettings) -> tuple[str, Row] | None:
    """Return whom a row is about, and the row; None if it names nobody."""
    who = text_of(row[column])
    if settings.identify_by == "email":
        who = _email(who)
    return (who, row) if who else None


def attributes_of(who: str, row: Row, settings: BrazeSettings) -> dict[str, Any]:
    """Return the object for one person. A missing value is null: the attribute goes."""
    told = {name: _value(row[column]) for column, name in settings.attributes.items()}
    return {settings.identify_by: who, "_update_existing_only": not settings.create_profiles, **told}


def _value(value: Any) -> Any:
    if isinstance(value, float) and value != value:  # noqa: PLR0124 - no number is unlike itself
        return None
    return value[:LONGEST_TEXT] if isinstance(value, str) else value


def _email(text: str) -> str:
    try:
        return normalise_value(IdentifierKind.EMAIL, text) if text else ""
    except MalformedIdentifier:
        return ""
