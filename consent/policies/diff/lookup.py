"""Which rule of a text speaks to which question, by the order of row 8 of the decision table.

Any text that has passed validation can be looked up, and one put together of parts of two such texts too:
what is named and not there is stepped over.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from consent.policies.document.codes import ANYWHERE, load_codes

Document = Mapping[str, Any]
ELSEWHERE = "elsewhere"
"""Stands for every place that neither text speaks of by name."""


@dataclass(frozen=True)
class Lookup:
    """The rules of one text by question, and the groups that places belong to."""

    groups: Mapping[str, tuple[str, ...]]
    """Country -> its groups, the smaller one first."""
    rules: Mapping[tuple[str, str], Mapping[str, Document]] = field(default_factory=dict)
    """(Purpose, controller) -> jurisdiction -> the rule."""

    def chain(self, code: str) -> tuple[str, ...]:
        """Return where a rule for `code` is looked for: `US-CA`, `US`, its groups, `*`."""
        country = code.partition("-")[0]
        own = (code,) if country == code else (code, country)
        return (*own, *self.groups.get(country, ()), ANYWHERE)

    def rule_in(self, purpose: str, controller: str, code: str) -> Document | None:
        """Return the rule that speaks to the question there; None if none does."""
        found = self.rules.get((purpose, controller), {})
        return next((found[step] for step in self.chain(code) if step in found), None)

    def countries(self, rule: Document) -> frozenset[str]:
        """Return the countries that data may go to under `rule`, `ELSEWHERE` among them for all others."""
        named = set(rule.get("transfer_countries", ()))
        known = {*load_codes().countries, *self.groups, ELSEWHERE}
        return frozenset(code for code in known if named.intersection(self.chain(code)))


def look_up(document: Document) -> Lookup:
    """Return the look-up of one text."""
    rules: dict[tuple[str, str], dict[str, Document]] = {}
    for rule in document.get("rules", ()):
        for purpose in rule["purposes"]:
            for controller in rule.get("controllers") or document["controllers"]:
                by_code = rules.setdefault((purpose, controller), {})
                by_code.update(dict.fromkeys(rule["jurisdictions"], rule))
    return Lookup(groups_of(document), rules)


def groups_of(document: Document) -> dict[str, tuple[str, ...]]:
    """Return each member's groups, the smaller one first: it is the more specific one."""
    entries = document.get("jurisdictions", {}).items()
    groups = {code: entry["members"] for code, entry in entries if entry.get("members")}
    by_size = sorted(groups, key=lambda code: (len(groups[code]), code))
    members = {member for group in groups.values() for member in group}
    return {member: tuple(code for code in by_size if member in groups[code]) for member in members}


def places_of(*documents: Document) -> Sequence[str]:
    """Return every place at which the texts could differ, and one that stands for all others."""
    found: dict[str, None] = {ELSEWHERE: None}
    for document in documents:
        found.update(dict.fromkeys(document.get("jurisdictions", {})))
        found.update(dict.fromkeys(groups_of(document)))
        for rule in document.get("rules", ()):
            found.update(dict.fromkeys(code for code in rule["jurisdictions"] if code != ANYWHERE))
    return list(found)


def live_purposes(before: Document, after: Document) -> Iterator[str]:
    """Yield the purposes that both texts hold active: all else is denied under one of the two."""
    for slug, purpose in after.get("purposes", {}).items():
        earlier = before.get("purposes", {}).get(slug)
        if earlier is not None and "retired" not in (purpose.get("status"), earlier.get("status")):
            yield slug
