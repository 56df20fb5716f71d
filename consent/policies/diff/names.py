"""What things are called in sentences: by their titles, in the text that has them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from consent.kernel.periods import Period
from consent.policies.document.codes import ANYWHERE

Document = Mapping[str, Any]

BASES: Mapping[str, str] = {
    "consent": "only people who said yes",
    "opt_out": "everybody who has not said no",
    "soft_opt_in": "customers of alike goods who were told and have not said no",
    "contract": "people with a contract that is active, whatever they said",
    "legal_obligation": "everybody, because a law demands it, whatever they said",
    "vital_interest": "people whose vital interest is on record, whatever they said",
    "public_task": "everybody who has not objected",
    "legitimate_interest": "everybody who has not said no, on an interest that was weighed",
    "strictly_necessary": "everybody, because it is strictly necessary, whatever they said",
}
"""Whose data may be used under each basis."""


@dataclass(frozen=True)
class Names:
    """The titles in two texts; the later one speaks first."""

    before: Document
    after: Document

    def title(self, section: str, key: str) -> str:
        """Return the title of something, or its key where neither text has it."""
        for document in (self.after, self.before):
            entry = document.get(section, {}).get(key)
            if entry is not None:
                return str(entry.get("title", key))
        return key

    def titles(self, section: str, keys: Iterable[str]) -> str:
        """Return the titles of several things as a list in words."""
        return listed(self.title(section, key) for key in keys)

    def places(self, codes: Iterable[str]) -> str:
        """Return jurisdictions in words."""
        return listed(
            "any place" if code == ANYWHERE else self.title("jurisdictions", code) for code in codes
        )

    def uses(self, slugs: Iterable[str]) -> str:
        """Return purposes in words."""
        return listed(f"“{self.title('purposes', slug)}”" for slug in slugs)


def listed(words: Iterable[str]) -> str:
    """Return `words` as a list in words: `a, b and c`; `nothing` for none."""
    *first, last = list(words) or ["nothing"]
    return f"{', '.join(first)} and {last}" if first else last


def period(text: str | None) -> str:
    """Return how long something lasts: `13 months`; without a period, `until it is withdrawn`."""
    if text is None:
        return "until it is withdrawn"
    length = Period.parse(text)
    parts = [(length.months, "month"), (length.days, "day")]
    return listed(f"{number} {unit}{'' if number == 1 else 's'}" for number, unit in parts if number)
