"""Which places each rule speaks for. Pure: no Django, no clock."""

from collections.abc import Iterator, Mapping
from typing import Any

from consent.policies.document.codes import ANYWHERE
from consent.policies.law.types import LawTable

Document = Mapping[str, Any]
Reach = Mapping[tuple[int, str], tuple[str, ...]]
"""(The rule's number, purpose) -> the countries and parts of countries for which that rule speaks."""


def find_reach(document: Document, law: LawTable) -> Reach:
    """Return where each rule speaks: nowhere that a more specific rule does (DESIGN section 4, row 8).

    Places are those that the law table or the document names; a group stands for its members.
    """
    groups = _groups(document)
    places = sorted(_places(document, law))
    found: dict[tuple[int, str], set[str]] = {}
    for (purpose, _), by_code in _rules(document).items():
        for place in places:
            speaking = next((by_code[code] for code in _chain(place, groups) if code in by_code), None)
            if speaking is not None:
                found.setdefault((speaking, purpose), set()).add(place)
    return {key: tuple(sorted(reached)) for key, reached in found.items()}


def _places(document: Document, law: LawTable) -> set[str]:
    groups = {group for place in law.places.values() for group in place.groups} | _groups(document).keys()
    named = set(law.places) | set(document["jurisdictions"])
    members = {member for group in _groups(document).values() for member in group}
    return (named | members) - groups


def _groups(document: Document) -> dict[str, frozenset[str]]:
    """Return the document's groups, the smaller first: the smaller group is the more specific one."""
    entries = document["jurisdictions"].items()
    groups = [(code, frozenset(entry["members"])) for code, entry in entries if entry.get("members")]
    return dict(sorted(groups, key=lambda group: (len(group[1]), group[0])))


def _chain(place: str, groups: Mapping[str, frozenset[str]]) -> Iterator[str]:
    country = place.partition("-")[0]
    yield place
    if country != place:
        yield country
    yield from (group for group, members in groups.items() if country in members)
    yield ANYWHERE


def _rules(document: Document) -> dict[tuple[str, str], dict[str, int]]:
    """Return (purpose, controller) -> jurisdiction -> the rule's number."""
    found: dict[tuple[str, str], dict[str, int]] = {}
    for number, rule in enumerate(document["rules"]):
        for purpose in rule["purposes"]:
            for controller in rule.get("controllers") or document["controllers"]:
                by_code = found.setdefault((purpose, controller), {})
                by_code.update(dict.fromkeys(rule["jurisdictions"], number))
    return found
