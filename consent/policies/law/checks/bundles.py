"""Is one consent asked for several ends?"""

from collections.abc import Iterator

from consent.policies.law.case import PolicyCase, RuleCase, in_words, warn
from consent.policies.law.topics import is_needed
from consent.policies.law.types import Duty
from consent.policies.law.words import DutyKind
from consent.policies.types import LegalBasis, PolicyWarning

BUNDLED_PURPOSES = "bundled_purposes"
TIED_CONSENT = "tied_consent"


def find_bundles(case: PolicyCase) -> Iterator[PolicyWarning]:
    """Yield a warning for each rule that asks one consent for unrelated ends, or ties one to another.

    Two purposes are unrelated if neither the first word of their names nor that of their data uses is the
    same (`profiling.segments` and `profiling.hints` are related; so are two kinds of marketing). A purpose is
    tied if it rests on consent or contract and requires one that needs a consent and is unrelated to it.
    What a service needs to work, such as storage, is never in the way.
    """
    for rule in case.rules:
        if rule.asks_consent:
            yield from _bundled(case, rule)
        if rule.basis in (LegalBasis.CONSENT, LegalBasis.CONTRACT):
            yield from _tied(case, rule)


def are_unrelated(case: PolicyCase, one: str, other: str) -> bool:
    """Return whether two purposes have nothing to do with each other."""
    uses = [str(case.purpose(slug)["data_use"]) for slug in (one, other)]
    return _first(one) != _first(other) and _first(uses[0]) != _first(uses[1])


def _first(dotted: str) -> str:
    return dotted.partition(".")[0]


def _bundled(case: PolicyCase, rule: RuleCase) -> Iterator[PolicyWarning]:
    asked = [slug for slug in rule.purposes if not is_needed(case.purpose(slug)["data_use"])]
    unrelated = sorted(slug for slug in asked if any(are_unrelated(case, slug, other) for other in asked))
    if unrelated:
        found = f"found one consent for unrelated purposes ({', '.join(unrelated)})"
        yield from _warnings(case, rule, BUNDLED_PURPOSES, rule.places(), found, unrelated)


def _tied(case: PolicyCase, rule: RuleCase) -> Iterator[PolicyWarning]:
    for slug in rule.purposes:
        for required in case.purpose(slug).get("requires", ()):
            if is_needed(case.purpose(required)["data_use"]) or not are_unrelated(case, slug, required):
                continue
            places = sorted(set(rule.places(slug)) & _asked_for(case, required))
            found = f"found that {slug} requires a consent to {required}, which is unrelated to it"
            yield from _warnings(case, rule, TIED_CONSENT, tuple(places), found, [slug, required])


def _asked_for(case: PolicyCase, slug: str) -> set[str]:
    """Return where the purpose rests on consent."""
    asking = (rule for rule in case.rules if rule.asks_consent and slug in rule.purposes)
    return {place for rule in asking for place in rule.places(slug)}


def _warnings(
    case: PolicyCase, rule: RuleCase, code: str, places: tuple[str, ...], found: str, purposes: list[str]
) -> Iterator[PolicyWarning]:
    rows = list(case.rows(Duty, places, kind=DutyKind.SEPARATE_CONSENT, holds=True))
    if rows:
        reached = [place for place, _ in rows]
        yield warn(
            code,
            rule.rule_id,
            rule.path("purposes"),
            f"{found}; each end needs a consent of its own in {in_words(case.law, reached)}",
            rows=[row for _, row in rows],
            facts=[purposes, reached],
        )
