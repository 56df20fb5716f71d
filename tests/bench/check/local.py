"""Our decision in process: the client package, which has fetched the whole world by the service's pages."""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import django.test
import httpx2
from django.utils import timezone

from activation.checks import services
from activation.checks.types import NO_LIMITS, Scope
from activation.client import AccordantClient, Workings
from activation.client.questions import Subject
from consent.ledger.services import get_signing_key
from consent.subjects.queries import find_subjects
from consent.subjects.types import Identifier, IdentifierKind
from tests.bench.check.people import CONTROLLER, DESTINATION, Asked, list_asked
from tests.bench.check.processors import pinned, servers_core

SCOPES = (Scope.CHECK, Scope.SNAPSHOTS_READ, Scope.IDENTIFIERS)
_ROUNDS = 5


def measure(people: int, count: int) -> Mapping[str, float]:
    """Return the processor seconds of one decision, in the best of some rounds, by how the person is named.

    :raises RuntimeError: if it decides otherwise than it should.
    """
    asked = list_asked(people, count)
    by_user_id: list[Subject] = [("user_id", one.person.user_id) for one in asked]
    found = find_subjects([[Identifier(IdentifierKind.USER_ID, one.person.user_id)] for one in asked])
    by_ref: list[Subject] = [ref for [ref] in found]
    with _client() as client:
        return {
            "ours, by subject reference": _seconds_each(client, by_ref, asked),
            "ours, by user_id": _seconds_each(client, by_user_id, asked),
        }


def _seconds_each(client: AccordantClient, subjects: Sequence[Subject], asked: Sequence[Asked]) -> float:
    check = client.check

    def decide_all() -> list[bool]:
        return [
            check(subject, one.purpose, DESTINATION, CONTROLLER).allowed
            for subject, one in zip(subjects, asked, strict=True)
        ]

    if decide_all() != [one.expected for one in asked]:
        raise RuntimeError("our client decides otherwise than it should")
    with pinned(servers_core()):
        return min(_seconds(decide_all) for _ in range(_ROUNDS)) / len(asked)


@contextmanager
def _client() -> Iterator[AccordantClient]:
    """Give a client that holds everybody, and is fresh for the length of the measurement."""
    key = services.create_key(
        name=f"bench-local-{time.time_ns()}",
        scopes=SCOPES,
        valid_for=timedelta(hours=1),
        at=timezone.now(),
        limits=NO_LIMITS,
    )
    with tempfile.TemporaryDirectory() as folder:
        client = AccordantClient(
            "http://127.0.0.1",
            key,
            verify_key=get_signing_key().verify_key.text,
            folder=Path(folder),
            kinds=["user_id"],
            honours=["drop", "mask", "set"],
            bound_seconds=600,
            workings=Workings(transport=_Here()),
        )
        client.take_folder()
        while not client.follower.poll():
            pass
        try:
            yield client
        finally:
            client.close()


class _Here(httpx2.BaseTransport):
    """The way to the service's views in this process."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Return what the views answer."""
        headers = dict(request.headers)
        answer = django.test.Client().generic(
            request.method,
            request.url.raw_path.decode(),
            request.read(),
            headers.pop("content-type", ""),
            headers=headers,
        )
        return httpx2.Response(answer.status_code, headers=dict(answer.headers), content=answer.content)


def _seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started
