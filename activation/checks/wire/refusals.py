"""What is denied before anybody is looked for, and who may ask for what."""

from collections.abc import Collection

from activation.checks.types import Scope
from activation.checks.wire.errors import ExplainNotPermitted, ShadowNotPermitted
from activation.checks.wire.types import Asked, AskedBatch, Checked, ItemError
from activation.decisions.compiled import CompiledPolicy
from activation.decisions.reasons import Effect, Reason
from activation.decisions.register import Register
from activation.decisions.types import Decision, Question
from consent.subjects.rules import MalformedIdentifier, normalise
from consent.subjects.types import Identifier

NO_QUESTION = Question(purpose="", destination="", controller="")
"""What stands for a question that could not be read."""


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


def is_of_type(register: Register, destination: str, resource_type: str | None) -> bool:
    """Return whether the destination, if it is registered, is of the type that the caller says."""
    entry = register.get(destination)
    return resource_type is None or entry is None or entry.resource_type == resource_type


def deny(
    reason: Reason,
    *,
    question: Question,
    policy: CompiledPolicy,
    watermark: int,
    error: ItemError | None = None,
) -> Checked:
    """Return a denial that rests on the request alone."""
    decision = Decision(
        effect=Effect.DENY,
        reason=reason,
        purpose=question.purpose,
        destination=question.destination,
        policy_version=policy.version,
        policy_digest=policy.digest,
        watermark=watermark,
        historic=question.as_of is not None or question.known_at is not None,
    )
    return Checked(decision=decision, error=error)
