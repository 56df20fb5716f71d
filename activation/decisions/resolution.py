"""What a policy alone says of a question, before anything is known of a person but where they are.

Every question resolves: to the rules that must all allow, or to the reason for which everybody there is
denied. The tests are those that the engine's own rows make (`policy_rows`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from activation.decisions.compiled import CompiledPolicy, DestinationPolicy, Rule
from activation.decisions.conditions import NOTHING_REGISTERED, Properties, find_refuted
from activation.decisions.policy_rows import (
    FoundRule,
    applicable_rules,
    can_resolve,
    deny_destination,
    deny_purpose,
    first_denied,
    list_requirements,
    permits_categories,
    permits_transfer,
)
from activation.decisions.reasons import CIRCUMSTANCES, Reason
from consent.policies.types import LegalBasis


@dataclass(frozen=True, slots=True)
class Denial:
    """One reason for which everybody is denied."""

    reason: Reason
    jurisdiction: str | None = None
    """Whose rule denies, or has no rule; None where no rule was asked."""
    required_purpose: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What the policy says of one purpose in one place at one destination."""

    denials: tuple[Denial, ...]
    """Why everybody is denied, in the order of the decision table. None: it hangs on the person."""
    rules: tuple[FoundRule, ...]
    """The rules that must all allow: that of the place first, then those of the controller's establishment.
    Where the place is not known, every rule of the purpose."""
    required: Mapping[str, "Resolution"] = field(default_factory=dict)
    """What the policy says of each purpose that this one requires."""

    @property
    def reason(self) -> Reason | None:
        """The reason that the engine denies with; None if it hangs on the person."""
        return self.denials[0].reason if self.denials else None

    @property
    def rule(self) -> Rule | None:
        """The rule of the place, where the policy denies nobody there outright."""
        return self.rules[0].rule if self.rules and not self.denials else None


def resolve(
    policy: CompiledPolicy,
    *,
    purpose: str,
    controller: str,
    jurisdiction: str | None,
    destination: str | None,
    data_categories: frozenset[str] | None = None,
    register_denial: Reason | None = None,
) -> Resolution:
    """Return what `policy` says to everybody in `jurisdiction`, or to those whose jurisdiction is not known.

    Total: nothing raises, and what the policy does not know is a denial. The policy's times are left to the
    engine. No `destination`: asked because another purpose requires this one. No `data_categories`: all that
    the destination may receive. `register_denial`: what `deny_recipient` says of the destination.
    """
    entry = None if destination is None else policy.destinations.get(destination)
    registered = entry.properties if entry else NOTHING_REGISTERED
    scope = _Scope(policy, controller, jurisdiction, data_categories, register_denial, registered)
    found: dict[str, Resolution] = {}
    for slug in list_requirements(policy, purpose):
        found[slug] = scope.resolve(slug, destination if slug == purpose else None, found)
    return found[purpose]


@dataclass(frozen=True, slots=True)
class _Scope:
    """What stays the same while a purpose and those it requires are resolved."""

    policy: CompiledPolicy
    controller: str
    jurisdiction: str | None
    data_categories: frozenset[str] | None
    register_denial: Reason | None
    registered: Properties
    """What is known of the destination that the question is about, whichever purpose is looked at."""

    def resolve(self, purpose: str, destination: str | None, found: Mapping[str, Resolution]) -> Resolution:
        """Return the resolution of `purpose`; `found` holds those of the purposes that it requires."""
        declared = self.policy.purposes.get(purpose)
        slugs = declared.requires if declared else ()
        circular = Resolution(denials=(Denial(Reason.REQUIRED_PURPOSE_DENIED),), rules=())
        required = {slug: found.get(slug, circular) for slug in slugs}
        places = () if self.jurisdiction is None else (self.jurisdiction,)
        rules = applicable_rules(self.policy, purpose, self.controller, places)
        denials = (
            *self._before_rules(purpose, destination, required),
            *self._by_rules(purpose, destination, rules),
            *self._required_denied(required),
        )
        return Resolution(denials=tuple(dict.fromkeys(denials)), rules=tuple(rules), required=required)

    def _before_rules(
        self, purpose: str, destination: str | None, required: Mapping[str, Resolution]
    ) -> Iterator[Denial]:
        """Yield what rows 1 to 3 deny for."""
        if not self.policy.intact:
            yield Denial(Reason.POLICY_UNAVAILABLE)
        if reason := deny_purpose(self.policy, purpose):
            yield Denial(reason)
        yield from self._required_denied(required, besides=CIRCUMSTANCES)
        if destination is None:
            return
        if self.register_denial:
            yield Denial(self.register_denial)
        if reason := deny_destination(self.policy, purpose, destination):
            yield Denial(reason)

    def _required_denied(
        self, required: Mapping[str, Resolution], besides: frozenset[Reason] = frozenset()
    ) -> Iterator[Denial]:
        denied = first_denied({slug: found.reason for slug, found in required.items()}, besides=besides)
        if denied is not None:
            yield Denial(Reason.REQUIRED_PURPOSE_DENIED, required_purpose=denied)

    def _by_rules(
        self, purpose: str, destination: str | None, rules: Sequence[FoundRule]
    ) -> Iterator[Denial]:
        """Yield what rows 7 to 12 deny for."""
        recipient = None if destination is None else self.policy.destinations.get(destination)
        denied = [
            Denial(reason, found.jurisdiction)
            for found in rules
            for reason in self._deny_rule(found.rule, recipient)
        ]
        everywhere = self.policy.has_rule_for_everywhere(purpose, self.controller)
        if not can_resolve(
            [found.rule for found in rules],
            is_denied=bool(denied),
            is_resolved=self.jurisdiction is not None,
            has_rule_for_everywhere=everywhere,
        ):
            yield Denial(Reason.JURISDICTION_UNRESOLVED)
        yield from denied

    def _deny_rule(self, rule: Rule | None, destination: DestinationPolicy | None) -> Iterator[Reason]:
        """Yield what rows 8 and 10 to 12 deny everybody for under `rule`. No destination: no data leaves."""
        if rule is None:
            yield Reason.NO_RULE
            return
        if destination is not None:
            if not permits_transfer(self.policy, rule, destination):
                yield Reason.TRANSFER_NOT_PERMITTED
            asked = self.data_categories or destination.data_categories
            is_special = not asked.isdisjoint(self.policy.special_categories)
            permitted = permits_categories(rule, destination, asked)
            if not permitted or (is_special and not _may_hold_special(rule)):
                yield Reason.DATA_CATEGORY_NOT_PERMITTED
        if any(find_refuted(rule.conditions, self.registered)):
            yield Reason.CONDITION_NOT_MET


def _may_hold_special(rule: Rule) -> bool:
    """Whether anybody at all could be permitted special categories: an age band may make it consent."""
    return bool(rule.special_condition or rule.age_bands) or rule.basis is LegalBasis.CONSENT
