"""Codes that are sent to a contact: who types one in has shown that it reaches them, and no more.

Nobody looks up here whether the contact is on record anywhere: known or not, the same is sent and said.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F, Sum

from consent.requests import vault
from consent.requests.intake.contents import read_claims
from consent.requests.models import Request, Verification
from consent.requests.moving import lock_request, save
from consent.requests.people import list_indexes
from consent.requests.rules import codes as rules
from consent.requests.timeline import tell
from consent.requests.types import Actor, EventKind, Method, NotPossible, RequestState
from consent.requests.verification.contacts import Contact, find_contact
from consent.requests.verification.making import is_code, make_code, send_code
from consent.requests.verification.proving import prove
from consent.requests.verification.turns import take_turns
from consent.subjects.types import IdentifierKind

_CODED = (Method.EMAIL_CODE, Method.SMS_CODE)
_PEPPER = "accordant.requests.code"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeAsked:
    """What became of asking for a code. It says nothing of whether the contact is known."""

    is_sent: bool
    """False: too soon after the last one, no contact to send it to, or an officer has to look first."""
    expires_at: datetime | None = None


class CodeCheck(StrEnum):
    """What became of trying a code."""

    ACCEPTED = "accepted"
    WRONG = "wrong"  # or over, or none was asked for
    LOCKED = "locked"  # tried too often: an officer has to look at the request


@transaction.atomic
def ask_code(
    request_id: UUID | str,
    *,
    at: datetime,
    method: Method | None = None,
    version: int | None = None,
    actor: Actor = Actor.PERSON,
    officer_id: int | None = None,
) -> CodeAsked:
    """Send a new code to the contact that was claimed; codes sent before count no more.

    :raises RequestNotFound: if there is no such request.
    :raises NotPossible: if it does not wait for proof.
    :raises ChangedMeanwhile: if it is not at `version` any more.
    :raises ContentDestroyed, KeyUnreadable, KeysUnavailable: if the contact cannot be read.
    """
    request = lock_waiting(request_id, version=version)
    contact = find_contact(read_claims(request), method=method)
    if contact is None:
        return CodeAsked(is_sent=False)
    take_turns(contact)
    last = _find_last(request)
    tries = count_tries(request, contact, at=at)
    if tries.is_locked or tries.codes >= rules.CODES_PER_REQUEST:
        return CodeAsked(is_sent=False)
    if last is not None and at < last.asked_at + rules.RESENT_AFTER:
        return CodeAsked(is_sent=False, expires_at=last.expires_at)
    expires_at = _send(request, contact, at=at, is_withheld=not tries.may_ask)
    tell(
        request,
        EventKind.VERIFICATION_ASKED,
        actor=actor,
        officer_id=officer_id,
        detail={"method": contact.method.value},
    )
    save(request)
    return CodeAsked(is_sent=True, expires_at=expires_at)


@transaction.atomic
def check_code(request_id: UUID | str, *, code: str, at: datetime) -> CodeCheck:
    """Try a code, and return what became of it; never an error for a wrong one, so that each try counts.

    Accepted: the contact is proven, and the request goes on if that is enough.

    :raises RequestNotFound, NotPossible, ContentDestroyed, KeyUnreadable, KeysUnavailable: as `ask_code`.
    """
    request = lock_waiting(request_id)
    row = _find_last(request)
    if row is None:
        return CodeCheck.WRONG
    contact = _read_contact(request, row)
    take_turns(contact)
    tries = count_tries(request, contact, at=at)
    if tries.is_locked:
        return CodeCheck.LOCKED
    Verification.objects.filter(pk=row.pk).update(attempts=F("attempts") + 1)
    is_open = at < row.expires_at and row.attempts < rules.ATTEMPTS_PER_CODE and tries.may_try
    is_right = is_code(row, code, pepper=_PEPPER)
    if is_right and is_open and row.verified_at is None:
        Verification.objects.filter(pk=row.pk).update(verified_at=at)
        prove(request, method=contact.method, identifiers=[contact.as_identifier()], actor=Actor.PERSON)
        return CodeCheck.ACCEPTED
    return _tell_failed(request, attempts=tries.attempts + 1)


def lock_waiting(request_id: UUID | str, *, version: int | None = None) -> Request:
    """Return a request that waits for proof, locked.

    :raises RequestNotFound, ChangedMeanwhile: as `lock_request`.
    :raises NotPossible: if it does not wait for proof.
    """
    request = lock_request(request_id, version=version)
    if request.state != RequestState.VERIFYING:
        raise NotPossible("this request does not wait for proof of who asks")
    return request


def count_tries(request: Request, contact: Contact, *, at: datetime) -> rules.Tries:
    """Return how often codes were asked for and tried, of this request and of this contact."""
    own = Verification.objects.filter(request=request, method__in=_CODED)
    of_contact = Verification.objects.filter(
        contact_index__in=[index for _, index in list_indexes(contact.as_identifier())],
        asked_at__gt=at - rules.WINDOW,
    )
    mine, all_of_it = (
        rows.aggregate(codes=Count("pk"), attempts=Sum("attempts")) for rows in (own, of_contact)
    )
    return rules.Tries(
        codes=mine["codes"],
        attempts=mine["attempts"] or 0,
        codes_of_contact=all_of_it["codes"],
        attempts_of_contact=all_of_it["attempts"] or 0,
    )


def _send(request: Request, contact: Contact, *, at: datetime, is_withheld: bool) -> datetime:
    """Make a code, and have it sent, unless the contact got too many: that, nobody is told."""
    row, code = make_code(request, contact, at=at, pepper=_PEPPER)
    key = vault.open_key(request)
    vault.write_json(request, key, _part(row), {"kind": contact.kind.value, "value": contact.value})
    if not is_withheld:
        send_code(request, contact, code)
    return row.expires_at


def _tell_failed(request: Request, *, attempts: int) -> CodeCheck:
    is_locked = attempts >= rules.ATTEMPTS_PER_REQUEST
    tell(
        request,
        EventKind.VERIFICATION_FAILED,
        actor=Actor.PERSON,
        ground="locked" if is_locked else "",
        detail={"attempts": attempts},
    )
    save(request)
    return CodeCheck.LOCKED if is_locked else CodeCheck.WRONG


def _find_last(request: Request) -> Verification | None:
    coded = request.verifications.filter(method__in=_CODED)
    return coded.order_by("-asked_at", "-pk").first()


def _read_contact(request: Request, row: Verification) -> Contact:
    content = vault.read_json(request, vault.open_key(request), _part(row))
    return Contact(IdentifierKind(content["kind"]), content["value"])


def _part(row: Verification) -> str:
    return f"verification/{row.pk}"
