"""Identities of the protocol, and the identifiers that people are found by here. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from consent.requests.protocols.opendsr.errors import IdentityUnsupported
from consent.subjects.types import VERIFIABLE, Identifier, IdentifierKind

SUPPORTED: Mapping[tuple[str, str], IdentifierKind] = {
    ("controller_customer_id", "raw"): IdentifierKind.CUSTOMER_ID,
    ("email", "raw"): IdentifierKind.EMAIL,
    ("email", "sha256"): IdentifierKind.EMAIL_SHA256,
    ("android_advertising_id", "raw"): IdentifierKind.ADVERTISING_ID,
    ("ios_advertising_id", "raw"): IdentifierKind.ADVERTISING_ID,
    ("fire_advertising_id", "raw"): IdentifierKind.ADVERTISING_ID,
    ("microsoft_advertising_id", "raw"): IdentifierKind.ADVERTISING_ID,
    ("roku_advertising_id", "raw"): IdentifierKind.ADVERTISING_ID,
    ("android_id", "raw"): IdentifierKind.DEVICE_ID,
    ("ios_vendor_id", "raw"): IdentifierKind.DEVICE_ID,
    ("microsoft_publisher_id", "raw"): IdentifierKind.DEVICE_ID,
    ("roku_publisher_id", "raw"): IdentifierKind.DEVICE_ID,
}
"""(type, format) -> kind. MD5 and SHA-1 are weak, and nobody is on record by them."""


def list_supported() -> list[dict[str, str]]:
    """Return what the discovery tells."""
    return [{"identity_type": one, "identity_format": form} for one, form in SUPPORTED]


def read_identities(rows: Iterable[Mapping[str, Any]], *, is_vouched: bool) -> tuple[Identifier, ...]:
    """Return the identifiers.

    :raises IdentityUnsupported: if one is of a type and format by which nobody is found.
    """
    found = []
    for row in rows:
        kind = SUPPORTED.get((row["identity_type"], row["identity_format"]))
        if kind is None:
            raise IdentityUnsupported(
                f"identities of the type {row['identity_type']} in the format {row['identity_format']}"
                " are not supported: see the discovery"
            )
        found.append(Identifier(kind, row["identity_value"], verified=is_vouched and kind in VERIFIABLE))
    return tuple(found)
