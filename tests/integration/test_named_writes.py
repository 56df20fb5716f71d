"""`at_least`: the store answers if it has the write, soon or now; else PostgreSQL does; else it is denied."""

import asyncio
import json
from collections.abc import Awaitable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from activation.checks import services
from activation.checks.types import Scope
from consent.records.services import sign_token
from consent.subjects.models import Subject
from consent.subjects.queries import find_subjects
from consent.subjects.types import Identifier, IdentifierKind, WriteToken
from tests.enforcement_world import BRITON, GERMAN, QUESTION, make_world, record_choices
from tests.store_world import StoreWorld, head_of, read_response, store_world

pytestmark = pytest.mark.django_db
NOW = 10_000_000_000


class Asker:
    """Asks an application whose reference is away."""

    def __init__(self, world: StoreWorld, key: str) -> None:
        self.world, self.key = world, key
        self.application = world.application(views=_away)

    def ask(self, *customers: str, token: str) -> bytes | Awaitable[bytes]:
        subjects = [{"type": "customer_id", "id": customer} for customer in customers]
        body: dict[str, Any] = {
            "purpose": QUESTION["purpose"],
            "destination": QUESTION["destination"],
            "subjects": subjects,
            "at_least": token,
        }
        return self.application.answer(head_of("/api/v1/checks", self.key), json.dumps(body).encode())


def _away(*_: object) -> Any:
    raise ConnectionError


def reasons(answer: bytes) -> list[str]:
    status, _, body = read_response(answer)
    assert status == 200
    return [one["reason"] for one in body["results"]]


def token_of(customer: str) -> str:
    """Return the token of the last write of `customer`."""
    [[ref]] = find_subjects([[Identifier(IdentifierKind.CUSTOMER_ID, customer)]])
    return sign_token(WriteToken(ref, Subject.objects.get(ref=ref).version))


@pytest.fixture
def asker(tmp_path: Path) -> Any:
    make_world()
    key = services.create_key(
        name="tool", scopes=[Scope.CHECK, Scope.EXPLAIN], valid_for=timedelta(hours=1), at=timezone.now()
    )
    with store_world(tmp_path, monotonic=lambda: NOW) as world:
        yield Asker(world, key)


def test_a_write_that_the_store_has_is_answered_from_it_at_once(asker: Asker) -> None:
    answer = asker.ask(GERMAN, token=token_of(GERMAN))

    assert isinstance(answer, bytes)
    assert reasons(answer) == ["granted"]


def test_a_write_that_comes_soon_is_waited_for(asker: Asker) -> None:
    record_choices(GERMAN, "DE", "withdrawn")
    loop = asyncio.new_event_loop()
    answer = asker.ask(GERMAN, token=token_of(GERMAN))
    assert not isinstance(answer, bytes)

    waiting = asyncio.ensure_future(answer, loop=loop)
    loop.run_until_complete(asyncio.sleep(0))
    assert not waiting.done()
    asker.world.catch_up()
    told = reasons(loop.run_until_complete(waiting))
    loop.close()

    assert told == ["withdrawn"]


def test_a_write_that_does_not_come_is_asked_of_the_reference_and_denied_without_it(asker: Asker) -> None:
    record_choices(GERMAN, "DE", "withdrawn")
    answer = asker.ask(GERMAN, token=token_of(GERMAN))

    assert not isinstance(answer, bytes)
    assert reasons(asyncio.run(answer)) == ["state_unavailable"]  # type: ignore[arg-type]


def test_a_write_of_one_of_several_is_left_to_the_reference(asker: Asker) -> None:
    answer = asker.ask(GERMAN, BRITON, token=token_of(GERMAN))

    assert not isinstance(answer, bytes)
    assert reasons(asyncio.run(answer)) == ["state_unavailable"] * 2  # type: ignore[arg-type]
