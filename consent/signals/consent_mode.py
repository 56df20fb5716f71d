"""Google's consent mode, version 2: what its tags and uploads are told of a person's choices.

Google's tag platform documentation, "Consent mode overview" and "Set up consent mode on websites", names the
seven types and their two values. Of the two parameters that tags send along, `gcs` is read here: it is public
and simple. `gcd` is not: Google does not say what its letters mean, and what others found out by looking on
does not agree.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from consent.signals.errors import Fault, MalformedSignal


class ConsentType(StrEnum):
    """What a person can grant or deny, by Google's names."""

    AD_STORAGE = "ad_storage"
    AD_USER_DATA = "ad_user_data"
    AD_PERSONALIZATION = "ad_personalization"
    ANALYTICS_STORAGE = "analytics_storage"
    FUNCTIONALITY_STORAGE = "functionality_storage"
    PERSONALIZATION_STORAGE = "personalization_storage"
    SECURITY_STORAGE = "security_storage"


class State(StrEnum):
    """What Google is told of a type. Not told is neither: the tag's default holds."""

    GRANTED = "granted"
    DENIED = "denied"


Modes = Mapping[ConsentType, State]

_GCS_PREFIX = "G1"
_GCS_ORDER = (ConsentType.AD_STORAGE, ConsentType.ANALYTICS_STORAGE)
_GCS_STATES: Mapping[str, State | None] = {"1": State.GRANTED, "0": State.DENIED, "-": None}


def read_modes(value: Any) -> Modes:
    """Return the types that `value` tells: an object of Google's names, each `granted` or `denied`.

    :raises MalformedSignal: for another name or value; nothing is guessed.
    """
    if not isinstance(value, Mapping):
        raise MalformedSignal(Fault("not_an_object", "expected an object of consent types"))
    return {_read_type(name): _read_state(name, state) for name, state in value.items()}


def _read_type(name: object) -> ConsentType:
    if not isinstance(name, str) or name not in set(ConsentType):
        detail = f"expected one of {', '.join(ConsentType)}"
        raise MalformedSignal(Fault("unknown_type", detail, field=str(name)[:60]))
    return ConsentType(name)


def _read_state(name: str, state: object) -> State:
    if not isinstance(state, str) or state not in set(State):
        raise MalformedSignal(Fault("unknown_state", f"expected {' or '.join(State)}", field=name))
    return State(state)


def write_modes(modes: Modes) -> dict[str, str]:
    """Return the object that `read_modes` reads, in Google's order: what an obligation's `set` holds."""
    return {kind.value: modes[kind].value for kind in ConsentType if kind in modes}


def read_gcs(value: object) -> Modes:
    """Return what a `gcs` parameter tells: `G1`, then the storage for ads and for analytics.

    1 is granted, 0 denied, and - not told.

    :raises MalformedSignal: for any other text.
    """
    told = value[len(_GCS_PREFIX) :] if isinstance(value, str) and value.startswith(_GCS_PREFIX) else ""
    if len(told) != len(_GCS_ORDER) or not set(told) <= set(_GCS_STATES):
        raise MalformedSignal(Fault("malformed_gcs", "expected G1 and twice one of 0, 1 and -", field="gcs"))
    states = ((kind, _GCS_STATES[character]) for kind, character in zip(_GCS_ORDER, told, strict=True))
    return {kind: state for kind, state in states if state is not None}


def write_gcs(modes: Modes) -> str:
    """Return the `gcs` parameter of `modes`; types other than the two it has are left out."""
    characters = {state: character for character, state in _GCS_STATES.items()}
    return _GCS_PREFIX + "".join(characters[modes.get(kind)] for kind in _GCS_ORDER)
