"""Which steps a request takes, in which order. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from consent.requests.types import CHOICES_ALONE, RequestType, StepAction

ANSWERED_ELSEWHERE = frozenset({StepAction.TELL_RECIPIENTS, StepAction.ASSESS})
"""No worker carries these out: they wait for the recipients, or for an officer."""
OWN_ACTIONS = frozenset({StepAction.RECORD, StepAction.DESTROY_KEYS})
"""What is done here, at no system."""
_AT_SYSTEMS = {
    RequestType.ACCESS: StepAction.COLLECT,
    RequestType.PORTABILITY: StepAction.COLLECT,
    RequestType.RECTIFICATION: StepAction.RECTIFY,
    RequestType.RESTRICTION: StepAction.RESTRICT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSystem:
    """A system that steps are planned at."""

    id: int
    order: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStep:
    """One step to come."""

    phase: int
    """From 1; those of one phase are done side by side."""
    action: StepAction
    system_id: int | None = None
    """None: it is done here."""


def list_steps(type: RequestType, systems: Sequence[PlannedSystem]) -> list[PlannedStep]:  # noqa: A002
    """Return the steps of a request of that type, phase by phase. There is always one at least."""
    phases = [phase for phase in _list_phases(type, systems) if phase]
    return [
        PlannedStep(phase=number, action=action, system_id=system)
        for number, phase in enumerate(phases, start=1)
        for action, system in phase
    ]


_Phase = list[tuple[StepAction, int | None]]


def _list_phases(asked: RequestType, systems: Sequence[PlannedSystem]) -> Iterator[_Phase]:
    everywhere = sorted(systems, key=lambda system: (system.order, system.id))
    tell: _Phase = [(StepAction.TELL_RECIPIENTS, None)]
    if asked is RequestType.ERASURE:
        for _, group in groupby(everywhere, key=lambda system: system.order):
            yield _at(StepAction.ERASE, list(group))
        yield tell
        yield _at(StepAction.VERIFY_GONE, everywhere)
        yield [(StepAction.DESTROY_KEYS, None)]
    elif asked in {RequestType.ACCESS, RequestType.PORTABILITY}:
        yield _at(StepAction.COLLECT, everywhere) + tell  # lists them: nothing depends on what was collected
    elif asked in CHOICES_ALONE:
        yield [(StepAction.RECORD, None)]
        yield tell
    elif asked in _AT_SYSTEMS:
        yield [(StepAction.RECORD, None)] if asked is RequestType.RESTRICTION else []
        yield _at(_AT_SYSTEMS[asked], everywhere)
        yield tell
    else:
        yield [(StepAction.ASSESS, None)]


def _at(action: StepAction, systems: Sequence[PlannedSystem]) -> _Phase:
    return [(action, system.id) for system in systems]
