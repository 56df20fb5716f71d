"""An appeal: a request of its own against what became of an earlier one, which is told of it."""

from consent.requests.intake.contents import read_proven
from consent.requests.models import Request
from consent.requests.moving import lock_request, save
from consent.requests.people import list_indexes, list_proven
from consent.requests.timeline import tell
from consent.requests.types import Actor, EventKind


def tell_appealed(appeal: Request) -> None:
    """Tell the earlier request that its person appeals, once the appeal is proven to be somebody's.

    `same_person`: whether what was proven is among what was proven then. Null: nothing was, or it is gone.
    """
    appealed = lock_request(str(appeal.appeal_of_id))
    detail = {"appeal": appeal.reference, "same_person": _is_same_person(appeal, appealed)}
    tell(appealed, EventKind.APPEALED, actor=Actor.SYSTEM, detail=detail)
    save(appealed)


def _is_same_person(appeal: Request, appealed: Request) -> bool | None:
    before = list_proven([appealed.pk]).get(appealed.pk)
    if not before:
        return None
    return any(list_indexes(one) & before for one in read_proven(appeal))
