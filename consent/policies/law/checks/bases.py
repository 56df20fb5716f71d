"""Is a basis laxer than what the law asks for?"""

from collections.abc import Iterator, Sequence

from consent.policies.law.case import PolicyCase, RuleCase, in_words, spoken, warn
from consent.policies.law.types import ConsentDefault
from consent.policies.law.words import Demand, Topic
from consent.policies.types import LegalBasis, PolicyWarning

LAXER_BASIS = "laxer_basis"
SPECIAL_CATEGORY = "special_category_without_consent"

_HEARS_EVERY_NO = frozenset(
    {LegalBasis.CONSENT, LegalBasis.OPT_OUT, LegalBasis.SOFT_OPT_IN, LegalBasis.LEGITIMATE_INTEREST}
)
"""The bases on which every no of a person is heeded (DESIGN section 4)."""


_WORDS = {
    Demand.NONE: "nothing",
    Demand.OPT_OUT: "a way to opt out",
    Demand.OPT_IN: "an opt-in",
    Demand.EXPLICIT_OPT_IN: "an explicit opt-in",
    Demand.PROHIBITED: "strict necessity",
}


def find_laxer_bases(case: PolicyCase) -> Iterator[PolicyWarning]:
    """Yield a warning for each rule and topic where the law asks for more than the rule's basis gives."""
    for rule in case.rules:
        for topic, purposes in case.topics(rule).items():
            rows = [
                (place, row)
                for place, row in case.rows(ConsentDefault, rule.places(*purposes), topic=topic)
                if not satisfies(rule, row)
            ]
            if rows:
                yield _warning(case, rule, topic, purposes, rows)


def satisfies(rule: RuleCase, row: ConsentDefault) -> bool:
    """Return whether the rule gives what the law asks for.

    A condition that the rule names for special categories stands beside an opt-in (GDPR Art. 9(2)), and so
    beside an opt-out, which is less.
    """
    if row.demand is Demand.NONE or rule.basis in row.also_accepted:
        return True
    if row.demand is Demand.PROHIBITED:
        return False
    named = row.topic is Topic.SENSITIVE_DATA and bool(rule.entry.get("special_condition"))
    if row.demand is Demand.OPT_OUT:
        return named or rule.basis in _HEARS_EVERY_NO or bool(rule.entry.get("direct_marketing"))
    return named or rule.asks_consent


def _warning(
    case: PolicyCase,
    rule: RuleCase,
    topic: Topic,
    purposes: Sequence[str],
    rows: Sequence[tuple[str, ConsentDefault]],
) -> PolicyWarning:
    by_demand = {
        demand: [place for place, row in rows if row.demand is demand]
        for demand in Demand
        if any(row.demand is demand for _, row in rows)
    }
    asked = "; ".join(f"{_WORDS[demand]} in {in_words(case.law, at)}" for demand, at in by_demand.items())
    return warn(
        SPECIAL_CATEGORY if topic is Topic.SENSITIVE_DATA else LAXER_BASIS,
        rule.rule_id,
        rule.path("basis"),
        f"found {spoken(rule.basis)} for {spoken(topic)} ({', '.join(purposes)}); the law asks for {asked}",
        rows=[row for _, row in rows],
        facts=[topic, rule.basis, {demand.value: at for demand, at in by_demand.items()}],
    )
