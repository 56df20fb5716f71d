"""A service that takes one signed message for each step. It reports at once, or calls back later."""

import json
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from consent.ledger.queries import get_time
from consent.network.client import Answer, Limits, open_client
from consent.network.patience import Asker, Patience, Question
from consent.requests.connectors.interface import DeclaredSystem, Row, Sink, SystemRefused
from consent.requests.connectors.webhook.reports import MOST_BYTES, ReportMalformed, read_report
from consent.requests.connectors.webhook.settings import WebhookSettings, read_settings
from consent.requests.connectors.webhook.signing import read_secret
from consent.requests.types import OnErasure, Outcome, Person, StepAction, StepState

PROBE_ID = "system_checked"


class WebhookConnector:
    """One receiver. A status from 200 to 299 says that it has the message; the same id, the same one."""

    def __init__(self, system: DeclaredSystem, settings: WebhookSettings) -> None:
        self._system, self._settings = system, settings
        self._signer = read_secret(system.secret)

    def probe(self) -> str:
        """Send a message that tells nothing, and say how it was answered."""
        answer = self._send(PROBE_ID, {"type": "system.checked", "data": {}})
        return f"it took a signed message that tells nothing, with status {answer.status}"

    def find(self, person: Person, sink: Sink, *, limit: int) -> Outcome:  # noqa: ARG002 - the interface
        """Show nothing: a message is no question."""
        return Outcome(state=StepState.WAITING, note="a webhook's receiver shows nothing before it acts")

    def collect(self, person: Person, sink: Sink, *, key: str) -> Outcome:
        """Ask for every row."""
        return self._tell(StepAction.COLLECT, person, sink, key)

    def rectify(self, person: Person, corrections: Mapping[str, str], *, key: str) -> Outcome:
        """Ask for corrections."""
        return self._tell(StepAction.RECTIFY, person, _take_nothing, key, corrections=dict(corrections))

    def restrict(self, person: Person, *, key: str) -> Outcome:
        """Ask for a restriction."""
        return self._tell(StepAction.RESTRICT, person, _take_nothing, key)

    def erase(self, person: Person, *, key: str) -> Outcome:
        """Ask for erasure, of all but what it is told to keep."""
        return self._tell(StepAction.ERASE, person, _take_nothing, key)

    def verify_gone(self, person: Person, *, key: str) -> Outcome:
        """Ask what is still there."""
        return self._tell(StepAction.VERIFY_GONE, person, _take_nothing, key)

    def _tell(
        self, action: StepAction, person: Person, sink: Sink, key: str, **more: dict[str, str]
    ) -> Outcome:
        data = {
            "step": key,
            "action": action.value,
            "identifiers": {kind.value: list(values) for kind, values in person.identifiers.items()},
            "keep": self._list_kept(),
            **more,
        }
        answer = self._send(f"step_{key}", {"type": f"request.{action.value}", "data": data})
        if not answer.content.strip():
            return Outcome(state=StepState.WAITING, note="it has the message, and will call back")
        return _read(answer, action, sink, key)

    def _send(self, id: str, message: dict[str, Any]) -> Answer:  # noqa: A002 - the standard's word
        seconds = self._settings.timeout_seconds
        limits = Limits(
            connect_seconds=min(10.0, seconds),
            read_seconds=seconds,
            write_seconds=seconds,
            total_seconds=seconds,
            answer_bytes=MOST_BYTES,
        )
        with open_client(self._settings.url, allow_local=self._system.allow_local, limits=limits) as client:
            patience = Patience(attempts=self._settings.attempts)
            asker = Asker(client=client, name="the webhook's receiver", patience=patience)
            return asker.ask(lambda: self._sign(id, message))

    def _sign(self, id: str, message: dict[str, Any]) -> Question:  # noqa: A002
        """Return the question, signed now: a receiver refuses what was signed minutes ago."""
        at = get_time().astimezone(UTC)
        body = json.dumps({**message, "timestamp": at.isoformat().replace("+00:00", "Z")})
        headers = {
            "Content-Type": "application/json",
            "webhook-id": id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": self._signer.sign(id, at, body),
        }
        return Question(method="POST", headers=headers, content=body.encode())

    def _list_kept(self) -> list[dict[str, str]]:
        return [
            {"dataset": one.name, "ground": one.hold or one.keep_ground}
            for one in self._system.datasets
            if one.hold or one.on_erasure is OnErasure.KEEP
        ]


def open_webhook(system: DeclaredSystem) -> WebhookConnector:
    """Return the connector of that receiver.

    :raises SystemRefused: if its declaration or its secret cannot be used.
    """
    return WebhookConnector(system, read_settings(system.settings, allow_local=system.allow_local))


def _read(answer: Answer, action: StepAction, sink: Sink, key: str) -> Outcome:
    try:
        report = read_report(answer.content)
    except ReportMalformed as error:
        raise SystemRefused(f"the webhook's receiver: {error}") from None
    if report.step != key:
        raise SystemRefused("the webhook's receiver reported another step")
    if report.rows and action is not StepAction.COLLECT:
        raise SystemRefused("the webhook's receiver sent rows that nobody asked for")
    for one in report.rows:
        sink(one.dataset, one.row)
    return report.as_outcome()


def _take_nothing(_dataset: str, _row: Row) -> None:
    """Take a row of an answer that should have none."""
