"""Sending again what was given up, once an officer has mended what stood against it."""

from uuid import UUID

from django.db import transaction

from consent.requests.mails.queueing import SEND_TASK
from consent.requests.models import Message
from consent.requests.moving import lock_request
from consent.requests.timeline import tell
from consent.requests.types import Actor, EventKind, MailTemplate, NotPossible
from lineage.leases.waking import wake


@transaction.atomic
def send_again(message_id: UUID | str, *, officer_id: int) -> None:
    """Have a message that was given up wait again, as if it had never failed.

    :raises NotPossible: if there is no such message that was given up, or it holds a code, which is over.
    """
    rows = Message.objects.filter(pk=message_id, given_up_at__isnull=False)
    rows = rows.exclude(template=MailTemplate.CODE).order_by("pk")
    request_id = rows.values_list("request_id", flat=True).first()
    if request_id is None:
        raise NotPossible("there is no such message to send again")
    request = lock_request(request_id)
    message = rows.select_for_update().first()
    if message is None:
        raise NotPossible("somebody has it sent again already")
    message.given_up_at, message.failures, message.next_attempt_at = None, 0, None
    message.save(update_fields=["given_up_at", "failures", "next_attempt_at"])
    detail = {"message": str(message.pk), "template": message.template, "again": True}
    tell(request, EventKind.NOTED, actor=Actor.OFFICER, officer_id=officer_id, detail=detail)
    transaction.on_commit(lambda: wake(SEND_TASK))
