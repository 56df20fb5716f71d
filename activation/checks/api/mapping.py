"""From AuthZEN's words to a question, and from a decision back."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from activation.checks.types import Caller, Scope
from activation.decisions.reasons import NOT_PERMITTED, Effect
from activation.decisions.types import Decision, PropertyValue, Question
from consent.records import services as records
from consent.subjects.types import Identifier, IdentifierKind

Data = dict[str, Any]

EXPLAINED = (
    "legal_basis",
    "jurisdiction",
    "rule_id",
    "record_id",
    "notice",
    "notice_version",
    "required_purpose",
)
"""What only callers with the scope `explain` are told."""


def to_identifier(data: Data) -> Identifier:
    """Return the identifier that stands for the subject asked about."""
    return Identifier(IdentifierKind(data["subject"]["type"]), data["subject"]["id"])


def to_question(data: Data) -> Question:
    """Return the question that a validated request asks.

    :raises MalformedToken: if `at_least` is no token of ours.
    """
    context: Data = data.get("context", {})
    token, seconds = context.get("at_least"), context.get("max_staleness_s")
    categories = context.get("data_categories")
    return Question(
        purpose=data["action"]["name"],
        destination=data["resource"]["id"],
        controller=context.get("controller", ""),
        data_categories=frozenset(categories) if categories else None,
        jurisdiction_hint=context.get("jurisdiction"),
        properties=_properties(data),
        as_of=context.get("as_of"),
        known_at=context.get("known_at"),
        max_staleness=None if seconds is None else timedelta(seconds=seconds),
        at_least=records.read_token(token) if token else None,
    )


def _properties(data: Data) -> dict[str, PropertyValue]:
    """Return the request's properties by dotted name; what is no text, number or truth value is left out."""
    return {
        f"{part}.{name}": value
        for part in ("subject", "resource", "action")
        for name, value in data[part].get("properties", {}).items()
        if isinstance(value, str | int | float | bool)
    }


def to_answer(decision: Decision, caller: Caller) -> Data:
    """Return the answer as `caller` may see it.

    Without the scope `explain`, unknown and refused people look alike.
    """
    explains, allowed = Scope.EXPLAIN in caller.scopes, decision.effect is Effect.ALLOW
    context: Data = {
        "reason": decision.reason.value if explains or allowed else NOT_PERMITTED,
        "policy_version": decision.policy_version,
        "policy_digest": decision.policy_digest,
        "watermark": decision.watermark,
        "historic": decision.historic,
        "valid_until": decision.valid_until if explains or allowed else None,
        "obligations": [asdict(obligation) for obligation in decision.obligations],
    }
    if caller.is_test:
        context["test"] = True
    if explains:
        context |= {field: getattr(decision, field) for field in EXPLAINED}
    return {"decision": allowed, "context": context}
