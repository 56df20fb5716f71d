"""What a run tested of its audience, and whether it held."""

from dataclasses import replace

from activation.enforcement.canaries.types import CanaryAlarm
from activation.enforcement.drafting import Draft
from lineage.events.types import Assertion, Input, RunDescription

CANARIES_DENIED = "canaries_denied"
NO_UNKNOWN_ALLOWED = "no_unknown_allowed"
COUNTS_ADD_UP = "counts_add_up"


def list_assertions(draft: Draft) -> tuple[Assertion, ...]:
    """Return what was tested. Without canaries, and where a rule lets strangers leave, less was."""
    tally, question = draft.tally, draft.order.question
    counted = sum(draft.judge.row_counts())
    assertions = [Assertion(name=COUNTS_ADD_UP, success=tally.rows == counted)]
    if draft.canary_rows:
        assertions.append(Assertion(name=CANARIES_DENIED, success=True))  # else it had not come so far
    rules = draft.policy.rules_for(question.purpose, question.controller).values()
    if not any(rule.unknown_subject_allowed for rule in rules):
        assertions.append(Assertion(name=NO_UNKNOWN_ALLOWED, success=tally.strangers == 0))
    return tuple(sorted(assertions, key=lambda one: one.name))


def with_failed_canaries(run: RunDescription, error: BaseException) -> RunDescription:
    """Return the run with the test that it failed, if it was that one."""
    if not isinstance(error, CanaryAlarm):
        return run
    failed = (Assertion(name=CANARIES_DENIED, success=False),)
    return replace(run, inputs=tuple(_failed(one, failed) for one in run.inputs))


def _failed(source: Input, failed: tuple[Assertion, ...]) -> Input:
    return replace(source, assertions=failed)
