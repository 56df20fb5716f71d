"""Transcend preferences (Transcend API reference, "Upsert preferences" and "Query user preferences"; the
types of airgap.js, "TrackingConsentDetails").

A record of the preference store holds `userId` or `identifiers` (`name` and `value`), `timestamp`, and
`purposes`: a list of `purpose`, `enabled` and `preferences` (a `topic` and its `choice`). Records come
alone, or many in `records` (a request) or `nodes` (an answer). The consent manager's own shape has
`purposes` as an object of booleans, and `confirmed`: false while they are defaults that nobody chose. A
yes among those grants nothing; a no counts, since a browser's opt-out signal also shows so.
"""

from typing import Any

from consent.records.adapters.telling import Telling, join, not_an_object, show
from consent.records.adapters.types import ImportMapping, Translated
from consent.records.types import FaultCode

_MANY = ("records", "nodes")


def read_message(message: Any, mapping: ImportMapping) -> Translated:
    """Return the rows of one record, or of a request's or an answer's many, or their faults."""
    if not isinstance(message, dict):
        return not_an_object()
    for name in _MANY:
        if isinstance(records := message.get(name), list):
            parts = [_read_record(one, mapping, f"{name}[{place}].") for place, one in enumerate(records)]
            return join(parts)
    return _read_record(message, mapping, "")


def _read_record(record: Any, mapping: ImportMapping, path: str) -> Translated:
    if not isinstance(record, dict):
        return not_an_object(path.rstrip("."))
    told = Telling(mapping, path=path)
    told.identify({**record, "identifiers": _by_name(record.get("identifiers"))})
    at = told.time(record.get("timestamp"), "timestamp")
    purposes = record.get("purposes")
    if isinstance(purposes, dict):
        is_chosen = record.get("confirmed") is True
        for place, (name, value) in enumerate(purposes.items()):
            _say(told, name, value, at, f"purposes.{show(name, place)}", is_chosen=is_chosen)
    elif isinstance(purposes, list):
        is_chosen = record.get("confirmed") is not False
        for place, purpose in enumerate(purposes):
            _read_purpose(told, purpose, at, f"purposes[{place}]", is_chosen=is_chosen)
    else:
        told.fault("purposes", FaultCode.WRONG_TYPE, "must be a list, or an object")
    return told.finish()


def _by_name(identifiers: Any) -> dict[str, list[Any]]:
    """Return the values of the identifiers by their names, so that a mapping can say `identifiers.email`."""
    found: dict[str, list[Any]] = {}
    for one in identifiers if isinstance(identifiers, list) else []:
        if isinstance(one, dict) and isinstance(one.get("name"), str):
            found.setdefault(one["name"], []).append(one.get("value"))
    return found


def _read_purpose(told: Telling, purpose: Any, at: str | None, path: str, *, is_chosen: bool) -> None:
    name = purpose.get("purpose") if isinstance(purpose, dict) else None
    if not isinstance(name, str):
        told.fault(f"{path}.purpose", FaultCode.MISSING_FIELD, "must be given, as text")
        return
    enabled = purpose.get("enabled")
    _say(told, name, enabled, at, f"{path}.enabled", is_chosen=is_chosen)
    preferences = purpose.get("preferences")
    for place, one in enumerate(preferences if isinstance(preferences, list) else []):
        topic = one.get("topic") if isinstance(one, dict) else None
        choice = one.get("choice") if isinstance(one, dict) else None
        value = choice.get("booleanValue") if isinstance(choice, dict) else None
        if isinstance(topic, str) and isinstance(value, bool):  # a selection from a list is no yes or no
            yes_counts = is_chosen and enabled is True
            _say(told, f"{name}/{topic}", value, at, f"{path}.preferences[{place}]", is_chosen=yes_counts)


def _say(told: Telling, name: str, value: Any, at: str | None, path: str, *, is_chosen: bool) -> None:
    if value is None or value == "Auto" or (value is True and not is_chosen):
        return  # undecided, left to the defaults, or a yes that nobody said
    told.say_bool(name, value, at=at, path=path)
