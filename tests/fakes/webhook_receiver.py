"""A receiver of webhooks, written by the page of ours that tells what one must do (and Standard Webhooks)."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.fakes.service import Asked, FakeService, Rejected, Reply, need, need_fields

SECRET = "whsec_" + "c2VjcmV0LW9mLXRoZS13ZWJob29rLXRlc3Rz"
_COMMON = {"sequence", "run_id", "audience", "purpose", "destination", "controller"}


class WebhookReceiver(FakeService):
    """Holds the rows of each audience whose last delivery is finished."""

    def __init__(self) -> None:
        super().__init__()
        self.forget()

    def forget(self) -> None:
        super().forget()
        self.held: dict[str, list[dict[str, Any]]] = {}
        self.manifests: dict[str, str] = {}
        self.known: set[str] = set()
        self.repeats: list[str] = []
        self._begun: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self._next: dict[tuple[str, str], int] = defaultdict(int)

    def answer(self, asked: Asked) -> Reply:
        """Verify, and do what the event says once."""
        need((asked.method, asked.path) == ("POST", "/in"), "no such place", 404)
        try:
            Webhook(SECRET).verify(asked.body, dict(asked.headers), json_parse=False)
        except WebhookVerificationError as error:
            raise Rejected(401, {"error": str(error)}) from None
        event = asked.json()
        need_fields(event, required={"type", "timestamp", "data"}, where="event")
        message_id = asked.headers["webhook-id"]
        need("." not in message_id, "a dot in the id makes the signature ambiguous")
        if message_id in self.known:
            self.repeats.append(message_id)
            return Reply(200)
        self._do(event["type"], event["data"])
        if event["type"] != "destination.checked":
            self.known.add(message_id)
        return Reply(204, b"")

    def _do(self, kind: str, data: Any) -> None:
        known: dict[str, Callable[[Any], None]] = {
            "audience.started": self._start,
            "audience.rows": self._take,
            "audience.finished": self._finish,
            "people.removed": self._remove,
            "destination.checked": lambda data: need(data == {}, "data"),
        }
        need(kind in known, "unknown type")
        known[kind](data)

    def _start(self, data: dict[str, Any]) -> None:
        need_fields(data, required=_COMMON | {"columns", "identifiers", "rows", "not_after"}, where="started")
        need(data["sequence"] == 0, "a start is the first")
        self._begun[data["audience"], data["run_id"]] = []
        self._next[data["audience"], data["run_id"]] = 1

    def _take(self, data: dict[str, Any]) -> None:
        need_fields(data, required=_COMMON | {"rows"}, where="rows")
        need(data["rows"], "no rows")
        self._in_order(data).extend(data["rows"])

    def _finish(self, data: dict[str, Any]) -> None:
        need_fields(data, required=_COMMON | {"rows", "messages", "manifest"}, where="finished")
        rows = self._in_order(data)
        need(len(rows) == data["rows"], "rows are missing")
        need(data["messages"] == data["sequence"] + 1, "messages are missing")
        self.held[data["audience"]] = rows
        self.manifests[data["audience"]] = data["manifest"]

    def _in_order(self, data: dict[str, Any]) -> list[dict[str, Any]]:
        key = data["audience"], data["run_id"]
        need(key in self._begun, "never started", 409)
        need(data["sequence"] == self._next[key], "out of order", 409)
        self._next[key] += 1
        return self._begun[key]

    def _remove(self, data: dict[str, Any]) -> None:
        need_fields(
            data,
            required={"sequence", "removal_id", "audience", "identifiers", "people", "last"},
            where="removed",
        )
        columns = set(data["identifiers"].values())
        for person in data["people"]:
            need(set(person) <= columns, "a person has a column that is none of the identifiers")
            need(person and all(str(value).strip() for value in person.values()), "nobody is named")
        gone = {(column, value) for person in data["people"] for column, value in person.items()}
        if data["audience"] in self.held:
            self.held[data["audience"]] = [
                row for row in self.held[data["audience"]] if gone.isdisjoint(row.items())
            ]
