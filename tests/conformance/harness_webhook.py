"""A receiver of signed webhooks on loopback."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from activation.destinations.kinds import webhook
from activation.destinations.kinds.interface import Delivery, Surroundings
from activation.destinations.kinds.row_forms import plain
from tests.conformance.harness import Fault, Harness, Reply, Rows, with_column
from tests.conformance.sample import SCHEMA
from tests.fakes.service import running
from tests.fakes.webhook_receiver import SECRET, WebhookReceiver

ASKING: list[str] = ["consent.network.client.GuardedClient.ask"]
SURROUNDINGS = Surroundings(allow_local=True, clock=partial(datetime.now, UTC))


class WebhookHarness(Harness):
    """A receiver that does what the page for receivers says."""

    kind = webhook.KIND
    surroundings = SURROUNDINGS
    steps: ClassVar = ASKING
    removal_steps: ClassVar = ASKING

    def __init__(self, receiver: WebhookReceiver) -> None:
        self.receiver = receiver

    def settings(self) -> dict[str, Any]:
        return {
            "url": f"{self.receiver.url}/in",
            "rows_a_message": 4,
            "timeout_seconds": self.receiver.patience_for_it,
            "attempts": 2,
            "longest_wait_seconds": 0.0,
        }

    def secrets(self) -> dict[str, str]:
        return {"signing_secret": SECRET}

    def reset(self) -> None:
        self.receiver.forget()

    def held(self, audience: str) -> Rows:
        assert self.receiver.complaints == []
        return self.receiver.held.get(audience, [])

    def expected(self, rows: Rows) -> Rows:
        texts: Rows = plain(pa.RecordBatch.from_pylist(rows, schema=SCHEMA)).to_pylist()
        return texts

    def broken(self, fault: Fault) -> AbstractContextManager[None]:
        return self.receiver.broken(fault)

    def disturb(self, *replies: Reply) -> bool:
        self.receiver.plan(*replies)
        return True

    def malformed_settings(self) -> Iterable[tuple[dict[str, Any], str]]:
        for url in ("ftp://127.0.0.1/", "https://user:word@recipient.example/", "https://0x7f.1/", "", "x"):
            yield {"url": url}, "url"
        yield {"rows_a_message": 0}, "rows_a_message"
        yield {"attempts": 0}, "attempts"
        yield {"timeout_seconds": 0}, "timeout_seconds"

    def unsuitable(self) -> Iterable[tuple[str, Delivery]]:
        delivery = self.delivery()
        yield "note", with_column(delivery, "note", pa.array(["x"] * delivery.rows))
        yield "tags", with_column(delivery, "tags", pa.array([["a"]] * delivery.rows))
        yield "raw", with_column(delivery, "raw", pa.array([b"\xff"] * delivery.rows))


@contextmanager
def start(_: Path) -> Iterator[Harness]:
    """Give a receiver."""
    with running(WebhookReceiver) as receiver:
        yield WebhookHarness(receiver)
