"""Flags that an obligation sets: whether a fixed text is one that the recipient understands.

A column that is named like a flag of consent mode, Limited Data Use or US Privacy holds its words and nothing
else: a value that a recipient does not know is taken for its default, which may be a yes. And a person's own
string is never the same for everybody, so no fixed text stands for it.
"""

from collections.abc import Callable, Mapping

from consent.signals import us_privacy
from consent.signals.consent_mode import ConsentType, read_gcs, read_modes
from consent.signals.errors import MalformedSignal
from consent.signals.meta_ldu import CALIFORNIA, FIND_OUT, HIGHEST_STATE, OPTION, UNITED_STATES

PERSONS_STRINGS = frozenset(
    {
        "tc_string",
        "tcf_string",
        "tcf",
        "iabtcf_tcstring",
        "gdpr_consent",
        "gpp_string",
        "gpp",
        "iabgpp_hdr_gppstring",
        "iabgpp_gppstring",
    }
)
"""Names of columns that carry a TC or GPP string, the specifications' own among them."""
_STATES = frozenset(map(str, (FIND_OUT, *range(CALIFORNIA, HIGHEST_STATE + 1))))
_TRUTHS = frozenset({"true", "false", "yes", "no", "1", "0"})


def check_flag(name: str, value: str) -> str | None:
    """Return what is wrong with setting the column `name` to `value`, or None.

    Names are taken whatever their case; one that is no flag's may hold any text.
    """
    folded = name.strip().casefold()
    if folded in PERSONS_STRINGS:
        return "a string of choices is each person's own; no fixed text can stand for it"
    check = _CHECKS.get(folded)
    return check(folded, value) if check else None


def _check_mode(name: str, value: str) -> str | None:
    return _told(lambda: read_modes({name: value}))


def _check_gcs(_: str, value: str) -> str | None:
    return _told(lambda: read_gcs(value))


def _check_us_privacy(_: str, value: str) -> str | None:
    return _told(lambda: us_privacy.decode(value))


def _told(read: Callable[[], object]) -> str | None:
    try:
        read()
    except MalformedSignal as malformed:
        return malformed.fault.detail
    return None


def _one_of(words: frozenset[str], said: str) -> Callable[[str, str], str | None]:
    return lambda _, value: None if value in words else f"expected {said}"


_LIMITED = _one_of(_TRUTHS, "'true' or 'false'")
_CHECKS: Mapping[str, Callable[[str, str], str | None]] = {
    **{kind.value: _check_mode for kind in ConsentType},
    "gcs": _check_gcs,
    "us_privacy": _check_us_privacy,
    "usp": _check_us_privacy,
    "us_privacy_string": _check_us_privacy,
    "iabusprivacy_string": _check_us_privacy,
    "limited_data_use": _LIMITED,
    "data_processing_options": _one_of(frozenset({OPTION, ""}), f"{OPTION!r}, or the empty text for none"),
    "data_processing_options_country": _one_of(
        frozenset({str(FIND_OUT), str(UNITED_STATES)}), f"'{FIND_OUT}' or '{UNITED_STATES}'"
    ),
    "data_processing_options_state": _one_of(_STATES, f"'{FIND_OUT}', or '{CALIFORNIA}' and more"),
}
