"""Sending what waits: claimed one by one, sent while no transaction is open, marked by who claimed it last.

A worker that dies between sending and marking has the message sent twice, with the same Message-ID.
"""

from datetime import timedelta
from time import monotonic

from django.db.models.functions import Now

from consent.kernel.errors import AccordantError
from consent.keys.types import KeyUnreadable
from consent.ledger.queries import get_time
from consent.portal.models import PortalMessage
from consent.portal.preferences.mails import read, write
from consent.requests.mails.channels import send_email, send_text
from consent.requests.mails.errors import MessageRefused
from lineage.leases.claiming import back_off, claim, end, put_off, storable

_LEASE = timedelta(minutes=3)  # longer than any way out lets itself be waited for
_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
_MOST_FAILURES = 5  # about as long as a code is valid
_EMPTY = {"kek_version": 0, "wrapped": b"", "sealed": b""}
"""What was sent, or will never be, is nobody's any more."""


def send_waiting(*, limit: int, until: float) -> int:
    """Send up to `limit` messages that are due, until the monotonic time `until`; return how many were tried.

    Safe to run twice, at the same time, and to kill.
    """
    tried = 0
    while tried < limit and monotonic() < until:
        taken = claim(PortalMessage.objects.waiting(), limit=1, lease=_LEASE)
        if not taken:
            break
        _send(taken[0])
        tried += 1
    return tried


def _send(message: PortalMessage) -> None:
    try:
        letter = read(message)
        mail = write(letter, language=message.language, at=get_time())
        send = send_text if letter.to.is_sms else send_email
        send(mail, to=letter.to.value, message_id=message.pk)
    except (MessageRefused, KeyUnreadable) as error:
        _give_up(message, error)
    except AccordantError as error:  # the way out, or the keys, are away for now
        _put_off(message, error)
    else:
        end(message, sent_at=Now(), last_error="", **_EMPTY)


def _put_off(message: PortalMessage, error: AccordantError) -> None:
    failures = message.failures + 1
    if failures >= _MOST_FAILURES:
        _give_up(message, error)
        return
    delay = back_off(failures, first=_FIRST_WAIT, longest=_LONGEST_WAIT)
    put_off(message, error=str(error), delay=delay, failures=failures)


def _give_up(message: PortalMessage, error: AccordantError) -> None:
    end(message, given_up_at=Now(), failures=message.failures + 1, last_error=storable(str(error)), **_EMPTY)
