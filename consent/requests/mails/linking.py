"""A new link to the page of a request, for whoever lost theirs. The answer is the same, right or wrong."""

from django.db import transaction

from consent.requests.mails.queueing import queue_mail
from consent.requests.models import Request
from consent.requests.rules.references import find_reference
from consent.requests.types import ContentDestroyed, MailTemplate
from consent.requests.verification.contacts import find_address
from consent.subjects.rules import MalformedIdentifier, normalise
from consent.subjects.types import Identifier, IdentifierKind


@transaction.atomic
def send_new_link(*, reference: str, email: str) -> None:
    """Have a link sent to `email`, if that is where the request's person is written to; else do nothing.

    :raises KeyUnreadable, KeysUnavailable: if the request's contact cannot be read.
    """
    known = find_reference(reference)
    row = Request.objects.filter(reference=known).order_by("pk").first() if known else None
    if row is None:
        return
    try:
        address = find_address(row)
        given = normalise(Identifier(IdentifierKind.EMAIL, email)).value
    except (ContentDestroyed, MalformedIdentifier):
        return
    if address is not None and not address.is_sms and address.value == given:
        queue_mail(row, MailTemplate.LINK, to=address.value)
