"""The jurisdiction codes that a policy may name."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

ANYWHERE = "*"


@dataclass(frozen=True, slots=True)
class Codes:
    """The shipped table, `data/jurisdiction_codes.json`."""

    countries: frozenset[str]
    subdivisions: frozenset[str]
    groups: dict[str, frozenset[str]]
    """Group -> the countries that belong to it."""
    mistaken: dict[str, str]
    """What people write -> the code that they mean."""

    @property
    def all_codes(self) -> frozenset[str]:
        """The countries, the subdivisions and the groups."""
        return self.countries | self.subdivisions | self.groups.keys()

    def is_known(self, code: str) -> bool:
        """Return whether `code` is a country, a subdivision or a group."""
        return code in self.countries or code in self.subdivisions or code in self.groups


@cache
def load_codes() -> Codes:
    """Return the shipped table of codes."""
    path = files("consent.policies").joinpath("data", "jurisdiction_codes.json")
    table = json.loads(path.read_text(encoding="utf-8"))
    return Codes(
        countries=frozenset(table["countries"]),
        subdivisions=frozenset(table["subdivisions"]),
        groups={group: frozenset(members) for group, members in table["groups"].items()},
        mistaken=table["mistaken"],
    )


def explain_unknown(code: str, *, expected: str) -> str:
    """Return the message for a code that is not known, with the code that was probably meant."""
    meant = load_codes().mistaken.get(code)
    return f"unknown code {code!r}; " + (f"did you mean {meant!r}?" if meant else f"expected {expected}")
