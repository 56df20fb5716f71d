"""An erasure: proposed by one officer, approved or sent back by another."""

# ruff: noqa: ARG001, ARG005 - the signatures are those of every action

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget

from consent.kernel.errors import AccordantError
from consent.requests.admin.access import APPROVE, HANDLE
from consent.requests.admin.case.declaring import CaseAction, CaseForm, Doing
from consent.requests.admin.words import say
from consent.requests.erasing.approving import approve, propose, send_back
from consent.requests.erasing.previewing import ErasurePlan, PlannedDataset, preview_erasure
from consent.requests.models import Request
from consent.requests.types import OnErasure, RequestState, RequestType

_BECOMES = {OnErasure.DELETE: "rows deleted", OnErasure.MASK: "rows stay, fields masked"}


class SendBackForm(CaseForm):
    """Asks why a proposal is sent back."""

    reason = forms.CharField(
        max_length=2_000, widget=UnfoldAdminTextareaWidget, help_text="Sealed, as a note of the request."
    )


def tell_plan(case: Request) -> Iterator[str]:
    """Yield what approving the erasure would do, as things are now."""
    try:
        plan = preview_erasure(case.pk)
    except AccordantError as refusal:
        yield f"What it will do cannot be told now: {refusal}."
        return
    yield _tell_people(plan)
    yield "From the approval on the person is denied everywhere, and imports do not bring them back."
    for place, system in enumerate(plan.systems, 1):
        backups = f" Its backups hold it {system.backup_days} days longer." if system.backup_days else ""
        told = "; ".join(_tell_dataset(one) for one in system.datasets) or "no dataset is described"
        yield f"{place}. {system.title}: {told}.{backups}"
    yield "Then recipients are told, each system is asked again, and the keys are destroyed, last."
    for title in plan.switched_off:
        yield f"{title} is switched off in the data map: it is not asked, nor named in the certificate."
    for hold in plan.ledger_holds:
        yield f"Keys are kept by a legal hold: {hold}."


def _tell_people(plan: ErasurePlan) -> str:
    told = f"{plan.subjects:,} people on record are erased"
    if plan.erased_before:
        told += f"; {plan.erased_before:,} were erased before"
    if plan.spared:
        told += f"; {plan.spared:,} began anew since, and stay"
    if plan.unproven:
        told += f"; {plan.unproven:,} linked to them were not proven to be the same person, and stay"
    kinds = ", ".join(map(say, plan.identifier_kinds)) or "nothing"
    return f"{told}. Systems are asked by: {kinds}."


def _tell_dataset(one: PlannedDataset) -> str:
    name = one.title or one.name
    if one.hold:
        return f"{name} kept by a legal hold ({one.hold})"
    if one.on_erasure is OnErasure.KEEP:
        return f"{name} kept: {one.ground}"
    kept = "".join(f", {field} kept: {ground}" for field, ground in one.kept_fields)
    return f"{name}: {_BECOMES[one.on_erasure]}{kept}"


def _tell_proposing(case: Request, told: Mapping[str, Any]) -> Iterator[str]:
    yield "Another officer is asked to approve. Nothing is erased before. This is what they will approve:"
    yield from tell_plan(case)


def _tell_approving(case: Request, told: Mapping[str, Any]) -> Iterator[str]:
    yield "This cannot be undone, and not called off once it has begun."
    yield from tell_plan(case)


def _tell_sending_back(case: Request, told: Mapping[str, Any]) -> Iterator[str]:
    yield "The proposal is taken back. Nothing is erased, until it is proposed and approved anew."
    yield "Your reason is sealed as a note. The person is not told."


def _is_erasure(case: Request) -> bool:
    return case.type == RequestType.ERASURE and case.state == RequestState.IN_PROGRESS


def _waits(case: Request) -> bool:
    return _is_erasure(case) and case.proposed_at is not None and case.approved_at is None


def _send_back(case: Request, told: Mapping[str, Any], doing: Doing) -> None:
    send_back(case.pk, reason=told["reason"], officer_id=doing.officer_id, version=doing.version)


PROPOSE = CaseAction(
    name="propose",
    label="Propose the erasure",
    permission=HANDLE,
    is_open=lambda case: _is_erasure(case) and case.proposed_at is None,
    effects=_tell_proposing,
    act=lambda case, told, doing: propose(case.pk, officer_id=doing.officer_id, version=doing.version),
    done="Proposed. Another officer can approve it.",
    variant="primary",
)
APPROVE_IT = CaseAction(
    name="approve",
    label="Approve the erasure",
    permission=APPROVE,
    is_open=_waits,
    effects=_tell_approving,
    act=lambda case, told, doing: approve(case.pk, officer_id=doing.officer_id, version=doing.version),
    done="Approved. The erasure has begun.",
    variant="danger",
)
SEND_BACK = CaseAction(
    name="send-back",
    label="Send the proposal back",
    permission=APPROVE,
    form=SendBackForm,
    is_open=_waits,
    effects=_tell_sending_back,
    act=_send_back,
    done="Sent back.",
)
