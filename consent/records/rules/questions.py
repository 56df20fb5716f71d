"""A question about people on record: from JSON to a value, or to a list of what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from consent.records.rules.fields import Fields
from consent.records.rules.rows import read_identifiers
from consent.records.types import Fault, FaultCode, SignalKind
from consent.subjects.types import Identifier

MAX_SUBJECTS = 1000

_ONE = frozenset({"identifiers"})
_LOOKUP = frozenset({"identifiers", "subjects"})
_CHOICES = _LOOKUP | {"as_of", "known_at"}
_SIGNAL = _ONE | {"kind", "controller"}
_KINDS = {kind.value: kind for kind in SignalKind if kind is not SignalKind.GPC}


@dataclass(frozen=True, slots=True)
class SubjectsQuestion:
    """Who is asked about, each by one set of identifiers, and for which time."""

    identifier_sets: tuple[tuple[Identifier, ...], ...]
    as_of: datetime | None = None
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SignalQuestion:
    """Whose string is asked for, and of which kind."""

    identifiers: tuple[Identifier, ...]
    kind: SignalKind
    controller: str | None = None
    """None: given to whichever."""


def read_signal_question(value: Any) -> SignalQuestion | list[Fault]:
    """Return whose string the JSON value asks for, or all its faults."""
    faults: list[Fault] = []
    fields = _open(value, _SIGNAL, faults)
    if fields is None:
        return faults
    identifiers, name = read_identifiers(fields), fields.text("kind", required=True)
    kind, controller = _KINDS.get(name or ""), fields.slug("controller")
    if name is not None and kind is None:
        fields.fault("kind", FaultCode.MALFORMED_VALUE, f"must be one of {', '.join(_KINDS)}")
    if faults or kind is None:
        return faults
    return SignalQuestion(identifiers, kind, controller)


def read_lookup(value: Any) -> SubjectsQuestion | list[Fault]:
    """Return whom the JSON value asks about, or all its faults."""
    faults: list[Fault] = []
    fields = _open(value, _LOOKUP, faults)
    found = SubjectsQuestion(_read_people(fields, value)) if fields else None
    return faults if faults or found is None else found


def read_choices_question(value: Any, *, at: datetime) -> SubjectsQuestion | list[Fault]:
    """Return whom and which time the JSON value asks about, or all its faults; `at` is the present."""
    faults: list[Fault] = []
    fields = _open(value, _CHOICES, faults)
    if fields is None:
        return faults
    found = SubjectsQuestion(
        _read_people(fields, value), _read_past(fields, "as_of", at), _read_past(fields, "known_at", at)
    )
    return faults or found


def _open(value: Any, known: frozenset[str], faults: list[Fault]) -> Fields | None:
    if isinstance(value, dict):
        return Fields(value, path="", known=known, faults=faults)
    faults.append(Fault("", FaultCode.WRONG_TYPE, "a question is a JSON object"))
    return None


def _read_people(fields: Fields, value: Mapping[str, Any]) -> tuple[tuple[Identifier, ...], ...]:
    """Return each person's identifiers: one person's at the top, or several people's in `subjects`."""
    if "subjects" not in value:
        return (read_identifiers(fields),)
    if "identifiers" in value:
        fields.fault("identifiers", FaultCode.UNKNOWN_FIELD, "give identifiers or subjects, not both")
    people = fields.objects("subjects", limit=MAX_SUBJECTS)
    if not people and not fields.faults:
        fields.fault("subjects", FaultCode.MISSING_FIELD, "must hold at least one subject")
    return tuple(
        read_identifiers(Fields(entry, path=path, known=_ONE, faults=fields.faults)) for path, entry in people
    )


def _read_past(fields: Fields, name: str, at: datetime) -> datetime | None:
    moment = fields.time(name)
    if moment is not None and moment > at:
        fields.fault(name, FaultCode.TIME_OUT_OF_BOUNDS, "lies in the future")
    return moment
