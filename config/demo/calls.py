"""The story's calls of the API, over HTTP like any other caller's."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.request import Request, urlopen

from activation.decisions.types import Question

TIMEOUT = 30.0  # seconds


@dataclass(frozen=True, slots=True)
class AdPlatformPage:
    """Where the demo's ad platform listens, and the secret that it shares with us."""

    url: str
    secret: str

    def figures(self) -> dict[str, Any]:
        """Return what it holds and has taken out, in numbers."""
        with urlopen(f"{self.url}state.json", timeout=TIMEOUT) as response:  # noqa: S310
            figures: dict[str, Any] = json.load(response)
            return figures


@dataclass(frozen=True, slots=True)
class Api:
    """One caller: where it calls, and with which key."""

    url: str
    key: str

    def post(self, path: str, body: Any) -> dict[str, Any]:
        """Return the answer to `body` at `path`.

        :raises urllib.error.HTTPError: if the answer is not a success; :raises OSError: if there is none.
        """
        request = Request(  # noqa: S310 - the address is the demo's own server
            f"{self.url}{path}",
            data=json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"},
        )
        with urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310
            answer: dict[str, Any] = json.load(response)
            return answer

    def evaluate(self, *, question: Question, customer_id: str, **context: str) -> dict[str, Any]:
        """Return the AuthZEN answer on one customer."""
        return self.post(
            "/access/v1/evaluation",
            {
                "subject": {"type": "customer_id", "id": customer_id},
                "action": {"name": question.purpose},
                "resource": {"type": "destination", "id": question.destination},
                "context": {"controller": question.controller, **context},
            },
        )

    def withdraw(self, *, purpose: str, customer_id: str) -> str:
        """Withdraw consent to `purpose` for one customer and return the write's token."""
        answer = self.post(
            "/api/v1/consents",
            {
                "identifiers": [{"kind": "customer_id", "value": customer_id}],
                "choices": [{"purpose": purpose, "choice": "withdrawn", "method": "preference_centre"}],
            },
        )
        token: str = answer["token"]
        return token
