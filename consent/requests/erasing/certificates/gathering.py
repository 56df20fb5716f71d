"""What a certificate states, gathered from the steps of a request. It judges nothing that was said."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from consent.kernel.errors import AccordantError
from consent.ledger import queries as ledger
from consent.ledger.types import rfc3339
from consent.requests.erasing.holds import list_standing
from consent.requests.erasing.reports import sum_up
from consent.requests.models import Request, Step
from consent.requests.types import RequestState, StepAction, StepState
from consent.verifier.certificates.document import (
    DatasetStatement,
    ErasureCertificate,
    HoldStatement,
    LedgerStatement,
    RecipientStatement,
    StepStatement,
    SystemStatement,
)


class StepsOpen(AccordantError):
    """There is no certificate before every step has ended."""

    code = "steps_open"
    status = 409


def gather(
    request: Request, steps: Sequence[Step], *, outcome: RequestState, at: datetime
) -> ErasureCertificate:
    """Return what the certificate of an erasure states whose `steps` have all ended.

    :raises StepsOpen: if the request has no last step, or was not approved.
    """
    destroyed = _one(steps, StepAction.DESTROY_KEYS)
    told = _one(steps, StepAction.TELL_RECIPIENTS)
    if destroyed is None or request.approved_at is None:
        raise StepsOpen("this erasure has not come to its last step")
    systems = _list_systems(steps)
    ends = [one.backups_gone_by for one in systems]
    return ErasureCertificate(
        reference=request.reference,
        controller=request.controller,
        jurisdiction=request.jurisdiction,
        received_at=rfc3339(request.received_at),
        approved_at=rfc3339(request.approved_at),
        issued_at=rfc3339(at),
        outcome=outcome.value,
        systems=systems,
        recipients_state=told.state if told else StepState.DONE.value,
        recipients=_list_recipients(told),
        holds=_list_holds(request, at),
        ledger=_state_ledger(destroyed),
        no_backup_after=None if None in ends else max((end for end in ends if end), default=None),
    )


def _list_systems(steps: Sequence[Step]) -> tuple[SystemStatement, ...]:
    again = {step.system_id: step for step in steps if step.action == StepAction.VERIFY_GONE}
    erased = [step for step in steps if step.action == StepAction.ERASE and step.system is not None]
    return tuple(_state_system(step, again.get(step.system_id)) for step in erased)


def _state_system(erased: Step, again: Step | None) -> SystemStatement:
    system = erased.system
    if system is None or erased.ended_at is None:
        raise StepsOpen("a step of this erasure has not ended")
    gone_by = None
    if system.backup_days is not None:
        gone_by = (erased.ended_at + timedelta(days=system.backup_days)).date().isoformat()
    return SystemStatement(
        system=system.slug,
        title=system.title,
        erased=_state_step(erased),
        asked_again=None if again is None else _state_step(again),
        backups_gone_by=gone_by,
    )


def _state_step(step: Step) -> StepStatement:
    if step.ended_at is None:
        raise StepsOpen("a step of this erasure has not ended")
    is_by_officer = step.ended_by_id is not None
    return StepStatement(
        state=step.state,
        ended_at=rfc3339(step.ended_at),
        datasets=tuple(DatasetStatement(**asdict(one)) for one in sum_up(step.report)),
        by_officer=is_by_officer,
        reason=step.note if is_by_officer and step.state != StepState.DONE else "",
    )


def _list_recipients(told: Step | None) -> tuple[RecipientStatement, ...]:
    """Return what the recipients' step reported: a row each, its ground is how far the recipient is."""
    return tuple(
        RecipientStatement(recipient=one.dataset, told=one.found, acknowledged=one.done, state=one.ground)
        for one in sum_up(told.report if told else ())
    )


def _list_holds(request: Request, at: datetime) -> tuple[HoldStatement, ...]:
    return tuple(
        HoldStatement(reference=one.reference, ground=one.ground, system=one.system, dataset=one.dataset)
        for one in list_standing(request.subjects, on=at.date())
    )


def _state_ledger(destroyed: Step) -> LedgerStatement:
    checkpoint = ledger.get_checkpoint()
    kept = [one.ground for one in sum_up(destroyed.report) if one.ground]
    return LedgerStatement(
        subjects=destroyed.found,
        keys_destroyed=destroyed.done,
        keys_kept=destroyed.kept,
        ground="; ".join(kept),
        origin=ledger.get_origin(),
        size=checkpoint.size if checkpoint else 0,
        root=checkpoint.root.hex() if checkpoint else "",
    )


def _one(steps: Sequence[Step], action: StepAction) -> Step | None:
    return next((step for step in steps if step.action == action), None)
