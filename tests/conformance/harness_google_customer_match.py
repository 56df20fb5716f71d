"""Google's Customer Match that stands on loopback."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from activation.destinations.kinds import google_customer_match
from activation.destinations.kinds.interface import Delivery
from tests.conformance.harness import Fault, Harness, Reply, Rows, with_column, without_column
from tests.conformance.harness_webhook import ASKING, SURROUNDINGS
from tests.conformance.sample import SCHEMA
from tests.fakes.google import ACCOUNT, CLIENT, LISTS, FakeGoogle
from tests.fakes.service import running


class CustomerMatchHarness(Harness):
    """Lists are sets of hashes: who is told twice is there once."""

    kind = google_customer_match.KIND
    surroundings = SURROUNDINGS
    atomic = False
    steps: ClassVar = ASKING
    removal_steps: ClassVar = ASKING

    finds_by = frozenset({"email"})

    def __init__(self, service: FakeGoogle) -> None:
        self.service = service

    def settings(self) -> dict[str, Any]:
        return {
            "account_id": ACCOUNT,
            "audiences": LISTS,
            "terms_accepted": True,
            "ad_user_data": "granted",
            "ad_personalization": "granted",
            "left_out": [name for name in SCHEMA.names if name != "email"],
            "people_a_request": 4,
            "endpoint": self.service.url,
            "token_endpoint": f"{self.service.url}/token",
            "timeout_seconds": self.service.patience_for_it,
            "attempts": 2,
            "longest_wait_seconds": 0.0,
        }

    def secrets(self) -> dict[str, str]:
        return CLIENT

    def reset(self) -> None:
        self.service.forget()

    def held(self, audience: str) -> Rows:
        assert self.service.complaints == []
        return [{"known_by": member} for member in self.service.lists[LISTS[audience]]]

    def expected(self, rows: Rows) -> Rows:
        hashes = {hashlib.sha256(row["email"].encode()).hexdigest() for row in rows if row["email"]}
        return [{"known_by": (("emailAddress", value),)} for value in hashes]

    def broken(self, fault: Fault) -> AbstractContextManager[None]:
        return self.service.broken(fault)

    def disturb(self, *replies: Reply) -> bool:
        self.service.plan(*replies)
        return True

    def masked(self) -> dict[str, Any]:
        return {"hashed_emails": "accept"}

    def malformed_settings(self) -> Iterable[tuple[dict[str, Any], str]]:
        yield {"account_id": "123-456-7890"}, "account_id"
        yield {"terms_accepted": False}, "terms_accepted"
        yield {"people_a_request": 10_001}, "people_a_request"
        yield {"endpoint": "file:///etc/passwd"}, "endpoint"
        yield {"token_endpoint": "https://user@oauth2.googleapis.com/token"}, "token_endpoint"
        yield {"ad_user_data": "denied"}, "ad_user_data"

    def unsuitable(self) -> Iterable[tuple[str, Delivery]]:
        delivery = self.delivery()
        yield "surprise", with_column(delivery, "surprise", pa.array(["x"] * delivery.rows))
        yield "email or phone", without_column(delivery, "email")
        yield "audiences", self.delivery(audience="unknown-audience")


@contextmanager
def start(_: Path) -> Iterator[Harness]:
    """Give an account with its lists."""
    with running(FakeGoogle) as service:
        yield CustomerMatchHarness(service)
