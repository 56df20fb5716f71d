"""Which rules of a policy speak to a person, by where they are and who asks. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

Document = Mapping[str, Any]
Rule = Mapping[str, Any]


def find_rules(
    document: Document, purpose: str, controller: str, places: Collection[str]
) -> tuple[Rule, ...] | None:
    """Return the rules that must all allow a use; None if one of the places has none: nothing is used there.

    Those of the person's places and of where the controller is established, the most specific of each. Where
    nobody knows where the person is, all of the purpose's: nobody knows that one does not hold.
    """
    ours = [rule for rule in document.get("rules", ()) if _is_about(rule, purpose, controller)]
    if not places:
        return tuple(ours) or None
    established = document["controllers"].get(controller, {}).get("establishment", ())
    found = [_most_specific(document, ours, place) for place in dict.fromkeys([*places, *established])]
    if not all(found):
        return None
    return tuple({rule["id"]: rule for rule in found if rule}.values())


def _is_about(rule: Rule, purpose: str, controller: str) -> bool:
    return purpose in rule["purposes"] and controller in (rule.get("controllers") or (controller,))


def _most_specific(document: Document, rules: Sequence[Rule], place: str) -> Rule | None:
    under = (rule for code in _chain(document, place) for rule in rules if code in rule["jurisdictions"])
    return next(under, None)


def _chain(document: Document, place: str) -> Iterator[str]:
    """Yield a place, its country, the groups that it is in, the smaller first, and everywhere."""
    country = place.partition("-")[0]
    groups = [
        (len(one["members"]), code)
        for code, one in document.get("jurisdictions", {}).items()
        if country in one.get("members", ())
    ]
    yield from (place, country, *(code for _, code in sorted(groups)), "*")
