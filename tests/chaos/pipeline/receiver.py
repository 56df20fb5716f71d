"""A recipient of removals that is in trouble now and then, and remembers all that it did."""

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.fakes.service import Asked, FakeService, Rejected, Reply, need
from tests.fakes.webhook_receiver import SECRET

IN_TROUBLE, LOST = 0.10, 0.10
"""How often it answers 503 and does nothing; how often it does it, and the answer is lost."""


@dataclass(frozen=True, slots=True)
class Effect:
    """One person taken out: the `number`th suppression of the subject."""

    subject: str
    number: int
    key: str


class Receiver(FakeService):
    """Takes people out. One that honours keys does a message once, however often it comes."""

    def __init__(self, *, honours_keys: bool = True, seed: int = 0, is_well: bool = False) -> None:
        super().__init__()
        self.honours_keys, self.is_well = honours_keys, is_well
        self.effects: list[Effect] = []
        self.contents: dict[str, object] = {}
        """What first came under each key."""
        self.changed: list[str] = []
        """Keys under which something else came later."""
        self._chance = Random(seed)  # noqa: S311 - no secret
        self._turn = threading.Lock()

    def reply_to(self, asked: Asked) -> Reply | str:
        """Answer, be in trouble, or lose the answer. One request at a time."""
        with self._turn:
            drawn = 1.0 if self.is_well else self._chance.random()
            if drawn < IN_TROUBLE:
                return Reply(503)
            try:
                reply = self.answer(asked)
            except Rejected as rejected:
                self.complaints.append(rejected.reply.body)
                return rejected.reply
            return "close" if drawn < IN_TROUBLE + LOST else reply

    def answer(self, asked: Asked) -> Reply:
        """Verify the signature, and take the people out."""
        try:
            Webhook(SECRET).verify(asked.body, dict(asked.headers), json_parse=False)
        except WebhookVerificationError as error:
            raise Rejected(401, {"error": str(error)}) from None
        event, key = json.loads(asked.body), asked.headers["webhook-id"]
        need(event["type"] == "people.removed", "only removals are expected here")
        people = event["data"]["people"]
        if key in self.contents:
            self.changed += [key] if self.contents[key] != people else []
        is_known = key in self.contents
        self.contents.setdefault(key, people)
        if not (is_known and self.honours_keys):
            self.effects += [read_effect(value, key) for row in people for value in row.values()]
        return Reply(204, b"")


def name_person(subject: str, number: int) -> str:
    """Return what the destination was told the subject is called, by the suppression's number."""
    return f"{subject}-{number}"


def read_effect(name: str, key: str) -> Effect:
    """Return whom `name` is about."""
    subject, _, number = name.rpartition("-")
    return Effect(subject, int(number), key)


def count_doubled(effects: Sequence[Effect]) -> int:
    """Return how many effects were done before."""
    return len(effects) - len({(one.subject, one.number) for one in effects})


def count_out_of_order(effects: Sequence[Effect]) -> int:
    """Return how many suppressions were done for the first time after a later one of the same subject."""
    latest: dict[str, int] = {}
    seen: set[tuple[str, int]] = set()
    late = 0
    for one in effects:
        if (one.subject, one.number) in seen:
            continue  # it is counted as doubled
        seen.add((one.subject, one.number))
        late += one.number < latest.get(one.subject, 0)
        latest[one.subject] = max(one.number, latest.get(one.subject, 0))
    return late
