"""An erasure is proposed by one officer and approved by a second one. With the approval it begins.

The approval is one transaction. All that leads to the person is copied into the request's sealed part, so
that systems can still be asked. The tombstone is set: the person is denied from then on. The steps are
planned; the last one destroys the keys of what is sealed beside the ledger. From the approval on a request
can only be finished: nothing calls an erasure off that has begun.
"""

from uuid import UUID, uuid4

from django.contrib.auth import get_user_model
from django.db import transaction

from consent.ledger.queries import get_time
from consent.requests import vault
from consent.requests.erasing.errors import MayNotApprove, SecondPersonNeeded
from consent.requests.erasing.matching import Matched, match_person
from consent.requests.fanning.planning import plan_steps
from consent.requests.models import Request
from consent.requests.moving import lock_request, save
from consent.requests.persons import keep_person, read_person
from consent.requests.timeline import tell
from consent.requests.types import Actor, EventKind, NotPossible, RequestState, RequestType
from consent.subjects import services as subjects
from consent.subjects.types import SubjectRef

PERMISSION = "consent_requests.approve_erasures"


@transaction.atomic
def propose(request_id: UUID | str, *, officer_id: int, version: int) -> None:
    """Put an erasure before a second person. What it will do, `preview_erasure` shows.

    :raises RequestNotFound, ChangedMeanwhile:
    :raises NotPossible: if it is no erasure in progress, or was proposed already.
    """
    request = _lock_erasure(request_id, version)
    if request.proposed_at is not None:
        raise NotPossible("this erasure was proposed already")
    request.proposed_by_id, request.proposed_at = officer_id, get_time()
    tell(request, EventKind.PROPOSED, actor=Actor.OFFICER, officer_id=officer_id)
    save(request, "proposed_by", "proposed_at")


@transaction.atomic
def send_back(request_id: UUID | str, *, officer_id: int, version: int, reason: str) -> None:
    """Undo a proposal, for a reason, which is sealed as a note.

    :raises RequestNotFound, ChangedMeanwhile:
    :raises NotPossible: if nobody proposed it, or it was approved.
    :raises ContentDestroyed, KeyUnreadable, KeysUnavailable: if the reason cannot be sealed.
    """
    request = _lock_proposed(request_id, version)
    note = uuid4()
    content = {"text": reason, "officer": officer_id}
    vault.write_json(request, vault.open_key(request), f"note/{note}", content)
    request.proposed_by_id, request.proposed_at = None, None
    detail = {"note": str(note)}
    tell(request, EventKind.SENT_BACK, actor=Actor.OFFICER, officer_id=officer_id, detail=detail)
    save(request, "proposed_by", "proposed_at")


@transaction.atomic
def approve(request_id: UUID | str, *, officer_id: int, version: int) -> None:
    """Approve an erasure that somebody else proposed, and begin it.

    Nobody on record is no hindrance: systems may still know the person, and are asked.

    :raises RequestNotFound, ChangedMeanwhile:
    :raises NotPossible: if nobody proposed it, it was approved, or its clock stands still.
    :raises SecondPersonNeeded: if the officer proposed it. :raises MayNotApprove: if they may not approve.
    :raises ContentDestroyed, KeyUnreadable, KeysUnavailable: if it cannot be read whom it is about.
    :raises SubjectStateUnreadable: if an identifier on record does not open; nothing has changed then.
    """
    request = _lock_proposed(request_id, version)
    _check_approver(request, officer_id)
    if request.paused_at is not None:
        raise NotPossible("the clock of this request stands still: somebody waits for the person's answer")
    matched = match_person(request, read_person(request))
    keep_person(request, vault.open_key(request), matched.identifiers)
    erased = _bury(request, matched)
    taken_over = _take_over(request)
    request.subjects = sorted({*matched.living, *matched.erased, *erased})
    request.approved_by_id, request.approved_at = officer_id, get_time()
    detail = {
        "subjects": len(erased) + taken_over,
        "erased_before": len(matched.erased) - taken_over,
        "spared": len(matched.spared),
        "unproven": len(matched.unproven),
    }
    tell(request, EventKind.APPROVED, actor=Actor.OFFICER, officer_id=officer_id, detail=detail)
    save(request, "subjects", "approved_by", "approved_at")
    plan_steps(request)


def _bury(request: Request, matched: Matched) -> set[SubjectRef]:
    """Set the tombstones, keep the keys for the last step, and return who was erased by it."""
    erased: set[SubjectRef] = set()
    for ref in matched.living:
        erased |= set(
            subjects.erase_subject(
                ref=ref,
                requested_by=f"request:{request.reference}",
                at=get_time(),
                # Who began anew, or may be somebody else, is parted from the erased, and stays.
                linked=not (matched.spared or matched.unproven),
                keep_keys_for=request.pk,
            )
        )
    return erased


def _take_over(request: Request) -> int:
    """Keep for this request what a hold had the one before it keep, and return of how many subjects."""
    if request.continues_id is None:
        return 0
    return subjects.hand_over_kept_keys(kept_for=request.continues_id, to=request.pk)


def _check_approver(request: Request, officer_id: int) -> None:
    if request.proposed_by_id == officer_id:
        raise SecondPersonNeeded("who proposed an erasure cannot approve it")
    officer = get_user_model().objects.filter(pk=officer_id, is_active=True).first()
    if officer is None or not officer.has_perm(PERMISSION):
        raise MayNotApprove("this officer may not approve erasures")


def _lock_proposed(request_id: UUID | str, version: int) -> Request:
    request = _lock_erasure(request_id, version)
    if request.proposed_at is None:
        raise NotPossible("nobody proposed this erasure")
    return request


def _lock_erasure(request_id: UUID | str, version: int) -> Request:
    request = lock_request(request_id, version=version)
    if request.type != RequestType.ERASURE or request.state != RequestState.IN_PROGRESS:
        raise NotPossible("this is no erasure in progress")
    if request.approved_at is not None:
        raise NotPossible("this erasure was approved, and has begun: it can only be finished")
    return request
