"""Requests that came by e-mail: a link goes to the address, and who follows it shows that it is theirs."""

from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction

from consent.requests import vault
from consent.requests.intake.contents import Details, keep_details, read_claims, read_details
from consent.requests.mails.queueing import queue_mail
from consent.requests.models import Request, Verification
from consent.requests.rules.new_requests import MAX_DETAILS
from consent.requests.types import Actor, MailTemplate, NotPossible
from consent.requests.verification.codes import lock_waiting
from consent.requests.verification.contacts import find_contact
from consent.requests.verification.proving import prove


def ask_to_confirm(request: Request) -> bool:
    """Have a link sent to the contact that a waiting request named; return whether there is one.

    :raises ContentDestroyed, KeyUnreadable, KeysUnavailable: if the contact cannot be read.
    """
    contact = find_contact(read_claims(request))
    if contact is None:
        return False
    queue_mail(request, MailTemplate.CONFIRM, to=contact.value, by_sms=contact.is_sms)
    return True


@transaction.atomic
def confirm(request_id: UUID | str, *, details: str, at: datetime) -> bool:
    """Take it from whoever followed the link that the request is theirs; return whether it goes on by that.

    `details` are added to what is known of the request.

    :raises RequestNotFound: if there is no such request.
    :raises NotPossible: if it does not wait for proof, or `details` are too long.
    :raises ContentDestroyed, KeyUnreadable, KeysUnavailable: if what was claimed cannot be read.
    """
    request = lock_waiting(request_id)
    contact = find_contact(read_claims(request))
    known = read_details(request)
    text = "\n\n".join(part for part in (known.text, details.strip()) if part)
    if contact is None or len(text) > MAX_DETAILS:
        raise NotPossible("this request cannot be confirmed by a link")
    keep_details(request, vault.open_key(request), Details(text=text, corrections=known.corrections))
    Verification.objects.create(
        id=uuid4(), request=request, method=contact.method, asked_at=at, expires_at=at, verified_at=at
    )
    return prove(request, method=contact.method, identifiers=[contact.as_identifier()], actor=Actor.PERSON)
