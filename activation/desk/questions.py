"""The questions that two policies are compared by."""

from activation.decisions.compiled import CompiledPolicy
from activation.decisions.types import Question


def list_questions(before: CompiledPolicy, after: CompiledPolicy) -> list[Question]:
    """Return every purpose at every destination that either policy maps it to, for every controller."""
    mapped = {
        (purpose, destination)
        for policy in (before, after)
        for destination, entry in policy.destinations.items()
        for purpose in entry.purposes
    }
    controllers = sorted({*before.establishments, *after.establishments})
    return [
        Question(purpose=purpose, destination=destination, controller=controller)
        for purpose, destination in sorted(mapped)
        for controller in controllers
    ]
