"""Is the Global Privacy Control honoured where it must be?"""

from collections.abc import Iterator

from consent.policies.law.case import PolicyCase, RuleCase, in_words, warn
from consent.policies.law.topics import THIRD_PARTY_ADVERTISING, is_under
from consent.policies.law.types import Duty
from consent.policies.law.words import DutyKind
from consent.policies.types import PolicyWarning

SIGNAL_NOT_HONOURED = "signal_not_honoured"


def find_deaf_rules(case: PolicyCase) -> Iterator[PolicyWarning]:
    """Yield a warning for each rule that a signal does not reach, in a place where signals must be honoured.

    Either the rule leaves the signal out, or a purpose that advertises at third parties is not marked as
    sale, sharing or targeted advertising, and so no signal speaks to it.
    """
    for rule in case.rules:
        marked = tuple(slug for slug in rule.purposes if case.purpose(slug).get("opt_out_signals"))
        if marked and "gpc" not in rule.entry.get("signals", ("gpc",)):
            found = f"found signals without gpc, for {', '.join(marked)}"
            yield from _warnings(case, rule, "signals", marked, found)
        unmarked = tuple(slug for slug in rule.purposes if slug not in marked and _needs_mark(case, slug))
        if unmarked:
            found = f"found no opt_out_signals on {', '.join(unmarked)}, which advertises at third parties"
            yield from _warnings(case, rule, "purposes", unmarked, found)


def _needs_mark(case: PolicyCase, slug: str) -> bool:
    return is_under(case.purpose(slug)["data_use"], THIRD_PARTY_ADVERTISING)


def _warnings(
    case: PolicyCase, rule: RuleCase, field: str, purposes: tuple[str, ...], found: str
) -> Iterator[PolicyWarning]:
    rows = list(case.rows(Duty, rule.places(*purposes), kind=DutyKind.OPT_OUT_SIGNAL, holds=True))
    if rows:
        places = [place for place, _ in rows]
        yield warn(
            SIGNAL_NOT_HONOURED,
            rule.rule_id,
            rule.path(field),
            f"{found}; signals such as the Global Privacy Control must be honoured in "
            + in_words(case.law, places),
            rows=[row for _, row in rows],
            facts=[field, purposes, places],
        )
