"""A key that the store's word is too old for is asked about in PostgreSQL, and the store answers on."""

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from activation.checks import queries, services
from activation.checks.answering import application as applications
from activation.checks.answering import verifying
from activation.checks.answering.application import CheckApplication
from activation.checks.answering.callers import KnownCaller, known_caller
from activation.checks.rules import hash_key
from activation.checks.types import Scope
from tests.enforcement_world import GERMAN, QUESTION, make_world
from tests.store_world import StoreWorld, head_of, read_response, store_world

pytestmark = pytest.mark.django_db
SECOND = 1_000_000_000
BODY = json.dumps(
    {
        "subject": {"type": "customer_id", "id": GERMAN},
        "action": {"name": QUESTION["purpose"]},
        "resource": {"type": "destination", "id": QUESTION["destination"]},
    }
).encode()


@dataclass
class Place:
    """A store whose tailer stands still, and what PostgreSQL says of keys."""

    world: StoreWorld
    key: str
    clock: list[int]
    told: dict[bytes, KnownCaller | None] = field(default_factory=dict)
    asked: int = 0
    is_away: bool = False

    def find(self, key_hash: bytes) -> KnownCaller | None:
        self.asked += 1
        if self.is_away:
            raise OperationalError("PostgreSQL is away")
        return self.told[key_hash]

    def learn(self) -> None:
        """Let PostgreSQL's answers be those of now."""
        for key_hash in self.told:
            found = queries.find_live_key(key_hash=key_hash, at=timezone.now())
            self.told[key_hash] = known_caller(found)

    def application(self) -> CheckApplication:
        return self.world.application(views=_never, find=self.find)

    def turn(self, seconds: float) -> None:
        self.clock[0] += int(seconds * SECOND)


def _never(*_: object) -> Any:
    raise AssertionError("the views were asked")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    make_world()
    key = services.create_key(
        name="tool", scopes=(Scope.CHECK,), valid_for=timedelta(hours=1), at=timezone.now()
    )
    clock = [time.monotonic_ns()]
    with store_world(tmp_path, monotonic=lambda: clock[0]) as world:
        place = Place(world, key, clock, {hash_key(key): None})
        place.learn()
        yield place


def ask(place: Place, application: CheckApplication, times: int = 1) -> list[tuple[int, bool | None]]:
    """Return status and decision of so many questions, asked at the same time, each by a head of its own."""

    async def ask_all() -> list[bytes]:
        answers = [
            application.answer(head_of("/access/v1/evaluation", place.key), BODY) for _ in range(times)
        ]
        return [one if isinstance(one, bytes) else await one for one in answers]

    read = [read_response(one) for one in asyncio.run(ask_all())]
    return [(status, body.get("decision")) for status, _, body in read]


def test_many_questions_at_once_ask_about_their_key_once(place: Place) -> None:
    application = place.application()
    place.turn(1.5)

    assert ask(place, application, times=50) == [(200, True)] * 50
    assert place.asked == 1


def test_a_key_is_asked_about_again_after_a_second_and_not_before(place: Place) -> None:
    application = place.application()
    for seconds in (1.5, 0.5, 0.4, 0.5):
        place.turn(seconds)
        assert ask(place, application) == [(200, True)]

    assert place.asked == 2


def revoked_is_refused(place: Place) -> bool:
    application = place.application()
    assert ask(place, application) == [(200, True)]
    services.revoke_key(name="tool", at=timezone.now())
    place.learn()
    place.turn(1.5)
    return ask(place, application) == [(401, None)]


def test_a_revoked_key_is_refused_though_the_tailer_stands_still(place: Place) -> None:
    assert revoked_is_refused(place)


def test_a_store_that_is_believed_about_keys_for_longer_is_caught(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applications, "KEYS_BOUND", 60 * SECOND)

    assert not revoked_is_refused(place)


def test_where_nothing_can_be_asked_about_the_key_the_answer_is_a_denial(place: Place) -> None:
    application = place.application()
    place.is_away = True
    place.turn(1.5)

    assert ask(place, application) == [(200, False)]


def test_more_keys_than_can_be_asked_about_are_denied(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    application = place.application()
    monkeypatch.setattr(verifying, "MOST_ASKING", 0)
    place.turn(1.5)

    assert ask(place, application) == [(200, False)]
    assert place.asked == 0


def test_the_store_is_believed_again_once_its_keys_were_read(place: Place) -> None:
    application = place.application()
    place.turn(1.5)
    ask(place, application)
    place.world.catch_up()
    place.is_away = True

    assert ask(place, application) == [(200, True)]
