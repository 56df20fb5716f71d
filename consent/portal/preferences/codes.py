"""Codes that open a visit, or show that a new address is the visitor's, too.

Nobody looks up whether an address is on record: known or not, the same is sent, said and counted. A code is
good in the browser alone that asked for it, whose session holds the row's id; the link beside it, anywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Count, F, Sum

from consent.portal.models import PreferenceCode
from consent.portal.preferences.mails import Letter, queue
from consent.portal.preferences.sealing import seal, unseal
from consent.portal.types import MailKind
from consent.requests.people import list_indexes, newest_index
from consent.requests.rules import codes as rules
from consent.requests.verification.codes import CodeCheck
from consent.requests.verification.contacts import Contact
from consent.requests.verification.making import hash_code, is_code
from consent.requests.verification.turns import take_turns
from consent.subjects.types import IdentifierKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Who wants a code, where to, and what for."""

    contact: Contact
    controller: str
    language: str
    kind: MailKind = MailKind.CODE
    visit_id: str | None = None
    """The visit that the code belongs to; None: it is to open one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What became of a try."""

    outcome: CodeCheck
    contact: Contact | None = None
    """The address that was proven, if the code was right."""
    controller: str = ""


@transaction.atomic
def ask(asking: Asking, *, earlier: Sequence[str], at: datetime) -> list[str]:
    """Send a code, and return the ids that the browser keeps: `earlier` ones, and the new one behind them.

    Whoever asks for too many, for an address that got too many, or again at once, is told the same, and none
    is sent: what is said has to be true of both.

    :raises KeyUnreadable, KeysUnavailable: if it cannot be sealed now.
    """
    take_turns(asking.contact)
    tries = _count_tries(asking.contact, earlier, at=at)
    if tries.is_locked or tries.codes >= rules.CODES_PER_REQUEST or _was_just_asked(asking, earlier, at):
        return list(earlier)
    row, code = _make(asking, at=at)
    if tries.may_ask:
        letter = Letter(kind=asking.kind, to=asking.contact, controller=asking.controller, code=code)
        queue(letter, language=asking.language)
    return [*earlier, str(row.pk)]


@transaction.atomic
def try_code(
    ids: Sequence[str],
    typed: str,
    *,
    at: datetime,
    kind: MailKind = MailKind.CODE,
    visit_id: str | None = None,
) -> Tried:
    """Try the newest code of a browser; never an error for a wrong one, so that each try counts.

    :raises KeyUnreadable, KeysUnavailable: if the address that it went to cannot be read.
    """
    rows = PreferenceCode.objects.filter(pk__in=ids[-1:], kind=kind)
    own = rows.filter(visit_id=visit_id) if visit_id else rows.filter(visit__isnull=True)
    row = own.order_by("pk").first()
    if row is None:
        return Tried(outcome=CodeCheck.WRONG)
    content = unseal(row)
    contact = Contact(IdentifierKind(content["kind"]), content["value"])
    take_turns(contact)
    row.refresh_from_db(fields=["attempts", "used_at"])
    tries = _count_tries(contact, ids, at=at)
    if tries.is_locked:
        return Tried(outcome=CodeCheck.LOCKED)
    PreferenceCode.objects.filter(pk=row.pk).update(attempts=F("attempts") + 1)
    is_open = at < row.expires_at and row.attempts < rules.ATTEMPTS_PER_CODE and tries.may_try
    if is_code(row, typed, pepper=_pepper(kind)) and is_open and row.used_at is None:
        PreferenceCode.objects.filter(pk=row.pk).update(used_at=at)
        return Tried(outcome=CodeCheck.ACCEPTED, contact=contact, controller=row.controller)
    is_locked = tries.attempts + 1 >= rules.ATTEMPTS_PER_REQUEST
    return Tried(outcome=CodeCheck.LOCKED if is_locked else CodeCheck.WRONG)


def _make(asking: Asking, *, at: datetime) -> tuple[PreferenceCode, str]:
    code = rules.make_code()
    row = PreferenceCode(
        id=uuid4(),
        kind=asking.kind,
        controller=asking.controller,
        visit_id=UUID(asking.visit_id) if asking.visit_id else None,
        contact_index=newest_index(asking.contact.as_identifier()),
        asked_at=at,
        expires_at=at + rules.LIFETIME,
    )
    row.code_hash = hash_code(row.pk, code, pepper=_pepper(asking.kind))
    seal(row, {"kind": asking.contact.kind.value, "value": asking.contact.value})
    row.save(force_insert=True)
    return row, code


def _count_tries(contact: Contact, ids: Sequence[str], *, at: datetime) -> rules.Tries:
    """Return how often codes were asked for and tried, in this browser and of this address."""
    indexes = [index for _, index in list_indexes(contact.as_identifier())]
    own = PreferenceCode.objects.filter(pk__in=ids)
    of_contact = PreferenceCode.objects.filter(contact_index__in=indexes, asked_at__gt=at - rules.WINDOW)
    mine, all_of_it = (
        rows.aggregate(codes=Count("pk"), attempts=Sum("attempts")) for rows in (own, of_contact)
    )
    return rules.Tries(
        codes=mine["codes"],
        attempts=mine["attempts"] or 0,
        codes_of_contact=all_of_it["codes"],
        attempts_of_contact=all_of_it["attempts"] or 0,
    )


def _was_just_asked(asking: Asking, earlier: Sequence[str], at: datetime) -> bool:
    """Return whether this browser asked for a code to the same address a moment ago, and it is still good."""
    last = PreferenceCode.objects.filter(
        pk__in=earlier[-1:],
        kind=asking.kind,
        controller=asking.controller,
        contact_index=newest_index(asking.contact.as_identifier()),
        asked_at__gt=at - rules.RESENT_AFTER,
        used_at__isnull=True,
        attempts__lt=rules.ATTEMPTS_PER_CODE,
    )
    return last.exists()


def _pepper(kind: MailKind | str) -> str:
    return f"accordant.preferences.{kind}"
