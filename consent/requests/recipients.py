"""Recipients: what the floor above finds of them for a request, and what the person is told (GDPR Art. 19).

The floor above reads which steps wait for it, and ends them here. Who received what lies in the step's sealed
part, as rows of the dataset `recipients`: the access package and the person's page read it there.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from consent.ledger.types import rfc3339
from consent.requests import vault
from consent.requests.fanning.ending import complete_step
from consent.requests.mails.queueing import queue_mail
from consent.requests.models import Request, RequestEvent, Step
from consent.requests.moving import lock_request
from consent.requests.persons import read_person
from consent.requests.timeline import tell
from consent.requests.types import (
    Actor,
    ContentDestroyed,
    EventKind,
    MailTemplate,
    NotPossible,
    Outcome,
    RequestNotFound,
    RequestState,
    RequestType,
    StepAction,
    StepState,
)
from consent.requests.verification.contacts import find_address
from consent.subjects.types import Identifier, SubjectRef

DATASET = "recipients"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownRecipient:
    """Somebody who was sent data about the person, as far as it is on record."""

    destination: str
    title: str
    purposes: tuple[str, ...]
    first_sent: datetime | None
    last_sent: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingStep:
    """A step that waits for the floor above."""

    step_id: UUID
    request_id: UUID
    type: RequestType
    subjects: tuple[SubjectRef, ...]
    since: datetime
    """When what recipients are told of began: an erasure with its approval, all else with its steps."""


def list_waiting_steps(
    action: StepAction, *, limit: int = 500, offset: int = 0, request_id: UUID | None = None
) -> list[WaitingStep]:
    """Return the steps of this action that wait, those of what is due first before others.

    `offset`: behind so many. `request_id`: those of one request.
    """
    steps = Step.objects.filter(
        action=action, state=StepState.WAITING, request__state=RequestState.IN_PROGRESS
    )
    if request_id is not None:
        steps = steps.filter(request=request_id)
    in_order = steps.select_related("request").order_by("request__due_at", "pk")
    found = list(in_order[offset : offset + limit])
    planned = _list_planned(step.request_id for step in found)
    return [
        WaitingStep(
            step_id=step.pk,
            request_id=step.request_id,
            type=RequestType(step.request.type),
            subjects=tuple(SubjectRef(ref) for ref in step.request.subjects),
            since=step.request.approved_at or planned.get(step.request_id, step.request.received_at),
        )
        for step in found
    ]


def list_person_identifiers(request_id: UUID) -> tuple[Identifier, ...]:
    """Return what the person of a request is found by; nothing if what it held was destroyed.

    :raises KeyUnreadable, KeysUnavailable: if it cannot be read.
    """
    try:
        person = read_person(_get(request_id))
    except ContentDestroyed:
        return ()
    return tuple(
        Identifier(kind, value, is_normalised=True)
        for kind, values in person.identifiers.items()
        for value in values
    )


@transaction.atomic
def end_telling(step_id: UUID, outcome: Outcome, recipients: Sequence[KnownRecipient]) -> bool:
    """End a step that tells, or lists, recipients; who they are is sealed. Return whether this call ended it.

    :raises KeyUnreadable, KeysUnavailable: if it cannot be sealed now.
    """
    step = Step.objects.get(pk=step_id)
    request = lock_request(step.request_id)
    if Step.objects.get(pk=step_id).state != StepState.WAITING:
        return False
    parts = _seal(request, step, recipients)
    detail = {
        "recipients": len(recipients),
        "told": sum(one.found > 0 for one in outcome.datasets),
        "acknowledged": sum(one.found > 0 and one.done >= one.found for one in outcome.datasets),
    }
    tell(request, EventKind.RECIPIENTS_TOLD, actor=Actor.SYSTEM, detail=detail)
    return complete_step(step_id, outcome, parts=parts)


def list_recipients(request_id: UUID | str) -> tuple[KnownRecipient, ...]:
    """Return who received data about the person, as it was when the request told or listed them.

    :raises RequestNotFound: if there is no such request.
    :raises ContentDestroyed: if what the request held was destroyed.
    :raises KeyUnreadable, KeysUnavailable: if it cannot be read.
    """
    request = _get(request_id)
    steps = Step.objects.filter(request=request, action=StepAction.TELL_RECIPIENTS, parts__gt=0)
    key = vault.open_key(request)
    lines = [
        line
        for step in steps.order_by("pk")
        for part in vault.read_parts(request, key, f"step/{step.pk}", parts=step.parts)
        for line in part.splitlines()
    ]
    return tuple(_read(json.loads(line)["row"]) for line in lines)


@transaction.atomic
def answer_who_received(request_id: UUID | str, *, actor: Actor, officer_id: int | None = None) -> None:
    """Have the person written to where they see who received their data, because they asked (Art. 19).

    :raises RequestNotFound: if there is no such request.
    :raises NotPossible: if recipients were not told or listed yet, or it is not known where to write to.
    :raises ContentDestroyed, KeyUnreadable, KeysUnavailable: if it cannot be read.
    """
    request = lock_request(request_id)
    ended = Step.objects.filter(
        request=request, action=StepAction.TELL_RECIPIENTS, ended_at__isnull=False, parts__gt=0
    )
    address = find_address(request)
    if not ended.exists() or address is None:
        raise NotPossible("nobody was listed for this request yet, or it is not known where to write to")
    queue_mail(request, MailTemplate.RECIPIENTS, to=address.value, by_sms=address.is_sms)
    tell(
        request, EventKind.RECIPIENTS_TOLD, actor=actor, officer_id=officer_id, detail={"asked_by": "person"}
    )


def _seal(request: Request, step: Step, recipients: Sequence[KnownRecipient]) -> int:
    """Seal the recipients in place of those before, and return how many parts that are."""
    name = f"step/{step.pk}"
    try:
        key = vault.open_key(request)
    except ContentDestroyed:
        return 0
    vault.clear(request, name)
    writer = vault.make_writer(request, key, name)
    for one in recipients:
        writer.add(json.dumps({"dataset": DATASET, "row": _write(one)}).encode() + b"\n")
    writer.end()
    return writer.parts


def _write(one: KnownRecipient) -> dict[str, Any]:
    return {
        "destination": one.destination,
        "title": one.title,
        "purposes": list(one.purposes),
        "first_at": rfc3339(one.first_sent) if one.first_sent else None,
        "last_at": rfc3339(one.last_sent) if one.last_sent else None,
    }


def _read(row: dict[str, Any]) -> KnownRecipient:
    first, last = row.get("first_at"), row.get("last_at")
    return KnownRecipient(
        destination=row["destination"],
        title=row.get("title", ""),
        purposes=tuple(row.get("purposes", ())),
        first_sent=datetime.fromisoformat(first) if first else None,
        last_sent=datetime.fromisoformat(last) if last else None,
    )


def _list_planned(request_ids: Iterable[UUID]) -> dict[UUID, datetime]:
    rows = RequestEvent.objects.filter(request__in=list(request_ids), kind=EventKind.STEPS_PLANNED)
    return dict(rows.values_list("request").annotate(at=Max("at")).order_by("request"))


def _get(request_id: UUID | str) -> Request:
    request = Request.objects.filter(pk=request_id).first()
    if request is None:
        raise RequestNotFound("there is no such request")
    return request
