"""Writing answers: what a caller may be told of decisions, in the words of each address."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from activation.checks.types import Scope
from activation.checks.wire.types import AskedBatch, Checked, Data, ItemError, SearchPage, Semantic
from activation.decisions.reasons import NOT_PERMITTED, Effect
from activation.decisions.types import Decision
from consent.kernel import canonical

MEDIA_TYPE = "application/json"
ALLOWED = "allowed"
"""What a summary counts allows as for callers without the scope `explain`."""


def answer_evaluation(
    checked: Checked, *, scopes: Collection[str], shadow: bool = False, test: bool = False
) -> Data:
    """Return the answer to one evaluation as a caller with `scopes` may see it.

    Without the scope `explain`, unknown and refused people look alike. `shadow`: it always allows, and says
    what it would have answered. `test`: it rests on example data.
    """
    decision = checked.decision
    context = _explained(checked, scopes) | {
        "policy_version": decision.policy_version,
        "policy_digest": decision.policy_digest,
        "watermark": decision.watermark,
        "historic": decision.historic,
        **_marks(shadow=shadow, test=test),
    }
    if shadow:
        context["would"] = _would(decision, scopes)
    return {"decision": shadow or decision.effect is Effect.ALLOW, "context": context}


def answer_error(error: ItemError) -> Data:
    """Return the answer to one of several evaluations that could not be carried out: a denial."""
    return {"decision": False, "context": {"error": {"code": error.code, "message": error.message}}}


def answer_evaluations(answers: Sequence[Data]) -> Data:
    """Return the answer to a request with several evaluations."""
    return {"evaluations": list(answers)}


def is_last(decision: bool, semantic: Semantic) -> bool:
    """Return whether an evaluation that was answered so ends a request carried out by `semantic`."""
    ending = {Semantic.DENY_ON_FIRST_DENY: False, Semantic.PERMIT_ON_FIRST_PERMIT: True}
    return ending.get(semantic) is decision


def answer_check(checked: Checked, *, scopes: Collection[str], shadow: bool = False) -> Data:
    """Return one subject's entry in the answer to a batch."""
    decision = checked.decision
    result: Data = {"effect": Effect.ALLOW.value if shadow else decision.effect.value}
    result |= _explained(checked, scopes)
    if shadow:
        result |= {"advisory": True, "would": _would(decision, scopes)}
    return result


def answer_checks(
    asked: AskedBatch, results: Sequence[Checked], *, scopes: Collection[str], test: bool = False
) -> Data:
    """Return the answer to a batch: one entry for each subject, in the order asked.

    :raises ValueError: if there is not one result for each subject: nothing is answered then.
    """
    answers = [
        answer_check(checked, scopes=scopes, shadow=asked.shadow)
        for _, checked in zip(asked.subjects, results, strict=True)
    ]
    first = results[0].decision  # they all rest on one snapshot
    return {
        "results": answers,
        "summary": _summarise(results, scopes),
        "policy_version": first.policy_version,
        "policy_digest": first.policy_digest,
        "watermark": first.watermark,
        "historic": first.historic,
        **_marks(shadow=asked.shadow, test=test),
    }


def answer_search(page: SearchPage, *, test: bool = False) -> Data:
    """Return the answer to a search."""
    return {
        "page": {"next_token": page.next_token, "count": len(page.results)},
        "context": {
            "policy_version": page.policy_version,
            "policy_digest": page.policy_digest,
            "watermark": page.watermark,
            "historic": page.historic,
            **_marks(shadow=False, test=test),
        },
        "results": list(page.results),
    }


def write_answer(answer: Data) -> bytes:
    """Return the bytes of `answer`: canonical JSON, so that the same answer always has the same bytes."""
    return canonical.dumps(answer)


def write_time(moment: datetime) -> str:
    """Return `moment` in UTC with a `Z`."""
    return moment.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def _explained(checked: Checked, scopes: Collection[str]) -> Data:
    """Return what is told of one decision, up to what `scopes` allow."""
    decision = checked.decision
    explains, allowed = Scope.EXPLAIN in scopes, decision.effect is Effect.ALLOW
    until = decision.valid_until if explains or allowed else None
    told: Data = {
        "reason": _reason(decision, scopes),
        "valid_until": write_time(until) if until else None,
        "obligations": [asdict(obligation) for obligation in decision.obligations],
    }
    if explains:
        told |= {
            "legal_basis": decision.legal_basis.value if decision.legal_basis else None,
            "jurisdiction": decision.jurisdiction,
            "rule_id": decision.rule_id,
            "notice": decision.notice,
            "notice_version": decision.notice_version,
            "required_purpose": decision.required_purpose,
        }
    if explains and checked.decision_id:
        told |= {"record_id": decision.record_id, "decision_id": checked.decision_id}
    if checked.error:
        told["error"] = {"code": checked.error.code, "message": checked.error.message}
    return told


def _reason(decision: Decision, scopes: Collection[str]) -> str:
    explains, allowed = Scope.EXPLAIN in scopes, decision.effect is Effect.ALLOW
    return decision.reason.value if explains or allowed else NOT_PERMITTED


def _would(decision: Decision, scopes: Collection[str]) -> Data:
    return {"effect": decision.effect.value, "reason": _reason(decision, scopes)}


def _summarise(results: Sequence[Checked], scopes: Collection[str]) -> dict[str, int]:
    """Return how many results have each reason; to callers that are told none, only how many are allowed."""
    if Scope.EXPLAIN in scopes:
        return dict(Counter(one.decision.reason.value for one in results))
    effects = Counter(one.decision.effect for one in results)
    named = {ALLOWED: effects[Effect.ALLOW], NOT_PERMITTED: effects[Effect.DENY]}
    return {name: count for name, count in named.items() if count}


def _marks(*, shadow: bool, test: bool) -> Data:
    return ({"advisory": True} if shadow else {}) | ({"test": True} if test else {})
