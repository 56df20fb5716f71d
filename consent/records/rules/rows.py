"""One row, from JSON to a value that can be recorded, or to a list of what is wrong with it."""

from datetime import datetime
from typing import Any

from consent.kernel import canonical
from consent.records.rules.choices import read_choice
from consent.records.rules.facts import read_fact
from consent.records.rules.fields import Fields
from consent.records.rules.signals import read_signals
from consent.records.types import Fault, FaultCode, NewRow, Vocabulary
from consent.subjects.rules import MalformedIdentifier, normalise
from consent.subjects.types import ALWAYS_VERIFIED, VERIFIABLE, Identifier, IdentifierKind

MAX_ROW_BYTES = 64 * 1024
MAX_IDENTIFIERS = 20
MAX_CHOICES = 200
MAX_FACTS = 50

_ROW = frozenset({"identifiers", "choices", "facts", "signals", "new_start"})
_IDENTIFIER = frozenset({"kind", "value", "verified"})
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


def read_row(
    value: Any, *, vocabulary: Vocabulary, at: datetime, is_act: bool = False
) -> NewRow | list[Fault]:
    """Return the row that the JSON value holds, or all its faults; `at` is the present.

    `is_act`: the person is acting now, so the row may say that they start anew. An import never may.
    """
    if not isinstance(value, dict):
        return [Fault("", FaultCode.WRONG_TYPE, "a row is a JSON object")]
    faults: list[Fault] = []
    fields = Fields(value, path="", known=_ROW, faults=faults)
    identifiers = read_identifiers(fields)
    new_start = _read_new_start(fields, identifiers, is_act=is_act)
    choices = [
        read_choice(entry, path=path, vocabulary=vocabulary, at=at, faults=faults)
        for path, entry in fields.objects("choices", limit=MAX_CHOICES)
    ]
    facts = [
        read_fact(entry, path=path, vocabulary=vocabulary, at=at, faults=faults)
        for path, entry in fields.objects("facts", limit=MAX_FACTS)
    ]
    told = value.get("signals")
    signals = None if told is None else read_signals(fields, told, vocabulary=vocabulary, at=at)
    if not faults and not choices and not facts and not signals:
        fields.fault("choices", FaultCode.EMPTY_ROW, "a row needs at least one choice, fact or signal")
    if faults:
        return faults
    return NewRow(identifiers, tuple(filter(None, choices)), tuple(filter(None, facts)), new_start, signals)


def read_identifiers(fields: Fields) -> tuple[Identifier, ...]:
    """Return the identifiers in the object's list of them, normalised, each once."""
    entries = fields.objects("identifiers", limit=MAX_IDENTIFIERS)
    if not entries and not fields.faults:
        fields.fault("identifiers", FaultCode.MISSING_FIELD, "must hold at least one identifier")
    read = [
        _read_identifier(Fields(entry, path=path, known=_IDENTIFIER, faults=fields.faults))
        for path, entry in entries
    ]
    found: dict[Identifier, Identifier] = {}
    for one in filter(None, read):
        found[one] = one if one.verified else found.get(one, one)
    return tuple(found.values())


def _read_new_start(fields: Fields, identifiers: tuple[Identifier, ...], *, is_act: bool) -> bool:
    new_start = fields.flag("new_start")
    if new_start and not is_act:
        fields.fault("new_start", FaultCode.NEW_START_REFUSED, "an import starts nobody anew")
    elif new_start and not any(one.is_verified for one in identifiers):
        fields.fault("new_start", FaultCode.NEW_START_REFUSED, "needs a verified identifier")
    return new_start


def _read_identifier(fields: Fields) -> Identifier | None:
    name, value = fields.text("kind", required=True), fields.text("value", required=True)
    verified = fields.flag("verified")
    if name is None or value is None:
        return None
    kind = _KINDS.get(name)
    if kind is None:
        fields.fault("kind", FaultCode.UNKNOWN_IDENTIFIER_KIND, f"must be one of {', '.join(_KINDS)}")
        return None
    if verified and kind not in ALWAYS_VERIFIED | VERIFIABLE:
        fields.fault("verified", FaultCode.NOT_VERIFIABLE, "no device or cookie is proved to be one person's")
        return None
    try:
        return normalise(Identifier(kind, value, verified))
    except MalformedIdentifier as error:
        fields.fault("value", FaultCode.MALFORMED_IDENTIFIER, str(error))
        return None
