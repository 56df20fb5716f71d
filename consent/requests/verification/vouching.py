"""Proof that does not go through a code: a caller or an agent vouches, or an officer looks at a document."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from django.db import transaction

from consent.requests.intake.contents import read_claims
from consent.requests.models import Request, Verification
from consent.requests.moving import save
from consent.requests.rules.levels import is_enough
from consent.requests.timeline import tell
from consent.requests.types import Actor, Channel, EventKind, Level, Method, NotPossible
from consent.requests.verification.codes import lock_waiting
from consent.requests.verification.proving import prove
from consent.subjects.types import Identifier, IdentifierKind


class DocumentKind(StrEnum):
    """What an officer looked at. Never the document itself, and nothing that stands in it."""

    PASSPORT = "passport"
    IDENTITY_CARD = "identity_card"
    DRIVING_LICENCE = "driving_licence"
    RESIDENCE_PERMIT = "residence_permit"
    POWER_OF_ATTORNEY = "power_of_attorney"  # of an agent
    SIGNED_PERMISSION = "signed_permission"  # of an agent (11 CCR 7063)
    ACCOUNT_KNOWLEDGE = "account_knowledge"  # what only the person knows
    OTHER = "other"


AUTHORITIES = frozenset({DocumentKind.POWER_OF_ATTORNEY, DocumentKind.SIGNED_PERMISSION})
"""What shows that an agent may ask for somebody."""


def vouch(request: Request, *, at: datetime) -> bool:
    """Take a caller's word on a locked, waiting request: the person is logged in there; return as `prove`.

    Only what the caller's own systems know counts: numbers that they give out, and what they call verified.
    """
    known = [one for one in read_claims(request).identifiers if one.is_verified]
    return _accept(request, method=Method.TOKEN, identifiers=known, actor=Actor.CALLER, at=at)


def vouch_as_agent(request: Request, *, at: datetime) -> bool:
    """Take the word of a trusted agent on a locked, waiting request; return as `prove`.

    Only addresses and numbers that the agent calls verified count: it does not know the controller's numbers.
    """
    known = [one for one in read_claims(request).identifiers if one.verified]
    return _accept(request, method=Method.AGENT, identifiers=known, actor=Actor.AGENT, at=at)


@transaction.atomic
def accept_token(request_id: UUID | str, *, at: datetime) -> bool:
    """Take a caller's word that the person is logged in there; return whether the request goes on by that.

    Of what callers passed on alone: whose number somebody typed elsewhere, no caller knows.

    :raises RequestNotFound: if there is no such request.
    :raises NotPossible: if it does not wait for proof, did not come from a caller, or names nobody whom one
        could know.
    :raises ContentDestroyed, KeyUnreadable, KeysUnavailable: if what was claimed cannot be read.
    """
    request = lock_waiting(request_id)
    if request.channel != Channel.API:
        raise NotPossible("this request did not come from a caller: who made it, no caller can know")
    return vouch(request, at=at)


@transaction.atomic
def accept_document(
    request_id: UUID | str,
    *,
    document: DocumentKind,
    proven: Collection[IdentifierKind],
    officer_id: int,
    version: int,
    at: datetime,
) -> bool:
    """Record that an officer looked at a document; return whether the request goes on by that.

    `proven`: the kinds of those claimed identifiers that the officer found to be the person's. The others are
    not used.

    :raises RequestNotFound, ChangedMeanwhile: as `lock_request`.
    :raises NotPossible: if it does not wait for proof, or nothing that was claimed is of these kinds.
    :raises ContentDestroyed, KeyUnreadable, KeysUnavailable: if what was claimed cannot be read.
    """
    request = lock_waiting(request_id, version=version)
    shown = [one for one in read_claims(request).identifiers if one.kind in proven]
    return _accept(
        request,
        method=Method.DOCUMENT,
        identifiers=shown,
        actor=Actor.OFFICER,
        at=at,
        officer_id=officer_id,
        document=document,
    )


@transaction.atomic
def change_level(request_id: UUID | str, *, level: Level, officer_id: int, version: int) -> None:
    """Have an officer ask for more, or less, proof than was asked. What was shown before still counts.

    :raises RequestNotFound, ChangedMeanwhile: as `lock_request`.
    :raises NotPossible: if it does not wait for proof, or `level` asks for none.
    """
    request = lock_waiting(request_id, version=version)
    if level is Level.NONE:
        raise NotPossible("what is handed over, changed or erased is never so without proof")
    detail = {"level": level.value, "before": request.level}
    request.level = level.value
    tell(request, EventKind.VERIFICATION_ASKED, actor=Actor.OFFICER, officer_id=officer_id, detail=detail)
    save(request, "level")
    shown = request.verifications.filter(verified_at__isnull=False).order_by("verified_at", "pk")
    for method in shown.values_list("method", flat=True):
        if is_enough(Method(method), level):
            prove(
                request,
                method=Method(method),
                identifiers=(),
                actor=Actor.OFFICER,
                officer_id=officer_id,
            )
            return


def _accept(
    request: Request,
    *,
    method: Method,
    identifiers: list[Identifier],
    actor: Actor,
    at: datetime,
    officer_id: int | None = None,
    document: DocumentKind | None = None,
) -> bool:
    if not identifiers:
        raise NotPossible("nothing that this request names could be shown to be the person's by this")
    row = Verification.objects.create(
        id=uuid4(), request=request, method=method, asked_at=at, expires_at=at, verified_at=at
    )
    if document is not None:
        detail = {"document": document.value, "verification": str(row.pk)}
        tell(request, EventKind.NOTED, actor=actor, officer_id=officer_id, detail=detail)
    return prove(request, method=method, identifiers=identifiers, actor=actor, officer_id=officer_id)
