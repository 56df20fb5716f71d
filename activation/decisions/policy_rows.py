"""The parts of the decision table that rest on the policy alone: the engine's rows and `resolve` ask them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from activation.decisions.compiled import EVERYWHERE, CompiledPolicy, DestinationPolicy, Rule
from activation.decisions.obligations import combine
from activation.decisions.reasons import ALLOWING, Reason


@dataclass(frozen=True, slots=True)
class FoundRule:
    """Where a rule was looked for, and what was found there."""

    jurisdiction: str
    """Whose rule was looked for."""
    chain: tuple[str, ...]
    """The codes to look under, the most specific first."""
    under: str | None
    """The first of them that has a rule; None if none has."""
    rule: Rule | None


def deny_purpose(policy: CompiledPolicy, purpose: str) -> Reason | None:
    """Row 2, first parts: the policy knows the purpose, and it is not retired."""
    declared = policy.purposes.get(purpose)
    if declared is None:
        return Reason.PURPOSE_UNKNOWN
    return None if declared.active else Reason.PURPOSE_INACTIVE


def list_requirements(policy: CompiledPolicy, purpose: str) -> Iterator[str]:
    """Yield all that `purpose` requires, at any depth, each once, after what it requires itself; then itself.

    Without recursion, so that no policy is too deep to decide by. Of purposes that require each other, which
    no valid policy has, one comes before one that it requires.
    """
    seen, path = {purpose}, [(purpose, iter(_requires(policy, purpose)))]
    while path:
        slug, rest = path[-1]
        following = next((one for one in rest if one not in seen), None)
        if following is None:
            path.pop()
            yield slug
        else:
            seen.add(following)
            path.append((following, iter(_requires(policy, following))))


def _requires(policy: CompiledPolicy, purpose: str) -> tuple[str, ...]:
    declared = policy.purposes.get(purpose)
    return declared.requires if declared else ()


def first_denied(
    required: Mapping[str, Reason | None], *, besides: frozenset[Reason] = frozenset()
) -> str | None:
    """Row 2, last part: the first required purpose that is denied, for a reason not in `besides`."""
    passed = {None, *ALLOWING, *besides}
    return next((slug for slug, reason in required.items() if reason not in passed), None)


def deny_destination(policy: CompiledPolicy, purpose: str, destination: str) -> Reason | None:
    """Row 3, last part: the policy permits the destination the purpose."""
    entry = policy.destinations.get(destination)
    permitted = entry is not None and purpose in entry.purposes
    return None if permitted else Reason.DESTINATION_NOT_PERMITTED


def applicable_rules(
    policy: CompiledPolicy, purpose: str, controller: str, jurisdictions: Sequence[str]
) -> list[FoundRule]:
    """Return the rules that must all allow, each once, with the jurisdiction that led to it.

    Those are the rules of `jurisdictions`, which are the person's, and of where the controller is
    established. Where none of the person is known, every rule of the purpose.
    """
    if not jurisdictions:
        rules = policy.rules_for(purpose, controller).items()
        return _each_once(FoundRule(code, (code,), code, rule) for code, rule in rules)
    codes = dict.fromkeys([*jurisdictions, *policy.establishments.get(controller, ())])
    return _each_once(find_rule(policy, purpose, controller, code) for code in codes)


def find_rule(policy: CompiledPolicy, purpose: str, controller: str, jurisdiction: str) -> FoundRule:
    """Return the most specific rule that speaks in `jurisdiction`."""
    rules, chain = policy.rules_for(purpose, controller), policy.chain(jurisdiction)
    under = next((code for code in chain if code in rules), None)
    return FoundRule(jurisdiction, chain, under, None if under is None else rules[under])


def _each_once(found: Iterable[FoundRule]) -> list[FoundRule]:
    """Keep the first jurisdiction of each rule; a missing rule is kept for every jurisdiction."""
    kept: dict[str, FoundRule] = {}
    for one in found:
        kept.setdefault(f"rule {one.rule.rule_id}" if one.rule else f"none {one.jurisdiction}", one)
    return list(kept.values())


def can_resolve(
    rules: Iterable[Rule | None], *, is_denied: bool, is_resolved: bool, has_rule_for_everywhere: bool
) -> bool:
    """Row 7: where no jurisdiction is known, every rule allows and one of them holds everywhere.

    And where all allow, what they ask for can be done together.
    """
    if not is_resolved and (is_denied or not has_rule_for_everywhere):
        return False
    return is_denied or combine(rules) is not None


def permits_transfer(policy: CompiledPolicy, rule: Rule, destination: DestinationPolicy) -> bool:
    """Row 10: whether the destination's country is one that the rule permits data to go to."""
    permitted = rule.transfer_countries
    return EVERYWHERE in permitted or not permitted.isdisjoint(policy.chain(destination.country))


def permits_categories(
    rule: Rule,
    destination: DestinationPolicy,
    asked: frozenset[str],
) -> bool:
    """Row 11, first part: whether the rule and the destination permit every category asked for."""
    return asked <= rule.data_categories & destination.data_categories
