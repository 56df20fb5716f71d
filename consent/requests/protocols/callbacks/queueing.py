"""Having callers told. The news is a row of the transaction that made it; a worker tells it."""

from django.db import transaction
from django.db.models import F, Q

from consent.requests.models import Callback, ProtocolRequest, Request
from lineage.leases.waking import wake

TELL_TASK = "requests.tell_callers"


def begin_telling(asked: ProtocolRequest, *, addresses: int) -> None:
    """Have so many addresses be told of what happens from now on: what is now, the answer says."""
    if asked.request is None:
        return
    Callback.objects.bulk_create(
        Callback(protocol_request=asked, number=number) for number in range(addresses)
    )


def queue_news(request: Request) -> None:
    """Have those who asked for it told where a locked request stands now, in the caller's transaction.

    Also of those that were joined to it. One whose address was given up is tried again with what is new.
    """
    of_it = Q(protocol_request__request=request) | Q(protocol_request__request__joined_to=request)
    waiting = Callback.objects.filter(of_it)
    if waiting.update(wanted=F("wanted") + 1, given_up_at=None):
        transaction.on_commit(lambda: wake(TELL_TASK))
