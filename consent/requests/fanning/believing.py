"""What of a connector's word is believed. Pure: counts that cannot be are refused, not written down."""

from dataclasses import replace

from consent.requests.connectors.interface import SystemRefused
from consent.requests.types import DatasetReport, Outcome, StepAction, StepState

_MOST = 2**62
_MOST_DATASETS = 1000
_LONGEST_NAME = 200
_LONGEST_GROUND = 2000
_SAID = frozenset({StepState.DONE, StepState.PARTLY_DONE, StepState.WAITING})


def believe(outcome: object, action: StepAction) -> Outcome:
    """Return the outcome as it is written down. One that says more than its counts do is partly done.

    :raises SystemRefused: if it is none: of another type, with a state that no connector may say, with counts
        that cannot be.
    """
    if not isinstance(outcome, Outcome) or outcome.state not in _SAID:
        raise SystemRefused("the system's connector gave an answer that is none")
    if not _is_text(outcome.reference) or not _is_text(outcome.note):
        raise SystemRefused("the system's answer holds text that cannot be written down")
    if len(outcome.datasets) > _MOST_DATASETS or not all(map(_can_be, outcome.datasets)):
        raise SystemRefused("the system reported counts that cannot be")
    if outcome.state is StepState.DONE and _is_more_left(outcome, action):
        note = outcome.note or "the system says that it is done, and its counts say that it is not"
        return replace(outcome, state=StepState.PARTLY_DONE, note=note)
    return outcome


def _can_be(one: object) -> bool:
    if not isinstance(one, DatasetReport) or not isinstance(one.dataset, str):
        return False
    counts: tuple[object, ...] = (one.found, one.done, one.kept)
    return (
        all(isinstance(count, int) and 0 <= count < _MOST for count in counts)
        and 0 < len(one.dataset) <= _LONGEST_NAME
        and _is_text(one.dataset)
        and _is_text(one.ground)
        and len(one.ground) <= _LONGEST_GROUND
        and (one.kept == 0 or bool(one.ground))
    )


def _is_text(value: object) -> bool:
    """Return whether the database takes it: no NUL, and no half of a pair of surrogates."""
    if not isinstance(value, str) or "\0" in value:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_more_left(outcome: Outcome, action: StepAction) -> bool:
    if action is StepAction.COLLECT:
        return False  # what was handed over is counted here
    if action is StepAction.VERIFY_GONE:
        return any(one.found > one.kept for one in outcome.datasets)
    return any(one.found > one.done + one.kept for one in outcome.datasets)
