"""Two who do something to a request at the same moment: one after the other, and neither undoes the other."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connections, transaction

from consent.ledger.queries import get_time
from consent.requests import services
from consent.requests.models import Request, RequestEvent, Verification
from consent.requests.moving import lock_request, move
from consent.requests.types import (
    Actor,
    ChangedMeanwhile,
    EventKind,
    NotPossible,
    RefusalGround,
    RequestState,
)
from tests.policy_officers import make_officer
from tests.requests_world import read_code_mails, take_in

pytestmark = pytest.mark.usefixtures("committed_database")


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Return what each act answered, or raised, when all were begun at the same moment."""
    ready = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            ready.wait()
            return act()
        except Exception as error:  # noqa: BLE001 - that is what is looked at
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(run, acts))


def prove(request_id: Any) -> Any:
    code = read_code_mails(request_id)[-1]
    return services.check_code(request_id, code=code, at=get_time())


def test_of_two_officers_at_once_one_decides_and_the_other_is_told() -> None:
    received = take_in()
    prove(received.request_id)
    with transaction.atomic():
        request = lock_request(received.request_id)
        move(request, RequestState.IN_REVIEW, kind=EventKind.IN_REVIEW, actor=Actor.SYSTEM)
    olga, otto, version = make_officer("olga").pk, make_officer("otto").pk, request.version

    answers = at_once(
        lambda: services.fulfil(request.pk, officer_id=olga, version=version),
        lambda: services.refuse(
            request.pk, ground=RefusalGround.OTHER, explanation="No.", officer_id=otto, version=version
        ),
    )

    assert sum(isinstance(answer, Request) for answer in answers) == 1
    assert sum(isinstance(answer, ChangedMeanwhile) for answer in answers) == 1
    ends = RequestEvent.objects.filter(request=request, kind__in=[EventKind.FULFILLED, EventKind.REFUSED])
    assert ends.count() == 1


def test_two_requests_of_one_person_that_are_proven_at_once_become_one() -> None:
    first, second = take_in(), take_in()

    at_once(lambda: prove(first.request_id), lambda: prove(second.request_id))

    states = sorted(Request.objects.values_list("state", flat=True))
    assert states == [RequestState.CANCELLED, RequestState.IN_PROGRESS]


def test_guesses_that_are_made_at_once_are_all_counted() -> None:
    received = take_in()

    at_once(
        *(lambda: services.check_code(received.request_id, code="2222-2222", at=get_time()) for _ in range(4))
    )

    assert Verification.objects.get(request=received.request_id).attempts == 4


def test_a_code_typed_in_twice_at_once_starts_the_request_once() -> None:
    received = take_in()

    answers = at_once(lambda: prove(received.request_id), lambda: prove(received.request_id))

    assert sum(isinstance(answer, NotPossible) for answer in answers) == 1
    started = RequestEvent.objects.filter(request=received.request_id, kind=EventKind.STARTED)
    assert started.count() == 1
