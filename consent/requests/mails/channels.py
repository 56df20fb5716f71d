"""The two ways to a person: an e-mail by Django's back-end, a text message by ours."""

import smtplib
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import BadHeaderError, EmailMultiAlternatives
from django.core.validators import validate_email

from consent.requests.mails.errors import MessageRefused, NotSentNow
from consent.requests.mails.sms.backends import TextMessage, get_sms_backend
from consent.requests.mails.writing import Mail
from consent.subjects.rules import MalformedIdentifier, normalise
from consent.subjects.types import Identifier, IdentifierKind


def send_email(mail: Mail, *, to: str, message_id: UUID) -> None:
    """Send `mail`. Sent again, it carries the same Message-ID.

    :raises MessageRefused: if it can never arrive there; :raises NotSentNow: if it did not leave now.
    """
    try:
        validate_email(to)
    except ValidationError:
        raise MessageRefused("the address is no e-mail address") from None
    message = EmailMultiAlternatives(
        subject=mail.subject,
        body=mail.text,
        to=[to],
        headers={
            "Message-ID": f"<{message_id}@{_domain()}>",
            "Auto-Submitted": "auto-generated",  # RFC 3834: no robot answers it
            "X-Auto-Response-Suppress": "All",
        },
    )
    message.attach_alternative(mail.html, "text/html")
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as refused:
        raise _judge(refused) from None
    except BadHeaderError:
        raise MessageRefused("a header of the mail would have had two lines") from None
    except (smtplib.SMTPException, OSError) as error:  # its text may hold the address
        raise NotSentNow(f"the mail server: {type(error).__name__}") from None


def send_text(mail: Mail, *, to: str, message_id: UUID) -> None:
    """Send the short form of `mail` to a telephone.

    :raises MessageRefused: if it can never arrive there; :raises NotSentNow: if it did not leave now.
    """
    try:
        number = normalise(Identifier(IdentifierKind.PHONE, to)).value
    except MalformedIdentifier:
        raise MessageRefused("the number is no telephone number in international form") from None
    get_sms_backend().send(TextMessage(id=message_id, to=number, text=mail.sms))


def _judge(refused: smtplib.SMTPRecipientsRefused) -> MessageRefused | NotSentNow:
    codes = sorted({code for code, _ in refused.recipients.values()})
    if codes and all(500 <= code < 600 for code in codes):
        return MessageRefused(f"the mail server refuses the address: {codes[0]}")
    return NotSentNow(f"the mail server does not take the address now: {codes[:1]}")


def _domain() -> str:
    return str(settings.DEFAULT_FROM_EMAIL).rpartition("@")[2].strip(" <>") or "localhost"
