"""A receiver of consent changes, written by the how-to: it verifies, knows repeats, and keeps the order."""

from collections import defaultdict
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.fakes.service import Asked, FakeService, Rejected, Reply, need, need_fields

SECRET = "whsec_" + "c2VjcmV0LW9mLXRoZS13ZWJob29rLXRlc3Rz"


class ChangeReceiver(FakeService):
    """Holds what it was told, each message once, and the order in which it first came."""

    def __init__(self) -> None:
        self.secrets = [SECRET]
        super().__init__()
        self.forget()

    def forget(self) -> None:
        super().forget()
        self.events: list[dict[str, Any]] = []
        self.known: set[str] = set()
        self.repeats: list[str] = []
        self.refuses: dict[str, int] = {}
        """Event ids, and with which status they are refused."""

    def answer(self, asked: Asked) -> Reply:
        """Verify, and take the event once."""
        need((asked.method, asked.path) == ("POST", "/in"), "no such place", 404)
        self._verify(asked)
        event = asked.json()
        need_fields(event, required={"type", "timestamp", "data"}, where="event")
        message_id, data = asked.headers["webhook-id"], event["data"]
        need("." not in message_id, "a dot in the id makes the signature ambiguous")
        if status := self.refuses.get(data.get("event_id", "")):
            raise Rejected(status, {"error": "refused"})
        if message_id in self.known:
            self.repeats.append(message_id)
            return Reply(200)
        self.known.add(message_id)
        self.events.append(event)
        return Reply(204, b"")

    @property
    def data(self) -> list[dict[str, Any]]:
        """What the events tell, in the order in which they first came."""
        return [event["data"] for event in self.events]

    def indexes_by_subject(self) -> dict[str, list[int]]:
        """Return in which order each subject's entries came."""
        found: defaultdict[str, list[int]] = defaultdict(list)
        for data in self.data:
            for name in ("subject_ref", "other_ref"):
                if name in data:
                    found[data[name]].append(data["index"])
        return dict(found)

    def _verify(self, asked: Asked) -> None:
        for secret in self.secrets:
            try:
                Webhook(secret).verify(asked.body, dict(asked.headers), json_parse=False)
            except WebhookVerificationError:
                continue
            return
        raise Rejected(401, {"error": "signature"})
