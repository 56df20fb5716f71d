"""Asking again: a bounded number of times, after bounded waits, and only where it may help."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from enum import Enum, auto

from consent.network.client import Answer, GuardedClient, RecipientSilent
from consent.network.errors import DeliveryFailed, DeliveryRefused


class Verdict(Enum):
    """What an answer means for the question."""

    TAKEN = auto()
    AGAIN = auto()  # not now: it may be asked again
    REFUSED = auto()  # the same again would be refused again


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One request."""

    method: str
    target: str | None = None
    """Path and query; those of the client's address if None."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How often to ask, and how long to wait in between."""

    attempts: int = 4
    first_wait_seconds: float = 1.0
    """The second wait is twice as long, and so on."""
    longest_wait_seconds: float = 30.0
    """A recipient that wants more is not waited for."""
    sleep: Callable[[float], None] = time.sleep


def judge_status(answer: Answer) -> Verdict:
    """Return what the status says where a service says nothing more."""
    if 200 <= answer.status < 300:
        return Verdict.TAKEN
    return Verdict.AGAIN if answer.status in {408, 425, 429} or answer.status >= 500 else Verdict.REFUSED


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """One recipient's service, asked patiently."""

    client: GuardedClient
    name: str
    """What the operator knows it as."""
    patience: Patience
    judge: Callable[[Answer], Verdict] = judge_status
    tell: Callable[[Answer], str] = lambda _: ""
    """What an answer that was refused says beyond its status: never a value that was sent."""

    def ask(self, make: Callable[[], Question]) -> Answer:
        """Return the answer that took the question; `make` makes it anew for each attempt.

        :raises DeliveryRefused: if the recipient refuses it.
        :raises DeliveryFailed: if it did not take it in all attempts, or wants a longer wait than we grant.
        """
        for attempt in range(1, self.patience.attempts + 1):
            is_last = attempt == self.patience.attempts
            answer = self._try(make(), is_last=is_last)
            verdict = Verdict.AGAIN if answer is None else self.judge(answer)
            if answer is not None and verdict is Verdict.TAKEN:
                return answer
            if answer is not None and verdict is Verdict.REFUSED:
                raise DeliveryRefused(
                    f"{self.name} refused with status {answer.status}{self.tell(answer)}: look at the"
                    " settings and credentials of the destination, and at what the recipient lets us do"
                )
            if is_last:
                break
            self.patience.sleep(self._wait(attempt, answer))
        raise DeliveryFailed(
            f"{self.name} did not take it in {self.patience.attempts} attempts: deliver again later"
        )

    def _try(self, question: Question, *, is_last: bool) -> Answer | None:
        try:
            return self.client.ask(
                question.method, question.target, headers=question.headers, content=question.content
            )
        except RecipientSilent as silent:
            if is_last:
                raise DeliveryFailed(f"{self.name}: {silent}; deliver again later") from None
            return None

    def _wait(self, attempt: int, answer: Answer | None) -> float:
        asked_for = wanted_wait(answer) if answer else None
        if asked_for is not None and asked_for > self.patience.longest_wait_seconds:
            raise DeliveryFailed(
                f"{self.name} asks to wait for {asked_for:.0f} seconds: deliver again after that"
            )
        wait = self.patience.first_wait_seconds * float(2 ** (attempt - 1))
        return min(max(wait, asked_for or 0.0), self.patience.longest_wait_seconds)


def wanted_wait(answer: Answer) -> float | None:
    """Return the seconds that the recipient asks to wait, None if it does not.

    `Retry-After` is a number, or a date; `X-RateLimit-Reset` a time. Those are told from the answer's own
    `Date`: its clock need not be ours.
    """
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    said_at = _read_date(answer.headers.get("date"))
    if said_at is None:
        return None
    if until := _read_date(text):
        return max((until - said_at).total_seconds(), 0.0)
    reset = answer.headers.get("x-ratelimit-reset", "").strip()
    if answer.status == 429 and reset.isascii() and reset.isdigit():
        return max(float(reset[:12]) - said_at.timestamp(), 0.0)
    return None


def _read_date(text: str | None) -> datetime | None:
    try:
        read = parsedate_to_datetime(text) if text else None
    except (ValueError, TypeError):
        return None
    return read if read is not None and read.tzinfo is not None else None
