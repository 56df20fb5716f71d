"""Denials for when neither the store nor PostgreSQL can be asked: a denial is an answer, with status 200."""

from activation.checks import wire
from activation.checks.types import Caller
from activation.decisions.compiled import NO_POLICY
from activation.decisions.reasons import Effect, Reason
from activation.decisions.types import Decision, Question

EVALUATION, EVALUATIONS, CHECKS = b"/access/v1/evaluation", b"/access/v1/evaluations", b"/api/v1/checks"


def deny(path: bytes, body: bytes, caller: Caller) -> bytes:
    """Return the body of an answer that denies everything that `body` asks.

    :raises AccordantError: if it cannot be read, or asks for more than the caller may.
    """
    if path == CHECKS:
        return wire.write_answer(_deny_checks(body, caller))
    if path == EVALUATIONS:
        return wire.write_answer(_deny_evaluations(body, caller))
    return wire.write_answer(_deny_one(wire.read_evaluation(body), caller))


def _deny_checks(body: bytes, caller: Caller) -> wire.Data:
    batch = wire.read_checks(body)
    wire.refuse_unpermitted(batch, caller.scopes)
    results = [_denied(batch.question)] * len(batch.subjects)
    return wire.answer_checks(_without_shadow(batch), results, scopes=caller.scopes)


def _deny_evaluations(body: bytes, caller: Caller) -> wire.Data:
    asked = wire.read_evaluations(body)
    answers = [
        wire.answer_error(item) if isinstance(item, wire.ItemError) else _deny_one(item, caller)
        for item in asked.items
    ]
    if asked.is_single:
        return answers[0]
    last = 1 if asked.semantic is wire.Semantic.DENY_ON_FIRST_DENY else len(answers)
    return wire.answer_evaluations(answers[:last])


def _deny_one(asked: wire.Asked, caller: Caller) -> wire.Data:
    """Return the denial; an advisory answer too denies where nothing could be asked."""
    wire.refuse_unpermitted(asked, caller.scopes)
    return wire.answer_evaluation(_denied(asked.question), scopes=caller.scopes)


def _denied(question: Question) -> wire.Checked:
    decision = Decision(
        effect=Effect.DENY,
        reason=Reason.STATE_UNAVAILABLE,
        purpose=question.purpose,
        destination=question.destination,
        policy_version=NO_POLICY.version,
        policy_digest=NO_POLICY.digest,
        historic=question.as_of is not None or question.known_at is not None,
    )
    return wire.Checked(decision=decision)


def _without_shadow(batch: wire.AskedBatch) -> wire.AskedBatch:
    return wire.AskedBatch(subjects=batch.subjects, question=batch.question)
