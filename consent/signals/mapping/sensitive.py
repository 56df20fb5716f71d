"""Which kind of sensitive data stands at which place of a US section's `SensitiveDataProcessing`.

GPP's section specifications, field "SensitiveDataProcessing": each section counts its own categories.
"""

from collections.abc import Iterator, Mapping

RACE, RELIGION, HEALTH, SEX_LIFE = "race_or_ethnicity", "religion", "health", "sex_life"
CITIZENSHIP, GENETIC, BIOMETRIC, GEOLOCATION = "citizenship", "genetic", "biometric", "precise_geolocation"
IDENTITY_NUMBERS, ACCOUNTS, UNION, MESSAGES = "identity_numbers", "account_access", "union", "messages"
CRIME_VICTIM, NATIONAL_ORIGIN, GENDER = "crime_victim", "national_origin", "transgender_or_nonbinary"

CATEGORIES = (
    RACE,
    RELIGION,
    HEALTH,
    SEX_LIFE,
    CITIZENSHIP,
    GENETIC,
    BIOMETRIC,
    GEOLOCATION,
    IDENTITY_NUMBERS,
    ACCOUNTS,
    UNION,
    MESSAGES,
    CRIME_VICTIM,
    NATIONAL_ORIGIN,
    GENDER,
)
"""The names that a mapping uses."""

Places = tuple[frozenset[str], ...]
"""What each place of the field is about."""


def _each(*names: str) -> Places:
    return tuple(frozenset({name}) for name in names)


_USUAL = _each(RACE, RELIGION, HEALTH, SEX_LIFE, CITIZENSHIP, GENETIC, BIOMETRIC, GEOLOCATION)
_NATIONAL = (
    *_USUAL,
    *_each(IDENTITY_NUMBERS, ACCOUNTS, UNION, MESSAGES),
    *_each(HEALTH, CRIME_VICTIM, NATIONAL_ORIGIN, GENDER),
)
_CALIFORNIA: Places = (
    *_each(IDENTITY_NUMBERS, ACCOUNTS, GEOLOCATION),
    frozenset({RACE, RELIGION, UNION}),
    *_each(MESSAGES, GENETIC, BIOMETRIC, HEALTH, SEX_LIFE),
)
_UTAH = _each(RACE, RELIGION, SEX_LIFE, CITIZENSHIP, HEALTH, GENETIC, BIOMETRIC, GEOLOCATION)
_OREGON = (
    *_each(RACE, RELIGION, HEALTH, SEX_LIFE, GENDER, CITIZENSHIP, NATIONAL_ORIGIN, CRIME_VICTIM),
    *_each(GENETIC, BIOMETRIC, GEOLOCATION),
)
_PLACES: Mapping[str, Places] = {
    "usnat": _NATIONAL,
    "usca": _CALIFORNIA,
    "usva": _USUAL,
    "usco": _USUAL,  # it ends before geolocation
    "usut": _UTAH,
    "usct": _USUAL,
    "usfl": _USUAL,
    "usmt": _USUAL,
    "usor": _OREGON,
    "ustx": _USUAL,
    "usde": (*_USUAL, *_each(GENDER)),
    "usia": _USUAL,
    "usne": _USUAL,
    "usnh": _USUAL,
    "usnj": (*_USUAL, *_each(GENDER, ACCOUNTS)),
    "ustn": _USUAL,
    "usmn": _USUAL,
    "usin": _USUAL,
    "usky": _USUAL,
    "usri": _USUAL,
}


def find_opted_out(prefix: str, values: object, *, no: int) -> frozenset[str]:
    """Return the categories whose value is `no`. A place that is not known here is about all of them."""
    if not isinstance(values, tuple | list):
        return frozenset()
    places = _PLACES.get(prefix, ())
    return frozenset().union(*_said_no(places, values, no))


def _said_no(places: Places, values: tuple[object, ...] | list[object], no: int) -> Iterator[frozenset[str]]:
    for number, value in enumerate(values):
        if value == no:
            yield places[number] if number < len(places) else frozenset(CATEGORIES)
