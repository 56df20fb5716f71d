"""The decision: pure, total and deterministic, by the table in docs/reference/decision-table.md.

Everything else that answers "may this data be used?" must give the answer that `decide` gives.
"""

from collections.abc import Callable
from datetime import datetime

from activation.decisions import gates
from activation.decisions.case import Case, Verdict
from activation.decisions.compiled import CompiledPolicy
from activation.decisions.obligations import combine
from activation.decisions.reasons import ALLOWING, Effect, Reason
from activation.decisions.register import Register
from activation.decisions.rule_gates import try_rule
from activation.decisions.types import Decision, Question, SubjectState
from activation.decisions.validity import earliest

Gate = Callable[[Case], Verdict | None]

CIRCUMSTANCES = frozenset(
    {
        Reason.STATE_STALE,
        Reason.STATE_UNAVAILABLE,
        Reason.SUBJECT_ERASED,
        Reason.SUBJECT_RESTRICTED,
        Reason.IDENTITY_AMBIGUOUS,
        Reason.SUBJECT_UNKNOWN,
        Reason.JURISDICTION_UNRESOLVED,
    }
)
"""Reasons that lie in the circumstances, not in a purpose. A required purpose that is denied for one of
these leaves it to the asked purpose's own row to say so (ADR 2); the last gate catches what is left."""


def decide(
    policy: CompiledPolicy, destinations: Register, state: SubjectState, question: Question, at: datetime
) -> Decision:
    """Return allow or deny, with the reason. Anything unknown is denied .

    `at` is the time of asking, aware; `question.as_of` and `question.known_at` look back from it.
    """
    case = Case(policy, destinations, state, question, at)
    verdicts = _decide(case)
    return _to_decision(case, verdicts)


def _decide(case: Case, asked_for: tuple[str, ...] = ()) -> list[Verdict]:
    """Return the verdict of the first row that denies; or one allowing verdict for each rule."""

    def required(case: Case) -> Verdict | None:
        return _required_purpose_denied(case, asked_for, besides=CIRCUMSTANCES)

    before: tuple[Gate, ...] = (
        gates.policy_in_force,
        gates.purpose_known,
        required,
        gates.destination_permitted,
        gates.state_fresh,
        gates.subject_open,
        gates.identity_clear,
    )
    for gate in before:
        if verdict := gate(case):
            return [verdict]
    verdicts = _try_rules(case)
    still_denied = _required_purpose_denied(case, asked_for) if _all_allow(verdicts) else None
    return [still_denied] if still_denied else verdicts


def _required_purpose_denied(
    case: Case, asked_for: tuple[str, ...], besides: frozenset[Reason] = frozenset()
) -> Verdict | None:
    """Row 2, last part: a purpose that this one requires is itself denied, for a reason not in `besides`.

    A cycle of requirements, which no valid policy has, is a denial too.
    """
    chain = (*asked_for, case.question.purpose)
    for purpose in case.policy.purposes[case.question.purpose].requires:
        found = None if purpose in chain else _decide(case.for_required(purpose), chain)
        if found is None or (not _all_allow(found) and found[0].reason not in besides):
            return Verdict(reason=Reason.REQUIRED_PURPOSE_DENIED, required_purpose=purpose)
    return None


def _try_rules(case: Case) -> list[Verdict]:
    """Rows 7 to 17: every applicable rule must allow; the first that denies speaks."""
    verdicts = [try_rule(case, jurisdiction, rule) for jurisdiction, rule in case.applicable]
    denied = [verdict for verdict in verdicts if verdict.reason not in ALLOWING]
    if not case.is_resolved and (denied or not case.has_rule_for_everywhere):
        return [Verdict(reason=Reason.JURISDICTION_UNRESOLVED)]
    if not denied and combine(verdict.rule for verdict in verdicts) is None:
        return [Verdict(reason=Reason.JURISDICTION_UNRESOLVED)]
    return denied[:1] or verdicts


def _all_allow(verdicts: list[Verdict]) -> bool:
    return bool(verdicts) and all(verdict.reason in ALLOWING for verdict in verdicts)


def _to_decision(case: Case, verdicts: list[Verdict]) -> Decision:
    allowed, speaking = _all_allow(verdicts), verdicts[0]
    rule, record, question = speaking.rule, speaking.record, case.question
    return Decision(
        effect=Effect.ALLOW if allowed else Effect.DENY,
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
        valid_until=earliest(*(verdict.valid_until for verdict in verdicts)),
        obligations=(combine(verdict.rule for verdict in verdicts) or ()) if allowed else (),
        watermark=case.state.watermark,
        historic=question.as_of is not None or question.known_at is not None,
    )
