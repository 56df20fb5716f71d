"""Twelve lines of the import file that must be rejected, each for another reason.

Each but for its one fault would be accepted, and none names a customer who exists.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from config.demo.acts import ADVERTISING, OFFERS
from consent.records.types import FaultCode

_WHO = '"identifiers":[{"kind":"customer_id","value":"M0001"}]'
_WHEN = '"effective_at":"2026-01-05T10:00:00Z"'
_TO_WHOM = '"controller":"harbor"'
_YES = f'"purpose":"{ADVERTISING}","choice":"granted"'
_LIVES = f'"facts":[{{"name":"residence","value":"DE",{_WHEN}}}]'


def _choosing(*parts: str) -> str:
    return f'{{{_WHO},"choices":[{{{",".join(parts)}}}]}}'


@dataclass(frozen=True, slots=True)
class Malformed:
    """One malformed line, and what the import must say of it."""

    line: int
    """Its place in the file, counted from 1."""
    what: str
    """What is wrong with it, in a few words."""
    code: FaultCode
    text: str
    """The line. `{future}` in it stands for a day that is yet to come."""

    def write(self, *, day: datetime) -> str:
        """Return the line for a file made on `day`."""
        return self.text.replace("{future}", f"{day + timedelta(days=2):%Y-%m-%d}")


MALFORMED = (
    Malformed(
        17, "broken JSON", FaultCode.MALFORMED_JSON, _choosing(_YES, _TO_WHOM, _WHEN).removesuffix("]}")
    ),
    Malformed(1_204, "a key twice", FaultCode.MALFORMED_JSON, f"{{{_WHO},{_WHO},{_LIVES}}}"),
    Malformed(
        3_011,
        "not a number",
        FaultCode.MALFORMED_JSON,
        _choosing(_YES, _TO_WHOM, _WHEN, '"notice":"privacy"', '"notice_version":NaN'),
    ),
    Malformed(
        4_999, "unknown field", FaultCode.UNKNOWN_FIELD, _choosing(_YES, _TO_WHOM, _WHEN, '"mood":"glad"')
    ),
    Malformed(
        6_500,
        "unknown choice",
        FaultCode.UNKNOWN_CHOICE,
        _choosing(f'"purpose":"{OFFERS}","choice":"perhaps"', _TO_WHOM, _WHEN),
    ),
    Malformed(8_192, "no identifiers", FaultCode.MISSING_FIELD, f"{{{_LIVES}}}"),
    Malformed(
        10_007,
        "unknown kind of identifier",
        FaultCode.UNKNOWN_IDENTIFIER_KIND,
        f'{{"identifiers":[{{"kind":"shoe_size","value":"43"}}],{_LIVES}}}',
    ),
    Malformed(
        12_345,
        "no e-mail address",
        FaultCode.MALFORMED_IDENTIFIER,
        f'{{"identifiers":[{{"kind":"email","value":"m0001.customers.example"}}],{_LIVES}}}',
    ),
    Malformed(
        14_400,
        "time without a zone",
        FaultCode.MALFORMED_TIME,
        _choosing(_YES, _TO_WHOM, '"effective_at":"2026-01-05T10:00:00"'),
    ),
    Malformed(
        16_800,
        "time in the future",
        FaultCode.TIME_OUT_OF_BOUNDS,
        _choosing(_YES, _TO_WHOM, '"effective_at":"{future}T12:00:00Z"'),
    ),
    Malformed(19_000, "a yes to no controller", FaultCode.CONTROLLER_REQUIRED, _choosing(_YES, _WHEN)),
    Malformed(
        21_999,
        "a yes to an unknown purpose",
        FaultCode.UNKNOWN_PURPOSE,
        _choosing('"purpose":"advertising.skywriting","choice":"granted"', _TO_WHOM, _WHEN),
    ),
)
"""In the order of their lines."""
