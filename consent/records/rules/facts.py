"""One fact of a row."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from consent.records.rules.fields import EARLIEST, Fields
from consent.records.types import Fault, FaultCode, NewFact, Vocabulary
from consent.subjects.types import FactName

_KNOWN = frozenset({"name", "value", "effective_at", "controller", "until"})
_NAMES = {name.value: name for name in FactName}
_PLACES = frozenset({FactName.RESIDENCE, FactName.LOCATION})
_PLACE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")  # ISO 3166-1 alpha-2, or ISO 3166-2
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EARLIEST_BIRTH = date(1880, 1, 1)


def read_fact(
    value: Mapping[str, Any], *, path: str, vocabulary: Vocabulary, at: datetime, faults: list[Fault]
) -> NewFact | None:
    """Return the fact that the JSON object holds; None, with its faults added to `faults`, if any."""
    before = len(faults)
    fields = Fields(value, path=path, known=_KNOWN, faults=faults)
    name, text = fields.text("name", required=True), fields.text("value", required=True)
    effective_at = fields.past("effective_at", at=at, within=at - EARLIEST)
    until = fields.end("until", start=effective_at)
    controller = fields.slug("controller")
    if controller is not None and controller not in vocabulary.controllers:
        fields.fault("controller", FaultCode.UNKNOWN_CONTROLLER, "the policy in force does not declare it")
    fact_name = _NAMES.get(name or "")
    if name is not None and fact_name is None:
        fields.fault("name", FaultCode.UNKNOWN_FACT, f"must be one of {', '.join(_NAMES)}")
    if fact_name is None or text is None:
        return None
    if expected := _find_fault(fact_name, text, at):
        fields.fault("value", FaultCode.MALFORMED_FACT, expected)
    if len(faults) > before:
        return None
    return NewFact(name=fact_name, value=text, effective_at=effective_at, controller=controller, until=until)


def _find_fault(name: FactName, value: str, at: datetime) -> str | None:
    """Return what was expected of the value, or None if it is in order."""
    if name in _PLACES:
        return None if _PLACE.fullmatch(value) else "must be a country or region code, such as DE or US-CA"
    if name is FactName.BORN_ON:
        return None if _is_birthday(value, at) else "must be a past date, written YYYY-MM-DD"
    return None if value in {"yes", "no"} else "must be yes or no"


def _is_birthday(value: str, at: datetime) -> bool:
    if not _DATE.fullmatch(value):
        return False
    try:
        born_on = date.fromisoformat(value)
    except ValueError:
        return False
    # East of us it may be tomorrow already: UTC+14 is the furthest.
    return _EARLIEST_BIRTH <= born_on <= (at + timedelta(hours=14)).date()
