"""Does a consent last longer than is common practice?"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from consent.kernel.periods import Period
from consent.policies.law.case import PolicyCase, RuleCase, in_words, spoken, warn
from consent.policies.law.types import Practice
from consent.policies.law.words import PracticeKind, Topic
from consent.policies.types import PolicyWarning

NO_VALIDITY = "no_validity"
LONG_VALIDITY = "validity_beyond_practice"

_START = datetime(2001, 1, 1, tzinfo=UTC)
"""From where two periods are compared: months and days do not compare by themselves."""


def find_long_validity(case: PolicyCase) -> Iterator[PolicyWarning]:
    """Yield a warning for each consent that ends later than practice has it, or not at all."""
    for rule in case.rules:
        if rule.asks_consent and "validity" not in rule.entry:
            yield from _endless(case, rule)
        elif rule.asks_consent:
            for topic, purposes in case.topics(rule).items():
                yield from _too_long(case, rule, topic, purposes)


def _endless(case: PolicyCase, rule: RuleCase) -> Iterator[PolicyWarning]:
    rows = [
        (place, row)
        for topic in (Topic.ANY, *case.topics(rule))
        for place, row in case.rows(Practice, rule.places(), kind=PracticeKind.VALIDITY, topic=topic)
    ]
    if rows:
        places = sorted({place for place, _ in rows})
        yield warn(
            NO_VALIDITY,
            rule.rule_id,
            rule.path("validity"),
            "found no validity: a consent lasts until it is withdrawn; practice is to refresh it, in "
            + in_words(case.law, places),
            rows=[row for _, row in rows],
            facts=places,
        )


def _too_long(
    case: PolicyCase, rule: RuleCase, topic: Topic, purposes: tuple[str, ...]
) -> Iterator[PolicyWarning]:
    end = Period.parse(rule.entry["validity"]).after(_START)
    rows = [
        (place, row)
        for place, row in case.rows(Practice, rule.places(*purposes), kind=PracticeKind.VALIDITY, topic=topic)
        if row.months and end > Period(months=row.months, days=0).after(_START)
    ]
    if rows:
        by_months: dict[int, list[str]] = {}
        for place, row in rows:
            by_months.setdefault(row.months or 0, []).append(place)
        yield warn(
            LONG_VALIDITY,
            rule.rule_id,
            rule.path("validity"),
            f"found {rule.entry['validity']} for {spoken(topic)} ({', '.join(purposes)}); practice is at "
            f"most {_in_months(case, by_months)}",
            rows=[row for _, row in rows],
            facts=[topic, rule.entry["validity"], sorted([place, row.months] for place, row in rows)],
        )


def _in_months(case: PolicyCase, by_months: Mapping[int, list[str]]) -> str:
    return "; ".join(
        f"{months} months in {in_words(case.law, places)}" for months, places in sorted(by_months.items())
    )
