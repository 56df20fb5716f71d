"""A row as Google has it: one audience member, known by hashes."""

from collections.abc import Mapping
from typing import Any

from activation.destinations.kinds.google_customer_match.settings import CustomerMatchSettings
from activation.destinations.kinds.hashed_people import masked, normalised, says_yes, sha256_hex
from activation.destinations.kinds.platform_rows import Row
from consent.network.errors import DeliveryRefused
from consent.subjects.types import IdentifierKind

AD_USER_DATA = "ad_user_data"
AD_PERSONALIZATION = "ad_personalization"
_GMAIL = frozenset({"gmail.com", "googlemail.com"})
_PLACES = {
    IdentifierKind.EMAIL: "emailAddress",
    IdentifierKind.EMAIL_SHA256: "emailAddress",
    IdentifierKind.PHONE: "phoneNumber",
    IdentifierKind.PHONE_SHA256: "phoneNumber",
}
Identifiers = Mapping[IdentifierKind, str]


def columns_to_match(identifiers: Identifiers, settings: CustomerMatchSettings) -> dict[IdentifierKind, str]:
    """Return the columns that people are matched by, those left out not among them.

    :raises DeliveryRefused: if there is none, or one was hashed by a rule that is not Google's.
    """
    found = {
        kind: column
        for kind, column in identifiers.items()
        if kind in _PLACES and column not in settings.left_out
    }
    if not found:
        raise DeliveryRefused("Google matches people by email or phone, and the audience has no such column")
    if IdentifierKind.EMAIL_SHA256 in found and settings.hashed_emails == "refuse":
        raise DeliveryRefused(
            f"the column {found[IdentifierKind.EMAIL_SHA256]} was hashed without Google's rule for gmail.com:"
            " send addresses in clear, which are hashed here, or set hashed_emails to accept"
        )
    return found


def consent_columns(settings: CustomerMatchSettings) -> set[str]:
    """Return the columns that say what people consented to."""
    told = {AD_USER_DATA: settings.ad_user_data, AD_PERSONALIZATION: settings.ad_personalization}
    return {column for column, source in told.items() if source == "by_row"}


def identify(row: Row, columns: Mapping[IdentifierKind, str]) -> dict[str, Any] | None:
    """Return the person's `userData`, None if the row names nobody whom Google could match."""
    known = [
        {_PLACES[kind]: hashed}
        for kind, column in sorted(columns.items())
        if (hashed := _hash(kind, row[column]))
    ]
    return {"userData": {"userIdentifiers": known}} if known else None


def consent_of(row: Row, settings: CustomerMatchSettings) -> dict[str, str] | None:
    """Return the person's consent, None if they may not be sent: they gave none to the use of their data."""
    if settings.ad_user_data == "by_row" and not says_yes(row[AD_USER_DATA]):
        return None
    personal = settings.ad_personalization == "granted" or (
        settings.ad_personalization == "by_row" and says_yes(row[AD_PERSONALIZATION])
    )
    return {
        "adUserData": "CONSENT_GRANTED",
        "adPersonalization": "CONSENT_GRANTED" if personal else "CONSENT_DENIED",
    }


def google_email(value: object) -> str:
    """Return an address as *Format user data* says: lower case; at Gmail no dots, nothing from a plus on."""
    address = normalised(IdentifierKind.EMAIL, value)
    local, _, domain = address.rpartition("@")
    if domain not in _GMAIL:
        return address
    local = local.partition("+")[0].replace(".", "")
    return f"{local}@{domain}" if local else ""


def _hash(kind: IdentifierKind, value: object) -> str:
    if kind is IdentifierKind.EMAIL:
        return sha256_hex(google_email(value))
    if kind is IdentifierKind.PHONE:
        return sha256_hex(normalised(kind, value))  # E.164 with its plus, as Google hashes it
    return masked(value)
