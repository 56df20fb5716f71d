"""The story's fourth chapter: one question over the API, asked of both processes that answer it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.error import HTTPError

from activation.decisions.types import Question
from config.demo.calls import Api
from config.demo.evidence import StoryFailed
from config.demo.telling import Teller
from consent.ledger import queries as ledger

PATIENCE = 120.0
"""Seconds that the sequencer and the check server get, on a busy machine."""
LOOK = 0.002
"""Seconds between looks."""
Answer = dict[str, Any]


@dataclass(slots=True)
class Asking:
    """Asks the web process, and the check server the same; both must say the same."""

    web: Api
    check_server: Api
    question: Question
    teller: Teller
    checks: list[dict[str, Any]] = field(default_factory=list)
    """What was asked and answered."""

    def ask(self, who: str, customer_id: str, *, expected: bool, **context: str) -> None:
        """Ask both about one customer.

        :raises StoryFailed: if an answer is not the expected one, or the two differ.
        """
        answer = self._evaluate(self.web, customer_id, **context)
        decision, reason = answer["decision"], answer["context"]["reason"]
        if decision is not expected:
            raise StoryFailed(f"{who} was answered {decision}, and should not have been")
        self._wait_for_check_server(
            lambda other: _content_of(other) == _content_of(answer), customer_id, **context
        )
        self.teller.say(
            f"{who}, {customer_id}: {'allow' if decision else 'deny'}, {reason}; the check server: the same"
        )
        self.checks.append({"who": who, "customer_id": customer_id, "decision": decision, "reason": reason})

    def wait_until_caught_up(self, customer_id: str) -> None:
        """Let the ledger give every event its place, and the check server's store reach its end.

        :raises StoryFailed: if one of them does not.
        """
        _wait_until(lambda: ledger.get_oldest_pending() is None, "the sequencer does not come to an end")
        size = ledger.get_size()
        self._wait_for_check_server(lambda answer: answer["context"]["watermark"] >= size, customer_id)
        self.teller.say(f"The check server's store holds all {size:,} entries of the ledger.")

    def withdraw(self, customer_id: str) -> tuple[str, float]:
        """Withdraw for one customer; return the write's token, and after how many ms the check server denied.

        They are counted from when the write was answered: it was committed a moment before that.

        :raises StoryFailed: if the check server goes on allowing.
        """
        token = self.web.withdraw(purpose=self.question.purpose, customer_id=customer_id)
        self.teller.say(f"Customer {customer_id} withdraws, through the API.")
        milliseconds = self.wait_until_denied(customer_id)
        self.teller.say(
            f"The check server denies {milliseconds:,.1f} ms after the withdrawal was written and answered."
        )
        return token, milliseconds

    def wait_until_denied(self, customer_id: str) -> float:
        """Return how many ms from now the check server goes on allowing.

        :raises StoryFailed: if it does not end.
        """
        begun_at = time.perf_counter()
        self._wait_for_check_server(lambda answer: not answer["decision"], customer_id)
        return round((time.perf_counter() - begun_at) * 1000, 1)

    def _wait_for_check_server(
        self, is_right: Callable[[Answer], bool], customer_id: str, **context: str
    ) -> None:
        """Ask the check server until it is right: it learns of a new key within a second."""
        _wait_until(
            lambda: self._is_right(is_right, customer_id, **context),
            f"the check server does not say of {customer_id} what it should",
        )

    def _is_right(self, is_right: Callable[[Answer], bool], customer_id: str, **context: str) -> bool:
        try:
            return is_right(self._evaluate(self.check_server, customer_id, **context))
        except HTTPError as error:
            error.close()
            if error.code == 401:
                return False
            raise

    def _evaluate(self, api: Api, customer_id: str, **context: str) -> Answer:
        return api.evaluate(question=self.question, customer_id=customer_id, **context)


def _wait_until(is_so: Callable[[], bool], fault: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() > deadline:
            raise StoryFailed(fault)
        time.sleep(LOOK)


def _content_of(answer: Answer) -> Answer:
    """Return the answer but for the watermark: the ledger may have grown between two questions."""
    context = {name: value for name, value in answer["context"].items() if name != "watermark"}
    return {**answer, "context": context}
