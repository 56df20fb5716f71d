"""Requests for erasure as the tests make them, with systems that answer what a test says."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Permission, User
from django.db import transaction

from consent.ledger.queries import get_time
from consent.requests import run_events, vault
from consent.requests.erasing import keys
from consent.requests.models import Request, Step, System
from consent.requests.moving import move
from consent.requests.persons import keep_person
from consent.requests.services import approve, propose
from consent.requests.types import (
    Actor,
    Channel,
    EventKind,
    RequestState,
    RequestType,
    StepAction,
    StepState,
)
from consent.subjects import queries as subjects
from consent.subjects.types import Identifier


def make_approver(name: str, *, may: bool = True) -> int:
    """Return the id of an officer who may approve erasures, or not."""
    officer = User.objects.create_user(name, is_staff=True)
    if may:
        officer.user_permissions.add(Permission.objects.get(codename="approve_erasures"))
    return officer.pk


def make_system(slug: str, **columns: Any) -> System:
    """Return a system that humans look after."""
    return System.objects.create(slug=slug, title=slug.title(), kind="human", **columns)


@transaction.atomic
def make_request(*identifiers: Identifier, **columns: Any) -> Request:
    """Return an erasure in progress by the person with these identifiers, as the intake leaves it."""
    at = get_time()
    given = {"type": RequestType.ERASURE, "controller": "acme", "channel": Channel.OFFICER, **columns}
    request = Request(
        reference=f"R{Request.objects.count() + 1:07}",
        received_at=at,
        due_at=at + timedelta(days=30),
        **given,
    )
    key = vault.give_key(request)
    if "subjects" not in columns:
        [found] = subjects.find_subjects([identifiers])
        request.subjects = sorted(found)
    request.save(force_insert=True)
    keep_person(request, key, identifiers)
    proven = [{"kind": one.kind, "value": one.value, "verified": one.verified} for one in identifiers]
    vault.write_json(request, key, "proven", {"identifiers": proven})
    run_events.begin_run(request)
    move(request, RequestState.IN_PROGRESS, kind=EventKind.STARTED, actor=Actor.SYSTEM)
    return request


def fresh(request: Request) -> Request:
    """Return the request as it is now."""
    return Request.objects.get(pk=request.pk)


def approve_by_two(request: Request) -> Request:
    """Have one officer propose the erasure and another approve it, and return it as it is then."""
    proposer, approver = make_approver(f"one-{request.reference}"), make_approver(f"two-{request.reference}")
    propose(request.pk, officer_id=proposer, version=fresh(request).version)
    approve(request.pk, officer_id=approver, version=fresh(request).version)
    return fresh(request)


def end_step(step_id: UUID, state: StepState = StepState.DONE, **report: Any) -> None:
    """End a step as a worker would that had this report of one dataset."""
    rows = [{"dataset": "people", "found": 0, "done": 0, "kept": 0, "ground": "", **report}]
    Step.objects.filter(pk=step_id).update(
        state=state,
        ended_at=get_time(),
        report=rows,
        found=rows[0]["found"],
        done=rows[0]["done"],
        kept=rows[0]["kept"],
    )


def end_systems(request: Request) -> None:
    """End every step before the last one as done."""
    for step in Step.objects.filter(request=request).exclude(action=StepAction.DESTROY_KEYS):
        if step.action == StepAction.TELL_RECIPIENTS:
            Step.objects.filter(pk=step.pk).update(state=StepState.DONE, ended_at=get_time())
        else:
            end_step(step.pk, found=2, done=2)


def destroy_as_step(request: Request) -> None:
    """Carry out the last step as a worker does."""
    outcome = keys.destroy(request)
    [report] = outcome.datasets
    [step] = Step.objects.filter(request=request, action=StepAction.DESTROY_KEYS)
    end_step(
        step.pk,
        outcome.state,
        dataset=report.dataset,
        found=report.found,
        done=report.done,
        kept=report.kept,
        ground=report.ground,
    )
