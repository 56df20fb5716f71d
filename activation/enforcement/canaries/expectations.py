"""Which canaries the decision table must deny. Pure.

A rule may honour no no at all (a contract is performed whatever was refused): a canary is asked about only
where its way of saying no speaks to a rule that must allow.
"""

from collections.abc import Iterable
from datetime import datetime

from activation.decisions.compiled import CompiledPolicy, Rule
from activation.decisions.policy_rows import applicable_rules
from activation.decisions.standing import EVERY_NO
from activation.decisions.types import Question
from activation.enforcement.canaries.types import NAMES_PURPOSES, Canary, Way
from consent.policies.types import LegalBasis


def list_expected(
    canaries: Iterable[Canary], policy: CompiledPolicy, question: Question, at: datetime
) -> list[Canary]:
    """Return those of `canaries` that must be denied what `question` asks at `at`."""
    return [canary for canary in canaries if must_be_denied(canary, policy, question, at)]


def must_be_denied(canary: Canary, policy: CompiledPolicy, question: Question, at: datetime) -> bool:
    """Return whether the canary's no is on record at `at`, and a rule that must allow honours it."""
    if canary.made_at > at or not _names(canary, policy, at):
        return False
    places = [canary.jurisdiction] if canary.jurisdiction else []
    found = applicable_rules(policy, question.purpose, question.controller, places)
    rules = [one.rule for one in found]
    return not rules or any(rule is None or _is_denied_by(canary.way, rule) for rule in rules)


def _names(canary: Canary, policy: CompiledPolicy, at: datetime) -> bool:
    is_prepared = canary.policy_digest == policy.digest and canary.prepared_at <= at
    return is_prepared or canary.way not in NAMES_PURPOSES


def _is_denied_by(way: Way, rule: Rule) -> bool:
    if way is Way.ERASED:
        return not rule.survives_erasure
    if way is Way.LAPSED:
        return rule.basis is LegalBasis.CONSENT
    if rule.direct_marketing or rule.basis in EVERY_NO:
        return True
    return rule.basis is LegalBasis.PUBLIC_TASK and way is Way.UNSUBSCRIBED
