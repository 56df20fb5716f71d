"""Proof once more, before what was found is handed out: a link may have been passed on, or be an old one.

The code goes to the contact that the person proved, never to one that is typed in now.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet, Sum

from consent.requests.models import Request, Verification
from consent.requests.moving import lock_request
from consent.requests.rules import codes as rules
from consent.requests.timeline import tell
from consent.requests.types import Actor, EventKind, Method, NotPossible
from consent.requests.verification.codes import CodeAsked, CodeCheck
from consent.requests.verification.contacts import find_proven_contact
from consent.requests.verification.making import is_code, make_code, send_code

_CODED = (Method.EMAIL_CODE, Method.SMS_CODE)
_PEPPER = "accordant.requests.code_again"


@transaction.atomic
def ask_again(request_id: UUID | str, *, at: datetime) -> CodeAsked:
    """Send a code to the contact that the request's person proved; codes sent before count no more.

    :raises RequestNotFound: if there is no such request.
    :raises NotPossible: if nobody has proven yet that it is theirs.
    :raises ContentDestroyed, KeyUnreadable, KeysUnavailable: if the contact cannot be read.
    """
    request = _lock_verified(request_id)
    contact = find_proven_contact(request)
    rows = _recent(request, at)
    if contact is None or rows.count() >= rules.CODES_PER_REQUEST or _is_locked(rows):
        return CodeAsked(is_sent=False)
    last = rows.order_by("-asked_at", "-pk").first()
    if last is not None and last.verified_at is None and at < last.asked_at + rules.RESENT_AFTER:
        return CodeAsked(is_sent=False, expires_at=last.expires_at)
    row, code = make_code(request, contact, at=at, pepper=_PEPPER)
    send_code(request, contact, code)
    detail = {"method": contact.method.value, "again": True}
    tell(request, EventKind.VERIFICATION_ASKED, actor=Actor.PERSON, detail=detail)
    return CodeAsked(is_sent=True, expires_at=row.expires_at)


@transaction.atomic
def check_again(request_id: UUID | str, *, code: str, at: datetime) -> CodeCheck:
    """Try a code that `ask_again` sent, and return what became of it; each try counts.

    :raises RequestNotFound, NotPossible: as `ask_again`.
    """
    request = _lock_verified(request_id)
    rows = _recent(request, at)
    if _is_locked(rows):
        return CodeCheck.LOCKED
    row = rows.order_by("-asked_at", "-pk").first()
    if row is None:
        return CodeCheck.WRONG
    Verification.objects.filter(pk=row.pk).update(attempts=F("attempts") + 1)
    is_open = row.verified_at is None and at < row.expires_at and row.attempts < rules.ATTEMPTS_PER_CODE
    if is_code(row, code, pepper=_PEPPER) and is_open:
        Verification.objects.filter(pk=row.pk).update(verified_at=at)
        detail = {"method": row.method, "again": True}
        tell(request, EventKind.VERIFIED, actor=Actor.PERSON, detail=detail)
        return CodeCheck.ACCEPTED
    tell(request, EventKind.VERIFICATION_FAILED, actor=Actor.PERSON, detail={"again": True})
    return CodeCheck.LOCKED if _is_locked(rows) else CodeCheck.WRONG


def _lock_verified(request_id: UUID | str) -> Request:
    request = lock_request(request_id)
    if request.verified_at is None:
        raise NotPossible("nobody has proven yet that this request is theirs")
    return request


def _recent(request: Request, at: datetime) -> QuerySet[Verification]:
    """Return the codes of the last day that were sent once the request was verified."""
    return request.verifications.filter(
        method__in=_CODED, asked_at__gt=max(at - rules.WINDOW, request.verified_at or at)
    )


def _is_locked(rows: QuerySet[Verification]) -> bool:
    tries: int = rows.aggregate(tries=Sum("attempts"))["tries"] or 0
    return tries >= rules.ATTEMPTS_PER_REQUEST
