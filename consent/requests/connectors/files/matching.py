"""Whose a row is, and what becomes of it. Pure."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from consent.kernel.errors import AccordantError
from consent.requests.connectors.interface import DeclaredDataset
from consent.requests.types import Masking, Person
from consent.subjects.rules import normalise_value
from consent.subjects.types import IdentifierKind


class Matcher:
    """Tells the person's rows from others', however their identifiers are written."""

    def __init__(self, person: Person, fields: Mapping[str, IdentifierKind]) -> None:
        self._known = {name: frozenset(person.identifiers.get(kind, ())) for name, kind in fields.items()}
        self._kinds = fields

    def matches(self, row: Mapping[str, Any]) -> bool:
        """Return whether one of the row's identifiers is the person's."""
        return any(
            known and row.get(name) is not None and _write(self._kinds[name], row[name]) in known
            for name, known in self._known.items()
        )


def mask(row: Mapping[str, Any], dataset: DeclaredDataset, key: bytes) -> dict[str, Any]:
    """Return the row with each declared field masked as the data map says."""
    masked = dict(row)
    for one in dataset.fields:
        tells_apart = one.name in dataset.key_fields and one.identifier_kind is None
        if one.name in masked and one.masking is not Masking.KEEP and not tells_apart:
            masked[one.name] = _mask(masked[one.name], one.masking, one.replacement, key)
    return masked


def correct(
    row: Mapping[str, Any], dataset: DeclaredDataset, corrections: Mapping[str, str]
) -> dict[str, Any] | None:
    """Return the corrected row; None if nothing in it is to be corrected."""
    corrected = dict(row)
    for one in dataset.fields:
        to = corrections.get(f"{dataset.name}.{one.name}", corrections.get(one.category))
        if to is not None and one.name in corrected:
            corrected[one.name] = to
    return None if corrected == row else corrected


def _mask(value: Any, masking: Masking, replacement: str, key: bytes) -> Any:
    if masking is Masking.REPLACE:
        return replacement
    if masking is Masking.HASH and value is not None:
        return hmac.digest(key, str(value).encode(), hashlib.sha256).hex()
    return None


def _write(kind: IdentifierKind, value: Any) -> str:
    text = str(value)
    try:
        return normalise_value(kind, text)
    except AccordantError:
        return text
