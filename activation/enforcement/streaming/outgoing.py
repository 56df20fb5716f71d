"""What leaves: allowed events with what is owed done, and a line about each denied one."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
from confluent_kafka import TIMESTAMP_NOT_AVAILABLE, Message

from activation.enforcement.streaming.deciding import Answer
from activation.enforcement.streaming.events import PersonReader, Unusable, write_event
from activation.enforcement.streaming.keys import KeyRule
from activation.enforcement.streaming.types import EventFault, StreamTerms
from activation.obligations.objects import ObjectPlan
from activation.obligations.plan import ObligationNotSupported, Obligations
from consent.subjects.types import IdentifierKind

_MOST_PLANS = 1_000
Headers = list[tuple[str, bytes | str | None]]
_OVERHEAD = 128
"""Bytes that the form of a message takes at most besides what is in it."""


class Outgoing(NamedTuple):
    """One message to be sent."""

    topic: str
    value: bytes
    key: bytes | None
    timestamp: int
    headers: Headers | None
    identifiers: Mapping[IdentifierKind, str] | None = None
    """As they leave, if they were asked for."""


class Writer:
    """Makes what leaves of events and answers."""

    def __init__(self, terms: StreamTerms, people: PersonReader, *, largest: int) -> None:
        """Take the terms; `largest` is how many bytes the topic of allowed events takes at a time."""
        self._terms, self._people, self._largest = terms, people, largest
        self._key_rule = KeyRule(terms.identifiers)
        self._plans: dict[Obligations, ObjectPlan] = {}
        self._seen_plans: dict[int, tuple[Obligations, ObjectPlan]] = {}
        """By which object the obligations are: to hash what is in them takes longer."""
        self._starts: dict[tuple[str, int, int], bytes] = {}

    def allow(
        self, message: Message, event: dict[str, Any], answer: Answer, *, with_identifiers: bool
    ) -> Outgoing:
        """Return the event as it leaves.

        :raises Unusable: if it cannot leave so.
        """
        owed = answer.owed
        known = self._seen_plans.get(id(owed))
        plan = known[1] if known is not None and known[0] is owed else self._plan(owed)
        key = _bytes(message.key())
        try:
            if plan.owed:
                left = plan.apply(event)
                key = self._key_rule.apply(key, event, left, plan)
            else:
                left = event
            value = write_event(left)
        except ObligationNotSupported:
            raise Unusable(EventFault.OBLIGATION_NOT_SUPPORTED) from None
        except (RecursionError, ValueError, OverflowError):
            raise Unusable(EventFault.UNREADABLE) from None
        headers = self._headers(message, plan) if self._terms.headers else None
        size = len(value) + len(key or b"") + _length(headers)
        if size + _OVERHEAD > self._largest:
            raise Unusable(EventFault.TOO_LARGE)
        identifiers = self._people.as_they_left(left) if with_identifiers else None
        kind, timestamp = message.timestamp()
        sent_at = 0 if kind == TIMESTAMP_NOT_AVAILABLE or timestamp < 0 else timestamp
        return Outgoing(self._terms.allowed, value, key, sent_at, headers, identifiers)

    def deny(self, partition: int, offset: int, answer: Answer) -> Outgoing:
        """Return what is told of a denied event: nothing that it holds."""
        start = self._starts.get((answer.reason, answer.policy_version, answer.watermark))
        if start is None:
            start = self._start(answer)
        value = b'%b"partition":%d,"offset":%d}}' % (start, partition, offset)
        return Outgoing(self._terms.denied, value, None, 0, None)

    def _plan(self, owed: Obligations) -> ObjectPlan:
        plan = self._plans.get(owed)
        if plan is None:
            try:
                plan = ObjectPlan(owed, dict(self._terms.identifiers))
            except ObligationNotSupported:
                raise Unusable(EventFault.OBLIGATION_NOT_SUPPORTED) from None
            if len(self._plans) >= _MOST_PLANS:
                self._plans.clear()
            self._plans[owed] = plan
        if len(self._seen_plans) >= _MOST_PLANS:
            self._seen_plans.clear()
        self._seen_plans[id(owed)] = owed, plan
        return plan

    def _headers(self, message: Message, plan: ObjectPlan) -> Headers | None:
        """Return the headers that were named, but none that an obligation hides."""
        sent = message.headers() or ()
        pairs = list(sent.items() if isinstance(sent, dict) else sent)
        kept = [pair for pair in pairs if pair[0] in self._terms.headers and not plan.order_on(pair[:1])[0]]
        return kept or None

    def _start(self, answer: Answer) -> bytes:
        terms = self._terms
        told = {
            "reason": answer.reason,
            "purpose": terms.purpose,
            "destination": terms.destination,
            "controller": terms.controller,
            "policy_version": answer.policy_version,
            "watermark": answer.watermark,
            "source": {"topic": terms.input},
        }
        start = msgspec.json.encode(told).removesuffix(b"}}") + b","
        if len(self._starts) >= 1_000:
            self._starts.clear()
        self._starts[answer.reason, answer.policy_version, answer.watermark] = start
        return start


def _bytes(sent: str | bytes | None) -> bytes | None:
    """Return what was sent; the library may say text of it."""
    return sent.encode() if isinstance(sent, str) else sent


def _length(headers: Headers | None) -> int:
    return sum(len(header[0]) + len(header[1] or "") for header in headers or ())
