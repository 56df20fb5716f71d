"""Sending what waits: claimed one by one, sent while no transaction is open, marked by who claimed it last.

A worker that dies between sending and marking has the message sent twice, with the same Message-ID.
"""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from enum import Enum, auto
from time import monotonic

from django.db import transaction
from django.db.models.functions import Now

from consent.kernel.errors import AccordantError
from consent.keys.types import KeyUnreadable
from consent.ledger.queries import get_time
from consent.requests import vault
from consent.requests.mails import links
from consent.requests.mails.channels import send_email, send_text
from consent.requests.mails.contents import CONTRACTS, WrongContext
from consent.requests.mails.errors import MessageRefused
from consent.requests.mails.reading import describe, local_date, part_name, read_message
from consent.requests.mails.writing import Mail, Surroundings, write_mail
from consent.requests.models import Message
from consent.requests.moving import lock_request, save
from consent.requests.timeline import tell
from consent.requests.types import Actor, ContentDestroyed, EventKind, MailTemplate
from lineage.leases.claiming import back_off, claim, end, put_off

_LEASE = timedelta(minutes=3)  # longer than any way out lets itself be waited for
_FIRST_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=6)
_MOST_FAILURES = 16  # about two days
_MOST_FAILURES_OF_A_CODE = 5  # about as long as it is valid
_HIDDEN_CODE = "······"


class Sent(Enum):
    """What became of a message."""

    SENT = auto()
    PUT_OFF = auto()
    GIVEN_UP = auto()
    LOST = auto()  # another worker has it meanwhile


def send_waiting(*, limit: int, until: float) -> Counter[Sent]:
    """Send up to `limit` messages that are due, until the monotonic time `until`; return what became of them.

    Safe to run twice, at the same time, and to kill.
    """
    outcomes: Counter[Sent] = Counter()
    while outcomes.total() < limit and monotonic() < until:
        taken = claim(Message.objects.waiting().select_related("request"), limit=1, lease=_LEASE)
        if not taken:
            break
        outcomes[send_message(taken[0])] += 1
    return outcomes


def send_message(message: Message) -> Sent:
    """Send a claimed message, and mark what became of it."""
    try:
        to, context = read_message(message)
        mail = _write(message, context)
        send = send_text if message.by_sms else send_email
        send(mail, to=to, message_id=message.pk)
    except (MessageRefused, WrongContext, ContentDestroyed, KeyUnreadable) as error:
        return _give_up(message, error)
    except AccordantError as error:  # the way out, or the keys, are away for now
        return _put_off(message, error)
    return _mark_sent(message, to, context)


def _write(message: Message, context: dict[str, str]) -> Mail:
    template = MailTemplate(message.template)
    around = describe(message.request)
    if CONTRACTS[template].link:
        around = _with_link(message, context, around)
    return write_mail(template, language=message.language, context=context, around=around)


def _with_link(message: Message, context: dict[str, str], around: Surroundings) -> Surroundings:
    """Make the link that the mail carries: its token is in the mail, and nowhere else."""
    purpose = CONTRACTS[MailTemplate(message.template)].link
    assert purpose is not None  # noqa: S101 - the caller looked
    at = get_time()
    lifetime = links.read_lifetime(purpose, context.get("link_until", ""), at=at)
    token = links.make_link(message.request, purpose, lifetime=lifetime, at=at)
    ends_on = local_date(at + lifetime, message.request.zone)
    return replace(around, link=links.make_address(token, purpose), link_ends_on=ends_on)


@transaction.atomic
def _mark_sent(message: Message, to: str, context: dict[str, str]) -> Sent:
    if not end(message, sent_at=Now(), last_error=""):
        return Sent.LOST
    if "code" in context:  # nobody needs it any more: its hash is what it is checked by
        content = {"to": to, "context": {**context, "code": _HIDDEN_CODE}}
        key = vault.open_key(message.request)
        vault.write_json(message.request, key, part_name(message), content)
    tell(message.request, EventKind.MAIL_SENT, actor=Actor.SYSTEM, detail=_detail(message))
    if message.template == MailTemplate.RECEIVED:
        _acknowledge(message)
    return Sent.SENT


def _acknowledge(message: Message) -> None:
    """The person has been told that their request is here: some laws give a date for it."""
    request = lock_request(message.request_id)
    if request.acknowledged_at is None:
        request.acknowledged_at = get_time()
        tell(request, EventKind.ACKNOWLEDGED, actor=Actor.SYSTEM)
        save(request, "acknowledged_at")


def _put_off(message: Message, error: AccordantError) -> Sent:
    failures = message.failures + 1
    most = _MOST_FAILURES_OF_A_CODE if message.template == MailTemplate.CODE else _MOST_FAILURES
    if failures >= most:
        return _give_up(message, error)
    delay = back_off(failures, first=_FIRST_WAIT, longest=_LONGEST_WAIT)
    ours = put_off(message, error=str(error), delay=delay, failures=failures)
    return Sent.PUT_OFF if ours else Sent.LOST


@transaction.atomic
def _give_up(message: Message, error: AccordantError) -> Sent:
    changes = {"given_up_at": Now(), "failures": message.failures + 1, "last_error": str(error)[:500]}
    if not end(message, **changes):
        return Sent.LOST
    detail = {**_detail(message), "reason": error.code}
    tell(message.request, EventKind.MAIL_FAILED, actor=Actor.SYSTEM, detail=detail)
    return Sent.GIVEN_UP


def _detail(message: Message) -> dict[str, str]:
    way = "sms" if message.by_sms else "email"
    return {"message": str(message.pk), "template": message.template, "way": way}
