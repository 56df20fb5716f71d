"""Meta's Custom Audiences that stand on loopback."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from activation.destinations.kinds import meta_custom_audiences
from activation.destinations.kinds.interface import Delivery
from tests.conformance.harness import Fault, Harness, Reply, Rows, with_column, without_column
from tests.conformance.harness_webhook import ASKING, SURROUNDINGS
from tests.conformance.sample import SCHEMA
from tests.fakes.meta import AUDIENCES, TOKEN, FakeMeta
from tests.fakes.service import running


class CustomAudiencesHarness(Harness):
    """Audiences are sets of people: who is told twice is there once."""

    kind = meta_custom_audiences.KIND
    surroundings = SURROUNDINGS
    atomic = False
    steps: ClassVar = ASKING
    removal_steps: ClassVar = ASKING

    def __init__(self, service: FakeMeta) -> None:
        self.service = service

    def settings(self) -> dict[str, Any]:
        return {
            "audiences": AUDIENCES,
            "send_external_ids": True,
            "left_out": [name for name in SCHEMA.names if name not in {"email", "customer_id"}],
            "people_a_request": 4,
            "endpoint": self.service.url,
            "timeout_seconds": self.service.patience_for_it,
            "attempts": 2,
            "longest_wait_seconds": 0.0,
        }

    def secrets(self) -> dict[str, str]:
        return {"access_token": TOKEN}

    def reset(self) -> None:
        self.service.forget()

    def held(self, audience: str) -> Rows:
        assert self.service.complaints == []
        held = self.service.audiences[AUDIENCES[audience]]
        return [{"known_by": person, "options": options} for person, options in held.items()]

    def expected(self, rows: Rows) -> Rows:
        people = {(row["email"], row["customer_id"]) for row in rows}
        keys = [
            (("EMAIL", email and hashlib.sha256(email.encode()).hexdigest()), ("EXTERN_ID", number))
            for email, number in people
        ]
        return [
            {"known_by": tuple((key, value) for key, value in known if value), "options": [["LDU"]]}
            for known in keys
        ]

    def broken(self, fault: Fault) -> AbstractContextManager[None]:
        return self.service.broken(fault)

    def disturb(self, *replies: Reply) -> bool:
        self.service.plan(*replies)
        return True

    def malformed_settings(self) -> Iterable[tuple[dict[str, Any], str]]:
        yield {"audiences": {"lapsed_customers": "1/../2"}}, "audiences"
        yield {"api_version": "v25.0/me"}, "api_version"
        yield {"people_a_request": 10_001}, "people_a_request"
        yield {"endpoint": "https://graph.facebook.com@127.0.0.1/"}, "endpoint"
        yield {"mode": "mirror"}, "mode"

    def unsuitable(self) -> Iterable[tuple[str, Delivery]]:
        delivery = self.delivery()
        yield "surprise", with_column(delivery, "surprise", pa.array(["x"] * delivery.rows))
        yield "email, phone", without_column(delivery, "email", "customer_id")
        yield "audiences", self.delivery(audience="unknown-audience")


@contextmanager
def start(_: Path) -> Iterator[Harness]:
    """Give the audiences."""
    with running(FakeMeta) as service:
        yield CustomAudiencesHarness(service)
