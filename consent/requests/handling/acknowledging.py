"""Telling that the person knows that their request has arrived."""

from uuid import UUID

from django.db import transaction

from consent.ledger.queries import get_time
from consent.requests.moving import lock_request, save
from consent.requests.timeline import tell
from consent.requests.types import Actor, EventKind, NotPossible


@transaction.atomic
def acknowledge(*, request_id: UUID, officer_id: int, version: int) -> None:
    """Put on record that the person was told, by telephone or letter, that the request has arrived.

    :raises NotPossible: if it is closed, or the person was told already.
    :raises RequestNotFound, ChangedMeanwhile: if it is not there, or not at `version` any more.
    """
    request = lock_request(request_id, version=version)
    if request.is_closed:
        raise NotPossible("this request is closed")
    if request.acknowledged_at is not None:
        raise NotPossible("the person was told already that the request has arrived")
    request.acknowledged_at = get_time()
    tell(request, EventKind.ACKNOWLEDGED, actor=Actor.OFFICER, officer_id=officer_id)
    save(request, "acknowledged_at")
