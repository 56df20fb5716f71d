"""Telling what waits: claimed one by one, sent while no transaction is open, marked by who claimed it last.

What is told is where the request stands at that moment. An address that was told just that is not told again.
"""

import hashlib
import json
from collections import Counter
from datetime import timedelta
from enum import Enum, auto
from time import monotonic

from django.conf import settings
from django.db.models.functions import Now

from consent.kernel.errors import AccordantError
from consent.keys.types import KeyUnreadable
from consent.network.client import Limits, open_client
from consent.network.errors import DeliveryRefused
from consent.network.patience import Asker, Patience, Question
from consent.requests.models import Callback
from consent.requests.protocols import parts
from consent.requests.protocols.drp.statuses import tell_status as tell_drp
from consent.requests.protocols.opendsr import statuses as opendsr
from consent.requests.protocols.opendsr.signing import sign_headers
from consent.requests.types import Channel
from lineage.leases.claiming import back_off, claim, end, put_off

_LEASE = timedelta(minutes=3)
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(hours=6)
_MOST_FAILURES = 16  # about two days
_LIMITS = Limits(
    connect_seconds=10, read_seconds=20, write_seconds=20, total_seconds=45, answer_bytes=100_000
)


class Told(Enum):
    """What became of a call-back."""

    TOLD = auto()
    SAME = auto()  # there was nothing new in it
    PUT_OFF = auto()
    GIVEN_UP = auto()
    LOST = auto()  # another worker has it meanwhile


def tell_waiting(*, limit: int, until: float) -> Counter[Told]:
    """Tell up to `limit` that are due, until the monotonic time `until`; return what became of them.

    Safe to run twice, at the same time, and to kill.
    """
    outcomes: Counter[Told] = Counter()
    waiting = Callback.objects.waiting().select_related(
        "protocol_request", "protocol_request__request", "protocol_request__request__joined_to"
    )
    while outcomes.total() < limit and monotonic() < until:
        taken = claim(waiting, limit=1, lease=_LEASE)
        if not taken:
            break
        outcomes[tell_caller(taken[0])] += 1
    return outcomes


def tell_caller(callback: Callback) -> Told:
    """Tell one address where its request stands, and mark what became of it."""
    try:
        content, headers, url = _make(callback)
        digest = hashlib.sha256(content).hexdigest()
        if digest == callback.told_digest:
            return _mark(callback, Told.SAME, digest)
        _send(url, content, headers)
    except (DeliveryRefused, KeyUnreadable) as error:
        return _give_up(callback, error)
    except AccordantError as error:
        return _put_off(callback, error)
    return _mark(callback, Told.TOLD, digest)


def _make(callback: Callback) -> tuple[bytes, dict[str, str], str]:
    asked = callback.protocol_request
    if asked.request is None:
        raise DeliveryRefused("there is nothing to tell of what was denied at once")
    urls = parts.read(asked.request).callbacks
    if callback.number >= len(urls):
        raise DeliveryRefused("what the request held was destroyed: nobody knows the address any more")
    url = urls[callback.number]
    headers = {"Content-Type": "application/json"}
    if asked.channel == Channel.DRP:
        return json.dumps(tell_drp(asked)).encode(), headers, url
    content = json.dumps(opendsr.tell_callback(asked, url=url)).encode()
    return content, {**headers, **sign_headers(content)}, url


def _send(url: str, content: bytes, headers: dict[str, str]) -> None:
    with open_client(url, allow_local=settings.ALLOW_LOCAL_DESTINATIONS, limits=_LIMITS) as client:
        asker = Asker(client=client, name="the caller", patience=Patience(attempts=1))
        asker.ask(lambda: Question(method="POST", headers=headers, content=content))


def _mark(callback: Callback, outcome: Told, digest: str) -> Told:
    changes = {"told": callback.wanted, "told_digest": digest, "failures": 0, "last_error": ""}
    return outcome if end(callback, told_at=Now(), **changes) else Told.LOST


def _put_off(callback: Callback, error: AccordantError) -> Told:
    failures = callback.failures + 1
    if failures >= _MOST_FAILURES:
        return _give_up(callback, error)
    delay = back_off(failures, first=_FIRST_WAIT, longest=_LONGEST_WAIT)
    ours = put_off(callback, error=str(error), delay=delay, failures=failures)
    return Told.PUT_OFF if ours else Told.LOST


def _give_up(callback: Callback, error: AccordantError) -> Told:
    ours = end(callback, given_up_at=Now(), failures=0, last_error=str(error)[:500])
    return Told.GIVEN_UP if ours else Told.LOST
