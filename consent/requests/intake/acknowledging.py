"""Telling the person that their request came in."""

from consent.ledger.queries import get_time
from consent.requests.mails.queueing import queue_mail
from consent.requests.models import Request
from consent.requests.moving import save
from consent.requests.timeline import tell
from consent.requests.types import Actor, EventKind, MailTemplate
from consent.requests.verification.contacts import find_address


def acknowledge_request(request: Request) -> bool:
    """Have the person written to that the request came in, if there is an address; return whether."""
    address = find_address(request)
    if address is None:
        return False
    context = {"due_on": request.due_on.isoformat()} if request.due_on else {}
    queue_mail(request, MailTemplate.RECEIVED, to=address.value, context=context, by_sms=address.is_sms)
    note_acknowledged(request, actor=Actor.SYSTEM)
    return True


def note_acknowledged(request: Request, *, actor: Actor, officer_id: int | None = None) -> None:
    """Note that the person knows that the request came in."""
    request.acknowledged_at = request.acknowledged_at or get_time()
    tell(request, EventKind.ACKNOWLEDGED, actor=actor, officer_id=officer_id)
    save(request, "acknowledged_at")
