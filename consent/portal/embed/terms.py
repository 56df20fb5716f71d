"""What a policy says that the embed has to know: which yes would count, and until when. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from consent.kernel import canonical
from consent.kernel.periods import Period
from consent.kernel.times import read_time

Rules = Iterable[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The terms under which choices are collected. Of purposes with several rules, the strictest counts."""

    controllers: frozenset[str] = frozenset()
    purposes: frozenset[str] = frozenset()
    signalled: frozenset[str] = frozenset()
    """Purposes that opt-out signals speak to."""
    by_consent: frozenset[str] = frozenset()
    """Purposes that rest on a yes somewhere."""
    requires: Mapping[str, tuple[str, ...]]
    validity: Mapping[str, tuple[Period, ...]]
    oldest_notice: Mapping[str, Mapping[str, int]]
    published: Mapping[str, Mapping[int, datetime]]
    """When each version of each notice could be seen first."""

    def version_in_force(self, notice: str, *, at: datetime) -> int | None:
        """Return the newest version of the notice that could be seen at `at`; None if none could."""
        seen = [number for number, since in self.published.get(notice, {}).items() if since <= at]
        return max(seen, default=None)

    def end_of(self, purpose: str, given_at: datetime) -> datetime | None:
        """Return when a yes given at `given_at` ends; None: not by time."""
        return min((period.after(given_at) for period in self.validity.get(purpose, ())), default=None)

    def accepts(self, purpose: str, notice: str | None, version: int | None) -> bool:
        """Return whether a yes that was given on this notice counts for the purpose everywhere."""
        oldest = self.oldest_notice.get(purpose, {})
        return all(key == notice and (version or 0) >= number for key, number in oldest.items())


NO_TERMS = Terms(requires={}, validity={}, oldest_notice={}, published={})


@lru_cache(maxsize=4)
def read_terms(document: bytes) -> Terms:
    """Return the terms in a published policy (canonical JSON)."""
    policy = canonical.loads(document)
    purposes: Mapping[str, Any] = policy.get("purposes", {})
    rules = [rule for rule in policy.get("rules", ()) if rule["basis"] == "consent"]
    return Terms(
        controllers=frozenset(policy.get("controllers", {})),
        purposes=frozenset(purposes),
        signalled=frozenset(slug for slug, one in purposes.items() if one.get("opt_out_signals")),
        by_consent=frozenset(slug for rule in rules for slug in rule["purposes"]),
        requires={slug: tuple(one.get("requires", ())) for slug, one in purposes.items()},
        validity={slug: tuple(_periods(slug, rules)) for slug in purposes},
        oldest_notice={slug: _oldest(slug, rules) for slug in purposes},
        published={
            key: {
                int(number): since
                for number, version in notice["versions"].items()
                if (since := read_time(version["published_at"])) is not None
            }
            for key, notice in policy.get("notices", {}).items()
        },
    )


def _periods(slug: str, rules: Rules) -> Iterable[Period]:
    return (
        Period.parse(rule["validity"]) for rule in rules if slug in rule["purposes"] and rule.get("validity")
    )


def _oldest(slug: str, rules: Rules) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for rule in rules:
        if slug in rule["purposes"] and (asked := rule.get("notice")):
            found[asked["key"]] = max(found.get(asked["key"], 0), asked["oldest_version"])
    return found
