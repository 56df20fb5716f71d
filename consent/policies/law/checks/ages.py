"""Does a rule ask of the young what the law does?"""

from collections.abc import Iterable, Iterator, Sequence

from consent.policies.law.case import PolicyCase, RuleCase, in_words, warn
from consent.policies.law.types import AgeLimit
from consent.policies.law.words import AgeNeed, AgeTopic
from consent.policies.types import PolicyWarning

AGE_BELOW_LAW = "age_below_law"

_STRICTNESS = {None: 0, AgeNeed.OWN_CONSENT: 1, AgeNeed.GUARDIAN: 2, AgeNeed.BARRED: 3}
_WORDS = {
    AgeNeed.OWN_CONSENT: "their own consent",
    AgeNeed.GUARDIAN: "a guardian's consent",
    AgeNeed.BARRED: "a bar",
}


def find_low_ages(case: PolicyCase) -> Iterator[PolicyWarning]:
    """Yield a warning for each rule that lets people do alone what the law does not let them at their age.

    Two laws are looked at: the age of digital consent, where a rule takes a person's own consent; and what is
    asked before data of the young is sold or used for targeted advertising, where a purpose is so marked.
    """
    for rule in case.rules:
        low = list(_low_digital_consent(case, rule))
        if low:
            yield _warning(case, rule, AgeTopic.DIGITAL_CONSENT, low)
        low = list(_low_advertising(case, rule))
        if low:
            yield _warning(case, rule, AgeTopic.SALE_OR_TARGETED_ADVERTISING, low)


def effect_at(rule: RuleCase, age: int) -> AgeNeed | None:
    """Return what the rule asks of a person of `age` years; None: neither consent nor a guardian."""
    for band in rule.entry.get("age", {}).get("bands", ()):
        if age < band["under"]:
            return AgeNeed(band["effect"])
    return AgeNeed.OWN_CONSENT if rule.asks_consent else None


def _low_digital_consent(case: PolicyCase, rule: RuleCase) -> Iterator[tuple[str, AgeLimit]]:
    for place, limit in case.rows(AgeLimit, rule.places(), topic=AgeTopic.DIGITAL_CONSENT):
        if any(effect_at(rule, age) is AgeNeed.OWN_CONSENT for age in range(limit.under)):
            yield place, limit


def _low_advertising(case: PolicyCase, rule: RuleCase) -> Iterator[tuple[str, AgeLimit]]:
    marked = [slug for slug in rule.purposes if case.purpose(slug).get("opt_out_signals")]
    places = rule.places(*marked) if marked else ()
    for place, limit in case.rows(AgeLimit, places, topic=AgeTopic.SALE_OR_TARGETED_ADVERTISING):
        if any(_STRICTNESS[effect_at(rule, age)] < _STRICTNESS[limit.needs] for age in range(limit.under)):
            yield place, limit


def _warning(
    case: PolicyCase, rule: RuleCase, topic: AgeTopic, low: Sequence[tuple[str, AgeLimit]]
) -> PolicyWarning:
    bands = rule.entry.get("age", {}).get("bands", ())
    found = "age bands that do not reach it" if bands else "no age bands"
    asked = "; ".join(_asked(case, low))
    return warn(
        AGE_BELOW_LAW,
        rule.rule_id,
        rule.path("age") if bands else rule.path(),
        f"found {found}; for {topic.replace('_', ' ')} the law asks for {asked}",
        rows=[limit for _, limit in low],
        facts=[topic, sorted([place, limit.needs, limit.under] for place, limit in low)],
    )


def _asked(case: PolicyCase, low: Iterable[tuple[str, AgeLimit]]) -> Iterator[str]:
    by_limit: dict[tuple[AgeNeed, int], list[str]] = {}
    for place, limit in low:
        by_limit.setdefault((limit.needs, limit.under), []).append(place)
    for (needs, under), places in sorted(by_limit.items(), key=lambda item: (-item[0][1], item[0][0])):
        yield f"{_WORDS[needs]} under {under} in {in_words(case.law, places)}"
