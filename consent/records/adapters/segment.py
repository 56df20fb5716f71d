"""Segment events (Twilio Segment docs, "Consent on the Profile" and "Spec: Common Fields").

Preferences stand in `context.consent.categoryPreferences`, a boolean for each category. Only the event
"Segment Consent Preference Updated" is sent when the person chooses; every other event repeats what was
known when it happened. So a `true` on another event grants nothing (it may be older than a withdrawal
made elsewhere), while a `false` is a no wherever it stands. An empty object is a no to every category, as
it is at Segment; an event without the object says nothing.
"""

from typing import Any

from consent.records.adapters.telling import Telling, not_an_object, show
from consent.records.adapters.types import ImportMapping, Translated
from consent.records.types import FaultCode

PREFERENCE_EVENT = "Segment Consent Preference Updated"
_PREFERENCES = "context.consent.categoryPreferences"


def read_message(message: Any, mapping: ImportMapping) -> Translated:
    """Return the row that one event holds, or its faults."""
    if not isinstance(message, dict):
        return not_an_object()
    told = Telling(mapping)
    preferences: Any = message
    for step in _PREFERENCES.split("."):
        if preferences is None:
            return Translated()
        if not isinstance(preferences, dict):
            told.fault(_PREFERENCES, FaultCode.WRONG_TYPE, "must be an object")
            return told.finish()
        preferences = preferences.get(step)
    if preferences is None:
        return Translated()
    if not isinstance(preferences, dict):
        told.fault(_PREFERENCES, FaultCode.WRONG_TYPE, "must be an object")
        return told.finish()
    _read_preferences(told, message, preferences or dict.fromkeys(mapping.purposes, False))
    return told.finish()


def _read_preferences(told: Telling, message: dict[str, Any], preferences: dict[str, Any]) -> None:
    is_act = message.get("type") == "track" and message.get("event") == PREFERENCE_EVENT
    told.identify(message)
    at = told.time(message.get("timestamp"), "timestamp")
    for place, (category, value) in enumerate(preferences.items()):
        if value is True and not is_act:
            continue
        told.say_bool(category, value, at=at, path=f"{_PREFERENCES}.{show(category, place)}")
