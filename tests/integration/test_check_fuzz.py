"""Bytes that nobody should send reach the application through the HTTP layer, and the views."""

import asyncio
import json
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from activation.checks import services
from activation.checks.server.protocol import Connection
from activation.checks.server.server import Server
from activation.checks.types import Scope
from activation.snapshots.tailing.tailer import KEYS_READ_EVERY
from tests.check_server_bytes import cut
from tests.check_server_world import Wire, post, read_answers
from tests.checks_world import CHECKS, EVALUATION, EVALUATIONS, batch, caller, question
from tests.enforcement_world import GERMAN, REFUSED, make_world
from tests.store_world import StoreWorld, store_world

pytestmark = pytest.mark.django_db

SHORT = settings(
    max_examples=150, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
PATIENCE = 10.0
"""Seconds after which an answer counts as one that never comes."""
VALID = {
    EVALUATION: question(),
    EVALUATIONS: {**question(), "evaluations": [{}, {"subject": {"type": "customer_id", "id": REFUSED}}]},
    CHECKS: batch(GERMAN, REFUSED),
}
PIECES = [
    b"",
    b"\0",
    b"\xff",
    b"NaN",
    b"1e999",
    b'"',
    b"{",
    b"]" * 9,
    b"[" * 2_000,
    b"null",
    b"\\ud800",
    b"-0",
]
WORDS = st.sampled_from(
    ["subject", "action", "resource", "context", "properties", "type", "id", "name", "evaluations", "options"]
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(WORDS | st.text(max_size=5), inner, max_size=5)
    ),
    max_leaves=12,
)


@st.composite
def _damaged(draw: st.DrawFn, address: str) -> bytes:
    """Return a valid body with a few bytes put in, taken out or written over."""
    body = bytearray(json.dumps(VALID[address]).encode())
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(body)))
        end = min(len(body), start + draw(st.integers(0, 6)))
        body[start:end] = draw(st.sampled_from(PIECES))
    return bytes(body)


@st.composite
def _changed(draw: st.DrawFn, address: str) -> bytes:
    """Return a valid body of which one member is anything."""
    body = dict(VALID[address])
    body[draw(st.sampled_from([*body, "options", "explain", "as_of", "shadow"]))] = draw(_VALUES)
    return json.dumps(body).encode()


def bodies(address: str) -> st.SearchStrategy[bytes]:
    """Return bodies that somebody might send to an address."""
    anything = st.binary(max_size=200) | _VALUES.map(lambda value: json.dumps(value).encode())
    return _damaged(address) | _changed(address) | anything


addressed = st.sampled_from(list(VALID)).flatmap(lambda one: st.tuples(st.just(one), bodies(one)))


def bad_request(_: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    """Stand in for the views, which another thread could not ask of this test's transaction."""
    start("400 Bad Request", [("Content-Type", "application/problem+json")])
    return [b"{}"]


@pytest.fixture
def world(tmp_path: Path) -> Any:
    make_world()
    with store_world(tmp_path) as made:
        yield made


async def converse(world: StoreWorld, pieces: list[bytes]) -> list[tuple[int, bytes]]:
    """Return status and body of each answer; the server must end the connection in time."""
    application = world.application(views=bad_request)
    connection, wire = Connection(Server(application)), Wire()
    connection.connection_made(wire)
    for piece in pieces:
        if not wire.is_closed:
            connection.data_received(piece)
    if not wire.is_closed and not connection.eof_received():
        wire.close()
    async with asyncio.timeout(PATIENCE):
        while not wire.is_closed:
            await asyncio.sleep(0.001)
    connection.connection_lost(None)
    application._reference.close()
    return [(status, body) for status, _, body in read_answers(wire.sent)]


def test_no_bytes_make_the_check_server_fail(world: StoreWorld) -> None:
    scopes = (Scope.CHECK, Scope.EXPLAIN)
    key = services.create_key(name="fuzz", scopes=scopes, valid_for=timedelta(hours=1), at=timezone.now())
    authorization = f"Authorization: Bearer {key}".encode()
    world.tailer._keys_read_at = -KEYS_READ_EVERY  # it may have looked a moment ago
    world.catch_up()

    seen: set[int] = set()

    @SHORT
    @given(asked=addressed, places=st.lists(st.integers(0, 500), max_size=3))
    def send(asked: tuple[str, bytes], places: list[int]) -> None:
        address, body = asked
        raw = post(address.encode(), body, authorization, b"Content-Type: application/json")
        statuses = [status for status, _ in asyncio.run(converse(world, cut(raw, places)))]
        assert len(statuses) == 1
        assert statuses[0] < 500
        seen.update(statuses)

    send()
    assert {200, 400} <= seen


def test_no_bytes_make_the_views_fail() -> None:
    make_world()
    client = caller(Scope.CHECK, Scope.EXPLAIN)

    @SHORT
    @given(asked=addressed)
    def send(asked: tuple[str, bytes]) -> None:
        address, body = asked
        answer = client.generic("POST", address, body, content_type="application/json")  # type: ignore[arg-type]  # it takes bytes
        assert answer.status_code < 500
        assert answer.json() is not None

    send()
