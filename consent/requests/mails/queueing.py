"""Having the person written to. The mail is a row of the caller's transaction; a worker sends it."""

from collections.abc import Mapping
from uuid import uuid4

from django.db import transaction

from consent.requests import vault
from consent.requests.mails.contents import check_context
from consent.requests.models import Message, Request
from consent.requests.types import MailTemplate
from lineage.leases.waking import wake

SEND_TASK = "requests.send_messages"


def queue_mail(
    request: Request,
    template: MailTemplate,
    *,
    to: str,
    context: Mapping[str, str] | None = None,
    by_sms: bool = False,
) -> Message:
    """Have `to` written what `template` says with `context`, in the request's language. Both are sealed.

    What each template takes: `mails/contents.py`. Links are made when it is sent.

    :raises WrongContext: if the template takes other values.
    :raises ContentDestroyed: if what the request held was destroyed.
    :raises KeyUnreadable, KeysUnavailable: if they cannot be sealed now.
    """
    check_context(template, context or {})
    message = Message(
        id=uuid4(), request=request, template=template, language=request.language, by_sms=by_sms
    )
    content = {"to": to, "context": dict(context or {})}
    vault.write_json(request, vault.open_key(request), f"message/{message.pk}", content)
    message.save(force_insert=True)
    transaction.on_commit(lambda: wake(SEND_TASK))
    return message
