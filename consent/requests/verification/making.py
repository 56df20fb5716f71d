"""Making a code, keeping it as a hash, and having it sent."""

from datetime import datetime
from typing import Any, Protocol
from uuid import UUID, uuid4

from django.contrib.auth.hashers import check_password, make_password
from django.utils.crypto import salted_hmac

from consent.requests.mails.queueing import queue_mail
from consent.requests.models import Request, Verification
from consent.requests.people import newest_index
from consent.requests.rules import codes as rules
from consent.requests.types import MailTemplate
from consent.requests.verification.contacts import Contact


class Coded(Protocol):
    """A row that keeps a code."""

    @property
    def pk(self) -> Any: ...
    @property
    def code_hash(self) -> str: ...


def make_code(request: Request, contact: Contact, *, at: datetime, pepper: str) -> tuple[Verification, str]:
    """Return the row of a new code, saved, and the code, which is kept nowhere else in the clear.

    `pepper` names what the code is good for: it is good for nothing else.
    """
    code = rules.make_code()
    row = Verification(
        id=uuid4(),
        request=request,
        method=contact.method,
        contact_index=newest_index(contact.as_identifier()),
        asked_at=at,
        expires_at=at + rules.LIFETIME,
    )
    row.code_hash = hash_code(row.pk, code, pepper=pepper)
    row.save(force_insert=True)
    return row, code


def hash_code(row_id: UUID, code: str, *, pepper: str) -> str:
    """Return what is kept of the code of a row with that id."""
    return make_password(_season(pepper, row_id, code))


def is_code(row: Coded, typed: str, *, pepper: str) -> bool:
    """Return whether what was typed is the row's code. It takes as long either way."""
    return check_password(_season(pepper, row.pk, typed), row.code_hash)


def send_code(request: Request, contact: Contact, code: str) -> None:
    """Have the code sent to the contact.

    :raises ContentDestroyed, KeyUnreadable, KeysUnavailable: if it cannot be sealed.
    """
    context = {"code": code, "minutes": str(int(rules.LIFETIME.total_seconds()) // 60)}
    queue_mail(request, MailTemplate.CODE, to=contact.value, context=context, by_sms=contact.is_sms)


def _season(pepper: str, verification_id: UUID, code: str) -> str:
    """Return what is hashed: the code alone, out of a stolen database, cannot be guessed without the key."""
    return salted_hmac(pepper, f"{verification_id}:{rules.read_code(code)}", algorithm="sha256").hexdigest()
