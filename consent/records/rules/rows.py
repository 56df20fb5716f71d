"""One row, from JSON to a value that can be recorded, or to a list of what is wrong with it."""

from datetime import datetime
from typing import Any

from consent.kernel import canonical
from consent.records.rules.choices import read_choice
from consent.records.rules.facts import read_fact
from consent.records.rules.fields import Fields
from consent.records.types import Fault, FaultCode, NewRow, Vocabulary
from consent.subjects.rules import MalformedIdentifier, normalise
from consent.subjects.types import Identifier, IdentifierKind

MAX_ROW_BYTES = 64 * 1024
MAX_IDENTIFIERS = 20
MAX_CHOICES = 200
MAX_FACTS = 50

_ROW = frozenset({"identifiers", "choices", "facts"})
_IDENTIFIER = frozenset({"kind", "value"})
_KINDS = {kind.value: kind for kind in IdentifierKind}


def read_line(line: bytes, *, vocabulary: Vocabulary, at: datetime) -> NewRow | list[Fault]:
    """Return the row in one line of NDJSON, or all its faults."""
    if len(line) > MAX_ROW_BYTES:
        return [Fault("", FaultCode.LINE_TOO_LONG, f"the line is longer than {MAX_ROW_BYTES} bytes")]
    try:
        value = canonical.loads(line)
    except canonical.MalformedJson as error:
        return [Fault("", FaultCode.MALFORMED_JSON, str(error))]
    return read_row(value, vocabulary=vocabulary, at=at)


def read_row(value: Any, *, vocabulary: Vocabulary, at: datetime) -> NewRow | list[Fault]:
    """Return the row that the JSON value holds, or all its faults; `at` is the present."""
    if not isinstance(value, dict):
        return [Fault("", FaultCode.WRONG_TYPE, "a row is a JSON object")]
    faults: list[Fault] = []
    fields = Fields(value, path="", known=_ROW, faults=faults)
    identifiers = read_identifiers(fields)
    choices = [
        read_choice(entry, path=path, vocabulary=vocabulary, at=at, faults=faults)
        for path, entry in fields.objects("choices", limit=MAX_CHOICES)
    ]
    facts = [
        read_fact(entry, path=path, vocabulary=vocabulary, at=at, faults=faults)
        for path, entry in fields.objects("facts", limit=MAX_FACTS)
    ]
    if not faults and not choices and not facts:
        fields.fault("choices", FaultCode.EMPTY_ROW, "a row needs at least one choice or fact")
    if faults:
        return faults
    return NewRow(identifiers, tuple(filter(None, choices)), tuple(filter(None, facts)))


def read_identifiers(fields: Fields) -> tuple[Identifier, ...]:
    """Return the identifiers in the object's list of them, normalised, each once."""
    entries = fields.objects("identifiers", limit=MAX_IDENTIFIERS)
    if not entries and not fields.faults:
        fields.fault("identifiers", FaultCode.MISSING_FIELD, "must hold at least one identifier")
    read = [
        _read_identifier(Fields(entry, path=path, known=_IDENTIFIER, faults=fields.faults))
        for path, entry in entries
    ]
    return tuple(dict.fromkeys(filter(None, read)))


def _read_identifier(fields: Fields) -> Identifier | None:
    name, value = fields.text("kind", required=True), fields.text("value", required=True)
    if name is None or value is None:
        return None
    kind = _KINDS.get(name)
    if kind is None:
        fields.fault("kind", FaultCode.UNKNOWN_IDENTIFIER_KIND, f"must be one of {', '.join(_KINDS)}")
        return None
    try:
        return normalise(Identifier(kind, value))
    except MalformedIdentifier as error:
        fields.fault("value", FaultCode.MALFORMED_IDENTIFIER, str(error))
        return None
