"""Meta's Limited Data Use: an advertiser has Meta process a person's data as its service provider only.

Meta's developer documentation, "Data Processing Options for US Users": the option is a list that holds `LDU`
or nothing, with a country (1 for the United States, or 0 for Meta to find out) and a state (1000 for
California, or 0 for Meta to find out). Meta's pages give numbers above 1000 to further states; those from
1001 on could not be read in any source at hand, so they are taken as numbers and given no name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from consent.signals.errors import Fault, MalformedSignal

OPTION = "LDU"
UNITED_STATES = 1
FIND_OUT = 0
CALIFORNIA = 1000
HIGHEST_STATE = 1099
"""A bound of ours: what is above is a slip."""

_OPTIONS = "data_processing_options"
_COUNTRY = "data_processing_options_country"
_STATE = "data_processing_options_state"


@dataclass(frozen=True, slots=True)
class LimitedDataUse:
    """What Meta is told of one event or person."""

    is_limited: bool
    """True: the list holds LDU. False: it is empty, which tells Meta that the data is not limited."""
    country: int = FIND_OUT
    state: int = FIND_OUT


def read_limited(value: Any) -> LimitedDataUse:
    """Return what the fields of a Conversions API event say; country and state may be left out.

    :raises MalformedSignal: for another option or number, a place without the option, or a state of nowhere.
    """
    if not isinstance(value, Mapping):
        raise MalformedSignal(Fault("not_an_object", "expected an object"))
    is_limited = _read_options(value.get(_OPTIONS))
    country = _read_number(value, _COUNTRY)
    state = _read_number(value, _STATE)
    _check_place(country, state, is_limited=is_limited)
    return LimitedDataUse(is_limited, country, state)


def _read_options(options: object) -> bool:
    if not isinstance(options, list | tuple) or list(options) not in ([], [OPTION]):
        raise MalformedSignal(Fault("unknown_option", f'expected [] or ["{OPTION}"]', field=_OPTIONS))
    return bool(options)


def _read_number(value: Mapping[str, Any], name: str) -> int:
    number = value.get(name, FIND_OUT)
    if type(number) is not int:
        raise MalformedSignal(Fault("not_a_number", "expected a whole number", field=name))
    return number


def _check_place(country: int, state: int, *, is_limited: bool) -> None:
    if country not in (FIND_OUT, UNITED_STATES):
        raise MalformedSignal(Fault("unknown_country", "expected 0 or 1", field=_COUNTRY))
    if state != FIND_OUT and not CALIFORNIA <= state <= HIGHEST_STATE:
        raise MalformedSignal(Fault("unknown_state", "expected 0, or 1000 and more", field=_STATE))
    if state != FIND_OUT and country != UNITED_STATES:
        raise MalformedSignal(Fault("state_of_nowhere", "a state goes with the country 1", field=_STATE))
    if not is_limited and (country, state) != (FIND_OUT, FIND_OUT):
        raise MalformedSignal(Fault("place_without_option", f"a place goes with {OPTION}", field=_COUNTRY))


def write_limited(limited: LimitedDataUse) -> dict[str, Any]:
    """Return the fields that `read_limited` reads; without the option, the empty list alone.

    :raises MalformedSignal: for a place that `read_limited` refuses.
    """
    _check_place(limited.country, limited.state, is_limited=limited.is_limited)
    if not limited.is_limited:
        return {_OPTIONS: []}
    return {_OPTIONS: [OPTION], _COUNTRY: limited.country, _STATE: limited.state}
