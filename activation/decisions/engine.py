"""The decision: pure, total and deterministic, by the table in docs/reference/decision-table.md.

Everything else that answers "may this data be used?" must give the answer that `decide` gives.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from activation.decisions import gates
from activation.decisions.case import Case, Verdict
from activation.decisions.compiled import CompiledPolicy
from activation.decisions.obligations import combine
from activation.decisions.policy_rows import can_resolve, first_denied, list_requirements
from activation.decisions.reasons import ALLOWING, CIRCUMSTANCES, Effect, Reason
from activation.decisions.register import Register, owed_to
from activation.decisions.rule_gates import try_rule
from activation.decisions.types import Decision, Obligation, Question, SubjectState
from activation.decisions.validity import Horizon, earliest, horizons


@dataclass(frozen=True, slots=True)
class Finding:
    """What the table says of one case."""

    verdicts: Sequence[Verdict]
    """That of the row that denies; or an allowing one for each rule."""
    horizons: tuple[Horizon, ...] = ()
    """When the answer may change by itself, those on required purposes included."""

    @property
    def allows(self) -> bool:
        """Whether every verdict allows."""
        return bool(self.verdicts) and all(verdict.reason in ALLOWING for verdict in self.verdicts)


@dataclass(frozen=True, slots=True)
class Examined:
    """A decision, and when it may change by itself: `decision.valid_until` is the first of `horizons`."""

    decision: Decision
    horizons: tuple[Horizon, ...]


def decide(
    policy: CompiledPolicy, destinations: Register, state: SubjectState, question: Question, at: datetime
) -> Decision:
    """Return allow or deny, with the reason. Anything unknown is denied.

    `at` is the time of asking, aware; `question.as_of` and `question.known_at` look back from it.
    """
    return examine(policy, destinations, state, question, at).decision


def examine(
    policy: CompiledPolicy, destinations: Register, state: SubjectState, question: Question, at: datetime
) -> Examined:
    """Return what `decide` returns, and everything that could end it."""
    case = Case.open(policy, destinations, state, question, at)
    findings: dict[str, Finding] = {}
    for purpose in list_requirements(policy, question.purpose):
        is_asked = purpose == question.purpose
        findings[purpose] = find(case if is_asked else case.for_required(purpose), findings)
    return conclude(case, findings[question.purpose])


def conclude(case: Case, found: Finding) -> Examined:
    """Return the decision that `found`, the finding on `case`, makes."""
    return Examined(_to_decision(case, found), found.horizons)


def find(case: Case, findings: Mapping[str, Finding]) -> Finding:
    """Return the finding on `case`; `findings` holds those on the purposes that it requires.

    One that is not there requires this purpose in its turn, which no valid policy has: a denial.
    """
    if denied := gates.first_that_speaks(case, gates.BEFORE_REQUIRED):
        return Finding([denied])
    circular = Finding([Verdict(reason=Reason.REQUIRED_PURPOSE_DENIED)])
    required = {slug: findings.get(slug, circular) for slug in case.purpose.requires}
    if denied := _required_denied(required, besides=CIRCUMSTANCES):
        return Finding([denied])
    if denied := gates.first_that_speaks(case, gates.AFTER_REQUIRED):
        return Finding([denied])
    found = Finding(_try_rules(case))
    if found.allows and (denied := _required_denied(required)):
        return Finding([denied])
    own = (horizon for verdict in found.verdicts for horizon in horizons(case, verdict))
    theirs = (horizon for other in required.values() for horizon in other.horizons)
    return replace(found, horizons=tuple(dict.fromkeys((*own, *theirs))))


def _required_denied(
    required: Mapping[str, Finding], besides: frozenset[Reason] = frozenset()
) -> Verdict | None:
    """Row 2, last part: a required purpose is itself denied, for a reason not in `besides`."""
    reasons = {purpose: found.verdicts[0].reason for purpose, found in required.items()}
    denied = first_denied(reasons, besides=besides)
    if denied is None:
        return None
    return Verdict(reason=Reason.REQUIRED_PURPOSE_DENIED, required_purpose=denied)


def _try_rules(case: Case) -> list[Verdict]:
    """Rows 7 to 17: every applicable rule must allow; the first that denies speaks."""
    verdicts = [try_rule(case, found.jurisdiction, found.rule) for found in case.applicable]
    denied = [verdict for verdict in verdicts if verdict.reason not in ALLOWING]
    if not can_resolve(
        (verdict.rule for verdict in verdicts),
        is_denied=bool(denied),
        is_resolved=case.is_resolved,
        has_rule_for_everywhere=case.has_rule_for_everywhere,
    ):
        return [Verdict(reason=Reason.JURISDICTION_UNRESOLVED)]
    return denied[:1] or verdicts


def _to_decision(case: Case, found: Finding) -> Decision:
    speaking, question = found.verdicts[0], case.question
    rule, record = speaking.rule, speaking.record
    return Decision(
        effect=Effect.ALLOW if found.allows else Effect.DENY,
        reason=speaking.reason,
        purpose=question.purpose,
        destination=question.destination,
        legal_basis=rule.basis if rule else None,
        jurisdiction=speaking.jurisdiction,
        rule_id=rule.rule_id if rule else None,
        policy_version=case.policy.version,
        policy_digest=case.policy.digest,
        record_id=record.record_id if record else None,
        notice=record.notice if record else None,
        notice_version=record.notice_version if record else None,
        required_purpose=speaking.required_purpose,
        valid_until=earliest(*(horizon.at for horizon in found.horizons)),
        obligations=_owed(case, found) if found.allows else (),
        watermark=case.state.watermark,
        historic=question.as_of is not None or question.known_at is not None,
    )


def _owed(case: Case, found: Finding) -> tuple[Obligation, ...]:
    """Return what every rule asks for, and what the destination is owed by its entry in the register."""
    by_rules = combine(verdict.rule for verdict in found.verdicts) or ()
    return (*by_rules, *owed_to(case.destinations, case.question.destination))
