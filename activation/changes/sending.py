"""Handing messages to a webhook's receiver: several at once, those of one subject one after the other."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum, auto

from standardwebhooks.webhooks import Webhook

from activation.changes.rules import id_of, in_lanes
from activation.changes.types import Change, Refusal
from consent.network.client import Answer, GuardedClient
from consent.network.errors import DeliveryFailed, DeliveryRefused
from consent.network.patience import wanted_wait

_OF_THE_ENDPOINT = frozenset({401, 403, 404, 405, 407})
"""Refusals that speak of the address or the secret, not of one message: none is parked for them."""
_NOT_NOW = frozenset({408, 425, 429})
_GONE = 410


class Verdict(Enum):
    """What an answer means for the message."""

    TAKEN = auto()
    LATER = auto()  # the receiver does not take anything now
    REFUSED = auto()  # it does not take this message
    GONE = auto()  # it never will take anything again


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one message."""

    verdict: Verdict
    status: int = 0
    error: str = ""
    wait: float = 0.0
    """The seconds that the receiver asks to wait."""


@dataclass(slots=True)
class Sent:
    """What became of some messages. What is in none of these was not tried."""

    taken: set[int] = field(default_factory=set)
    refused: list[Refusal] = field(default_factory=list)
    trouble: Outcome | None = None
    """Why no more were tried: the receiver does not take any now, or is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Signs messages of one subscription and hands them over."""

    slug: str
    signers: Sequence[Webhook] = field(repr=False)
    """The newest secret first; while one takes another's place, both sign."""
    open: Callable[[], GuardedClient]
    clock: Callable[[], datetime]

    def send_all(self, changes: Iterable[Change], *, in_flight: int, is_over: Callable[[], bool]) -> Sent:
        """Send `changes`, given in their order, and return what became of them.

        Each is tried once. One that is refused holds back the later ones of its subjects; trouble of the
        receiver's holds back all. Once `is_over`, nothing new is begun.
        """
        lanes, sent = deque(in_lanes(changes)), Sent()
        crew = _Crew(self, lanes, sent, is_over)
        if len(lanes) <= 1 or in_flight <= 1:
            crew.work()
            return sent
        with ThreadPoolExecutor(min(in_flight, len(lanes))) as pool:
            for working in [pool.submit(crew.work) for _ in range(min(in_flight, len(lanes)))]:
                working.result()
        return sent

    def send(self, client: GuardedClient, message_id: str, body: bytes) -> Outcome:
        """Send one message, and return what became of it."""
        try:
            answer = client.ask("POST", headers=self._sign(message_id, body), content=body)
        except DeliveryFailed as silent:
            return Outcome(verdict=Verdict.LATER, error=str(silent))
        return _judge(answer)

    def _sign(self, message_id: str, body: bytes) -> dict[str, str]:
        """Return the headers, signed now: a receiver refuses what was signed minutes ago."""
        at = self.clock().astimezone(UTC)
        return {
            "Content-Type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": " ".join(one.sign(message_id, at, body.decode()) for one in self.signers),
        }


class _Crew:
    """Threads that share lanes. Each takes one, and sends what is in it, one after the other."""

    def __init__(
        self, sender: Sender, lanes: deque[deque[Change]], sent: Sent, is_over: Callable[[], bool]
    ) -> None:
        self._sender = sender
        self._lanes = lanes
        self._sent = sent
        self._is_over = is_over
        self._lock = threading.Lock()

    def work(self) -> None:
        """Send until there is nothing left, or the receiver is in trouble, or time is over."""
        try:
            with closing(self._sender.open()) as client:
                while (lane := self._next_lane()) is not None:
                    self._send_lane(client, lane)
        except (DeliveryRefused, DeliveryFailed) as error:  # its address leads nowhere, or where none may be
            self._stop(Outcome(verdict=Verdict.LATER, error=str(error)))

    def _next_lane(self) -> deque[Change] | None:
        with self._lock:
            return self._lanes.popleft() if self._lanes and not self._must_stop() else None

    def _send_lane(self, client: GuardedClient, lane: Iterable[Change]) -> None:
        for change in lane:
            if self._must_stop():
                return
            outcome = self._sender.send(client, id_of(self._sender.slug, change.event_id), change.body)
            if outcome.verdict is Verdict.TAKEN:
                self._sent.taken.add(change.index)
            elif outcome.verdict is Verdict.REFUSED:
                self._sent.refused.append(
                    Refusal(
                        event_id=change.event_id,
                        index=change.index,
                        status=outcome.status,
                        error=outcome.error,
                    )
                )
                return
            else:
                self._stop(outcome)
                return

    def _must_stop(self) -> bool:
        return self._sent.trouble is not None or self._is_over()

    def _stop(self, outcome: Outcome) -> None:
        with self._lock:
            if self._sent.trouble is None or outcome.verdict is Verdict.GONE:
                self._sent.trouble = outcome


def _judge(answer: Answer) -> Outcome:
    status = answer.status
    if 200 <= status < 300:
        return Outcome(verdict=Verdict.TAKEN, status=status)
    if status == _GONE:
        return Outcome(
            verdict=Verdict.GONE, status=status, error="the receiver answered 410: it is gone for good"
        )
    if 400 <= status < 500 and status not in _OF_THE_ENDPOINT | _NOT_NOW:
        told = f"the receiver refuses the message with status {status}"
        return Outcome(verdict=Verdict.REFUSED, status=status, error=told)
    wait = wanted_wait(answer) or 0.0
    return Outcome(verdict=Verdict.LATER, status=status, error=_tell_trouble(status), wait=wait)


def _tell_trouble(status: int) -> str:
    if status in _OF_THE_ENDPOINT:
        return f"the receiver answers {status}: look at the address, and at the secret that it has"
    if 300 <= status < 400:
        return (
            f"the receiver answers {status}: it is elsewhere, and we follow nobody; connect the new address"
        )
    return f"the receiver answers {status}: it does not take messages now"
