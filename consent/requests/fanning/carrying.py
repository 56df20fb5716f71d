"""Carrying out one step that a worker holds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.db import transaction

from consent.kernel.errors import AccordantError
from consent.ledger.queries import get_time
from consent.requests import vault
from consent.requests.connectors.interface import Connector, Polled
from consent.requests.connectors.opening import open_connector
from consent.requests.erasing import keys
from consent.requests.fanning import ending
from consent.requests.fanning.believing import believe
from consent.requests.fanning.collecting import Collection, EnoughCollected
from consent.requests.intake import recording
from consent.requests.models import Request, Step
from consent.requests.moving import lock_request
from consent.requests.persons import read_person
from consent.requests.types import Outcome, Person, StepAction, StepState

Opener = Callable[..., Connector]
OwnAction = Callable[[Request], Outcome]


def record(request: Request) -> Outcome:
    """Write the request's no, or its restriction, into the records."""
    return recording.record(request)


def destroy_keys(request: Request) -> Outcome:
    """Destroy the keys of the ledger's private parts."""
    return keys.destroy(request)


OWN: Mapping[StepAction, OwnAction] = {StepAction.RECORD: record, StepAction.DESTROY_KEYS: destroy_keys}


@dataclass(frozen=True, slots=True)
class Hand:
    """How a worker carries out steps."""

    open: Opener = open_connector
    own: Mapping[StepAction, OwnAction] = field(default_factory=lambda: OWN)
    interrupted_by: tuple[type[Exception], ...] = ()
    """What ends the worker: the step that it is at has failed then, for now, and it is passed on."""


def carry_out(step: Step, hand: Hand) -> bool:
    """Carry out a step that this worker holds, and return whether that ended it, or has it wait.

    :raises Exception: what the system, its connector or the database raises. Nothing was written down then.
    """
    if step.system is None:
        return _carry_out_here(step, hand)
    request = Request.objects.get(pk=step.request_id)
    connector = hand.open(step.system, subjects=request.subjects, at=get_time())
    outcome, parts = _ask(request, step, connector)
    if outcome.state is StepState.WAITING and outcome.reference and isinstance(connector, Polled):
        return ending.ask_later(step, outcome, seconds=connector.poll_seconds)
    return ending.complete_step(step.pk, outcome, attempt=step.attempts, parts=parts)


def _carry_out_here(step: Step, hand: Hand) -> bool:
    """Do it in the transaction that ends the step: both happen, or neither, and once."""
    with transaction.atomic():
        request = lock_request(step.request_id)
        ours = Step.objects.filter(pk=step.pk, attempts=step.attempts, leased_until__isnull=False)
        if not ours.exists():
            return False
        outcome = believe(hand.own[StepAction(step.action)](request), StepAction(step.action))
        return ending.complete_step(step.pk, outcome, attempt=step.attempts)


def _ask(request: Request, step: Step, connector: Connector) -> tuple[Outcome, int]:
    person, key, action = read_person(request), str(step.pk), StepAction(step.action)
    if action is StepAction.COLLECT:
        return _collect(request, step, connector, person)
    if step.reference and isinstance(connector, Polled):
        outcome = connector.resume(action, person, _take_nothing, key=key, reference=step.reference)
    elif action is StepAction.RECTIFY:
        outcome = connector.rectify(person, _read_corrections(request), key=key)
    elif action is StepAction.RESTRICT:
        outcome = connector.restrict(person, key=key)
    elif action is StepAction.ERASE:
        outcome = connector.erase(person, key=key)
    else:
        outcome = connector.verify_gone(person, key=key)
    return believe(outcome, action), 0


def _collect(request: Request, step: Step, connector: Connector, person: Person) -> tuple[Outcome, int]:
    collection = Collection(request, step)
    try:
        if step.reference and isinstance(connector, Polled):
            told = {"key": str(step.pk), "reference": step.reference}
            outcome = connector.resume(StepAction.COLLECT, person, collection.take, **told)
        else:
            outcome = connector.collect(person, collection.take, key=str(step.pk))
    except EnoughCollected:
        outcome = Outcome(state=StepState.PARTLY_DONE)
    except AccordantError:
        if not collection.is_full:  # a connector that took our own refusal for the system's
            raise
        outcome = Outcome(state=StepState.PARTLY_DONE)
    return collection.close(believe(outcome, StepAction.COLLECT))


def _take_nothing(_dataset: str, _row: Mapping[str, object]) -> None:
    """Take a row of an answer that should have none: only collecting takes rows."""


def _read_corrections(request: Request) -> dict[str, str]:
    details = vault.read_json(request, vault.open_key(request), vault.DETAILS)
    return dict(details.get("corrections", {}))
