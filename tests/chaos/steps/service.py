"""A service that holds people's data, is in trouble now and then, and remembers all that it did."""

import threading
from collections import Counter
from random import Random
from typing import Any

from tests.fakes.service import Asked, FakeService, Rejected, Reply

ROWS = 40
IN_TROUBLE, LOST = 0.05, 0.10
"""How often it answers 503 and does nothing; how often it does it, and the answer is lost."""


class TroubledService(FakeService):
    """Corrects and hands over. It does what comes under a key once."""

    def __init__(self, *, seed: int = 0) -> None:
        super().__init__()
        self.effects: Counter[str] = Counter()
        """E-mail address -> how often it was corrected."""
        self.keys: dict[str, str] = {}
        """Key -> the address that first came under it."""
        self.changed: list[str] = []
        self._chance = Random(seed)  # noqa: S311 - no secret
        self._turn = threading.Lock()

    def reply_to(self, asked: Asked) -> Reply | str:
        """Answer, be in trouble, or lose the answer. One request at a time."""
        with self._turn:
            drawn = self._chance.random()
            if drawn < IN_TROUBLE:
                return Reply(503)
            try:
                reply = self.answer(asked)
            except Rejected as rejected:
                self.complaints.append(rejected.reply.body)
                return rejected.reply
            return "close" if drawn < IN_TROUBLE + LOST else reply

    def answer(self, asked: Asked) -> Reply:
        """Do it, once for each key."""
        (email,) = asked.json()["emails"]
        if asked.path == "/collect":
            rows = [{"email": email, "n": n, "text": "x" * 2000} for n in range(ROWS)]
            return Reply(200, {"rows": rows, "total": ROWS})
        key = asked.headers["idempotency-key"]
        if key not in self.keys:
            self.keys[key] = email
            self.effects[email] += 1
        elif self.keys[key] != email:
            self.changed.append(key)
        return Reply(200, {"found": 1, "done": 1})

    def settings(self) -> dict[str, Any]:
        """Return how the data map declares it."""
        body = {"emails": "{{email[]}}"}
        counts = {"dataset": "people", "found": "/found", "done": "/done"}
        rows = {"dataset": "people", "rows": "/rows", "found": "/total"}
        return {
            "url": self.url,
            "attempts": 1,
            "timeout_seconds": 5.0,
            "actions": {
                "collect": {"path": "/collect", "body": body, "answer": rows},
                "rectify": {"path": "/rectify", "body": body, "answer": counts},
            },
        }
