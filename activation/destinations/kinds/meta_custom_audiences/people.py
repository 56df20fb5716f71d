"""A row as Meta has it: one array, in the order of the schema."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import pyarrow as pa

from activation.destinations.kinds.hashed_people import masked, normalised, says_no, sha256_hex
from activation.destinations.kinds.meta_custom_audiences.settings import CustomAudiencesSettings
from activation.destinations.kinds.platform_rows import Row, text_of
from consent.network.errors import DeliveryRefused
from consent.subjects.types import IdentifierKind

LIMITED_DATA_USE = "limited_data_use"
JURISDICTION = "jurisdiction"
_OPTIONS = "DATA_PROCESSING_OPTIONS"
_KEYS = {
    IdentifierKind.EMAIL: "EMAIL",
    IdentifierKind.EMAIL_SHA256: "EMAIL",
    IdentifierKind.PHONE: "PHONE",
    IdentifierKind.ADVERTISING_ID: "MADID",
    IdentifierKind.CUSTOMER_ID: "EXTERN_ID",
    IdentifierKind.USER_ID: "EXTERN_ID",
}
_ORDER = ("EMAIL", "PHONE", "MADID", "EXTERN_ID")
_UNITED_STATES = 1
_STATES = {"US-CA": 1000, "US-CO": 1001, "US-CT": 1002}
"""Meta's numbers of states; for any other it is left to Meta to find the place (0)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What people are matched by: Meta's key -> our kind and column."""

    by_key: Mapping[str, Sequence[tuple[IdentifierKind, str]]]
    """Of several kinds and columns of one key the first is what people are told of by."""

    @property
    def schema(self) -> list[str]:
        """The keys, in the one order in which they are always sent."""
        return [key for key in _ORDER if key in self.by_key]

    @property
    def columns(self) -> set[str]:
        """The columns that people are told of by."""
        return {places[0][1] for places in self.by_key.values()}

    @property
    def all_columns(self) -> set[str]:
        """The columns that people may have been told of by."""
        return {column for places in self.by_key.values() for _, column in places}

    def values_of(self, row: Row) -> list[str] | None:
        """Return the person's keys, an unknown one empty; None if all are."""
        values = [_value(kind, row[column]) for kind, column in (self.by_key[key][0] for key in self.schema)]
        return values if any(values) else None

    def all_values_of(self, row: Row) -> Iterator[list[str]]:
        """Yield keys until every one was named by which the person may have been told of."""
        known = [
            [value for kind, column in self.by_key[key] if (value := _value(kind, row[column]))]
            for key in self.schema
        ]
        yield from map(list, zip_longest(*known, fillvalue=""))


def keys_of(identifiers: Mapping[IdentifierKind, str], settings: CustomAudiencesSettings) -> Keys:
    """Return what people are matched by, columns left out not among it.

    :raises DeliveryRefused: if there is nothing, or a column was hashed by a rule that is not Meta's.
    """
    known = {kind: column for kind, column in identifiers.items() if column not in settings.left_out}
    if IdentifierKind.PHONE_SHA256 in known and IdentifierKind.PHONE not in known:
        raise DeliveryRefused(
            f"the column {known[IdentifierKind.PHONE_SHA256]} was hashed with the plus of E.164, which Meta"
            " hashes without: send numbers in clear, which are hashed here, or leave the column out"
        )
    by_key: dict[str, list[tuple[IdentifierKind, str]]] = {}
    for kind, key in _KEYS.items():  # a column in clear comes before a hashed one
        if kind in known and (key != "EXTERN_ID" or settings.send_external_ids):
            by_key.setdefault(key, []).append((kind, known[kind]))
    if not by_key:
        raise DeliveryRefused(
            "Meta matches people by email, phone, advertising id or, if send_external_ids is set, your own"
            " number, and the audience has no such column"
        )
    return Keys(by_key=by_key)


def place_columns(schema: pa.Schema, settings: CustomAudiencesSettings) -> set[str]:
    """Return the columns that tell for whom the use of data is limited.

    :raises DeliveryRefused: if the settings say that there are such, and there are none.
    """
    if settings.limited_data_use == "always":
        return set()
    found = {LIMITED_DATA_USE, JURISDICTION} & set(schema.names)
    if not found:
        raise DeliveryRefused(
            "the audience has no column limited_data_use or jurisdiction: let the policy set one, or set"
            " limited_data_use to always"
        )
    return found


def options_schema(settings: CustomAudiencesSettings) -> list[str]:
    """Return what follows the keys in the schema."""
    if settings.limited_data_use == "always":
        return [_OPTIONS]
    return [_OPTIONS, f"{_OPTIONS}_COUNTRY", f"{_OPTIONS}_STATE"]


def options_of(row: Row, settings: CustomAudiencesSettings) -> list[Any]:
    """Return what follows the keys in the row. Whoever nothing is told of is limited."""
    if settings.limited_data_use == "always":
        return [["LDU"]]
    place = text_of(row.get(JURISDICTION)).upper()
    is_told_free = LIMITED_DATA_USE in row and says_no(row[LIMITED_DATA_USE])
    is_elsewhere = bool(place) and not (place == "US" or place.startswith("US-"))
    may_be_limited = not is_told_free if LIMITED_DATA_USE in row else not is_elsewhere
    if not may_be_limited:
        return [[], 0, 0]
    return [["LDU"], _UNITED_STATES if place in _STATES else 0, _STATES.get(place, 0)]


def _value(kind: IdentifierKind, value: object) -> str:
    if kind is IdentifierKind.EMAIL_SHA256:
        return masked(value)
    text = normalised(kind, value)
    if kind is IdentifierKind.EMAIL:
        return sha256_hex(text)
    if kind is IdentifierKind.PHONE:
        return sha256_hex(text.removeprefix("+"))  # digits only, country code first
    return text
