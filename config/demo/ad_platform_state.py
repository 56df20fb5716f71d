"""What the demo's ad platform holds, and what messages do to it."""

import hmac
import json
import secrets
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from config.demo.ad_platform_page import Removed, write_page

_MOST_IDS = 100_000
_MOST_REMOVED = 1_000
Row = dict[str, Any]


def _now() -> datetime:
    return datetime.now(UTC)


class NotTaken(Exception):
    """The message cannot be taken; `status` says why."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass
class Coming:
    """Rows of a delivery that is not finished: nobody uses them yet."""

    run_id: str
    rows: list[Row]
    sequence: int = 0


class AdPlatform:
    """What the platform holds. It takes nothing that is not signed with the secret it shares with us."""

    def __init__(self, secret: str, clock: Callable[[], datetime] = _now) -> None:
        self._webhook = Webhook(secret)
        self._clock = clock
        self._lock = threading.Lock()
        self._known: OrderedDict[str, None] = OrderedDict()
        self._coming: dict[str, Coming] = {}
        self._label_key = secrets.token_bytes(32)
        self.held: dict[str, list[Row]] = {}
        self.removed: deque[Removed] = deque(maxlen=_MOST_REMOVED)
        self.removed_in_all = 0
        self.repeated = self.refused = 0

    def take(self, headers: dict[str, str], body: bytes) -> int:
        """Do what a message says, once, and return the status that it is answered with."""
        with self._lock:
            try:
                self._take(headers, body)
            except NotTaken as refused:
                self.refused += 1
                return refused.status
            except (KeyError, TypeError, ValueError, AttributeError):
                self.refused += 1
                return 400
        return 204

    def page(self) -> str:
        """Return the page that shows what is held: numbers and times, and nobody's data in clear."""
        with self._lock:
            return write_page(
                {audience: len(rows) for audience, rows in self.held.items()},
                list(self.removed),
                removed_in_all=self.removed_in_all,
                repeated=self.repeated,
                refused=self.refused,
            )

    def figures(self) -> dict[str, Any]:
        """Return the same for a program."""
        with self._lock:
            return {
                "held": {audience: len(rows) for audience, rows in self.held.items()},
                "removed_in_all": self.removed_in_all,
                "removed": [one.figures() for one in self.removed],
                "repeated": self.repeated,
                "refused": self.refused,
            }

    def _take(self, headers: dict[str, str], body: bytes) -> None:
        try:
            self._webhook.verify(body, headers, json_parse=False)
        except WebhookVerificationError:
            raise NotTaken(401) from None
        message_id = {name.lower(): value for name, value in headers.items()}["webhook-id"]
        if message_id in self._known:
            self.repeated += 1
            return
        message = json.loads(body)
        acts: dict[str, Callable[[Row], None]] = {
            "audience.started": self._start,
            "audience.rows": self._add,
            "audience.finished": self._finish,
            "people.removed": self._remove,
            "destination.checked": lambda _: None,
        }
        if message["type"] not in acts:
            raise NotTaken(422)
        acts[message["type"]](message["data"])
        if message["type"] != "destination.checked":
            self._remember(message_id)

    def _remember(self, message_id: str) -> None:
        self._known[message_id] = None
        if len(self._known) > _MOST_IDS:
            self._known.popitem(last=False)

    def _start(self, data: Row) -> None:
        self._coming[data["audience"]] = Coming(data["run_id"], [])

    def _add(self, data: Row) -> None:
        self._next(data).rows.extend(data["rows"])

    def _finish(self, data: Row) -> None:
        coming = self._next(data)
        if len(coming.rows) != data["rows"]:
            raise NotTaken(409)
        self.held[data["audience"]] = coming.rows
        del self._coming[data["audience"]]

    def _next(self, data: Row) -> Coming:
        coming = self._coming.get(data["audience"])
        if coming is None or coming.run_id != data["run_id"] or data["sequence"] != coming.sequence + 1:
            raise NotTaken(409)
        coming.sequence += 1
        return coming

    def _remove(self, data: Row) -> None:
        """Take out whoever has any of the identifiers, and note when. What is missing names nobody."""
        named = {(column, value) for person in data["people"] for column, value in person.items() if value}
        held = self.held.get(data["audience"], [])
        left = [row for row in held if named.isdisjoint(row.items())]
        columns, at = sorted(data["identifiers"].values()), self._clock()
        for row in held:
            if not named.isdisjoint(row.items()):
                self.removed.append(Removed(at, data["audience"], self._label(row, columns)))
        self.removed_in_all += len(held) - len(left)
        if data["audience"] in self.held:
            self.held[data["audience"]] = left

    def _label(self, row: Row, columns: list[str]) -> str:
        """Return what a person is shown as: made with a key that ends with the process."""
        known = json.dumps([row.get(column) for column in columns], default=str).encode()
        return hmac.digest(self._label_key, known, "sha256").hex()[:8]
