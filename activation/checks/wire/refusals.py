"""What is denied before anybody is looked for, and who may ask for what."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from activation.checks.types import Scope
from activation.checks.wire.errors import ExplainNotPermitted, ShadowNotPermitted
from activation.checks.wire.types import Asked, AskedBatch, ItemError
from activation.decisions.compiled import CompiledPolicy
from activation.decisions.engine import decide
from activation.decisions.reasons import Effect, Reason
from activation.decisions.register import Register
from activation.decisions.types import Decision, Question, SubjectState
from consent.subjects.rules import MalformedIdentifier, normalise
from consent.subjects.types import Identifier

_NO_DESTINATIONS: Register = {}


def refuse_unpermitted(asked: Asked | AskedBatch, scopes: Collection[str]) -> None:
    """Pass if the caller may have what it asks for besides the answer.

    :raises ExplainNotPermitted: if it asks for an explained answer without the scope.
    :raises ShadowNotPermitted: if it asks for an advisory answer without the scope.
    """
    if asked.explain and Scope.EXPLAIN not in scopes:
        raise ExplainNotPermitted
    if asked.shadow and Scope.SHADOW not in scopes:
        raise ShadowNotPermitted


def read_normalised(identifier: Identifier | ItemError) -> Identifier | ItemError:
    """Return the identifier as it is looked up; the error if it cannot be one of its kind."""
    if isinstance(identifier, ItemError):
        return identifier
    try:
        return normalise(identifier)
    except MalformedIdentifier as error:
        return ItemError(error.code, str(error))


def register_for(register: Register, destination: str, resource_type: str | None) -> Register:
    """Return the register to decide by: one that knows nobody, if the destination is of another type."""
    entry = register.get(destination)
    if resource_type is None or entry is None or entry.resource_type == resource_type:
        return register
    return _NO_DESTINATIONS


def decide_nobody(
    policy: CompiledPolicy,
    register: Register,
    question: Question,
    at: datetime,
    *,
    complete_at: datetime | None,
    watermark: int,
) -> Decision:
    """Return the denial of a question whose subject leads to nobody, even where strangers are allowed."""
    unknown = SubjectState(complete_at=complete_at, watermark=watermark)
    decision = decide(policy, register, unknown, question, at)
    if decision.effect is Effect.DENY:
        return decision
    return replace(
        decision, effect=Effect.DENY, reason=Reason.SUBJECT_UNKNOWN, valid_until=None, obligations=()
    )
