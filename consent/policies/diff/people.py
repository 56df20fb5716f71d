"""Who may be allowed under a rule, by age: its basis, and what its age bands put in the basis's place."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from consent.policies.diff.types import Direction, together

OLDEST = 25
"""The highest age that a band may name."""
UNKNOWN_AGE = -1
Rule = Mapping[str, Any]

_EVERY_NO, _OBJECTIONS, _NO_NO = 2, 1, 0
_BASES: Mapping[str, tuple[int, str]] = {
    "consent": (_EVERY_NO, "a yes"),
    "opt_out": (_EVERY_NO, ""),
    "soft_opt_in": (_EVERY_NO, "soft opt-in"),
    "legitimate_interest": (_EVERY_NO, ""),
    "public_task": (_OBJECTIONS, ""),
    "contract": (_NO_NO, "contract"),
    "legal_obligation": (_NO_NO, ""),
    "vital_interest": (_NO_NO, "vital interest"),
    "strictly_necessary": (_NO_NO, ""),
}
"""Basis -> how much of a no it honours, and what must be on record. An assessment, which some ask for, is
in every text that passed validation."""


@dataclass(frozen=True)
class Terms:
    """What a person of one age must meet."""

    honours: int
    needs: str
    """The empty text: nothing."""

    def is_within(self, other: "Terms") -> bool:
        """Return whether whoever meets these terms meets `other` too, whatever is on record."""
        if self.needs == "nobody":
            return True
        return self.honours >= other.honours and other.needs in {"", self.needs}


def direction_of_people(before: Rule, after: Rule) -> Direction:
    """Return the direction of basis and age bands together."""
    found = Direction.WORDING
    for age in (UNKNOWN_AGE, *range(OLDEST + 1)):
        found = together(found, _direction(terms_at(before, age), terms_at(after, age)))
    return found


def _direction(old: Terms, new: Terms) -> Direction:
    if old == new:
        return Direction.WORDING
    if new.is_within(old):
        return Direction.NARROWER
    return Direction.WIDER if old.is_within(new) else Direction.BOTH


def terms_at(rule: Rule, age: int) -> Terms:
    """Return what somebody of `age` must meet under `rule`."""
    effect = effect_at(rule, age)
    if effect == "barred":
        return Terms(_EVERY_NO, "nobody")
    if effect == "guardian":
        return Terms(_EVERY_NO, "a guardian's yes")
    honours, needs = _BASES["consent" if effect else rule["basis"]]
    if rule.get("direct_marketing"):
        honours = _EVERY_NO
    return Terms(honours, needs)


def effect_at(rule: Rule, age: int) -> str:
    """Return what the rule's age bands say of `age`; empty if nothing."""
    asked = rule.get("age") or {"unknown": "accept", "bands": []}
    if age == UNKNOWN_AGE:
        return "barred" if asked["unknown"] == "deny" and asked["bands"] else ""
    return next((band["effect"] for band in asked["bands"] if age < band["under"]), "")


def can_be_explicit(rule: Rule) -> bool:
    """Return whether an explicit yes can permit special categories: under the basis consent."""
    return bool(rule["basis"] == "consent")
