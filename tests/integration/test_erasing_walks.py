"""An approval, the last step and the certificate end whole, at whichever statement their process dies."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.db import connections

from consent.keys import queries as key_queries
from consent.requests.erasing import keys
from consent.requests.models import Certificate, Message, Request, Step
from consent.requests.services import approve, finish_erasure, propose
from consent.requests.types import RequestState, StepAction
from consent.subjects import queries as subjects
from consent.subjects import services
from consent.subjects.models import Subject, Tombstone
from tests.erasing_world import (
    approve_by_two,
    destroy_as_step,
    end_systems,
    fresh,
    make_approver,
    make_request,
    make_system,
)
from tests.lineage_told import list_runs
from tests.records_world import JUNE_1
from tests.subjects_world import attach, cookie, customer, email

pytestmark = pytest.mark.django_db
ANN, ADDRESS, BROWSER = customer("1"), email("ann"), cookie("1")
_OF_SAVEPOINTS = ("SAVEPOINT", "RELEASE", "ROLLBACK")
"""In a test they stand for a transaction's begin and end: nobody dies there and keeps what it wrote."""


class Died(BaseException):
    """The process is gone."""


def die_at(nth: int, act: Callable[[], object]) -> bool:
    """Do `act`, and die before its statement of this number, on whichever database; return whether it did."""
    left = [nth]

    def count(execute: Callable[..., Any], *given: Any) -> Any:
        if str(given[0]).startswith(_OF_SAVEPOINTS):
            return execute(*given)
        left[0] -= 1
        if left[0] == -1:  # once: what rolls back afterwards stands for the connection's end
            raise Died
        return execute(*given)

    with ExitStack() as stack:
        for name in connections:
            stack.enter_context(connections[name].execute_wrapper(count))
        try:
            act()
        except Died:
            return True
    return False


def walk(act: Callable[[], object]) -> Iterator[int]:
    """Die at each statement of `act` in turn, and yield after each death; the last time it lives."""
    nth = 0
    while die_at(nth, act):
        yield nth
        nth += 1
    assert nth > 5


def make_shop() -> tuple[str, Request]:
    """Return whom a request that was proposed is about, known by three identifiers of two subjects."""
    (ann,), _, _ = attach([ANN, ADDRESS], [BROWSER], [ANN, BROWSER])
    make_system("shop")
    return ann, make_request(ANN, ADDRESS)


def test_an_approval_is_whole_or_has_not_happened() -> None:
    ann, request = make_shop()
    proposer, approver = make_approver("alice"), make_approver("bob")
    propose(request.pk, officer_id=proposer, version=request.version)
    version = fresh(request).version

    for _ in walk(lambda: approve(request.pk, officer_id=approver, version=version)):
        assert not Subject.objects.filter(erased_at__isnull=False).exists()
        assert not Tombstone.objects.exists()
        assert not Step.objects.exists()
        assert fresh(request).approved_at is None
        assert key_queries.get_keys([ann])

    assert fresh(request).approved_at is not None
    assert Subject.objects.filter(keys_kept_for=request.pk).count() == 2
    assert key_queries.get_keys([ann])


def test_the_last_step_comes_to_the_same_end_and_neither_forgets_a_key_nor_brings_one_back() -> None:
    ann, request = make_shop()
    approved = approve_by_two(request)
    end_systems(approved)

    for _ in walk(lambda: keys.destroy(approved)):
        if key_queries.get_keys([ann]):  # whoever has a key still is found by whoever carries on
            assert ann in subjects.list_kept(request.pk)
            assert services.sweep_erased_keys(at=JUNE_1) == 0

    outcome = keys.destroy(approved)
    assert (outcome.datasets[0].found, outcome.datasets[0].done) == (2, 2)
    assert key_queries.get_keys([ann]) == {}
    assert list(list_runs("erase_subject").values()) == [["START", "COMPLETE"]]


def test_a_certificate_is_signed_once_with_the_mail_and_the_closing_or_not_at_all() -> None:
    _, request = make_shop()
    approved = approve_by_two(request)
    end_systems(approved)
    destroy_as_step(approved)

    for _ in walk(lambda: finish_erasure(approved)):
        assert not Certificate.objects.exists()
        assert not Message.objects.exists()
        assert fresh(request).state == RequestState.IN_PROGRESS

    assert Certificate.objects.count() == Message.objects.count() == 1
    assert fresh(request).state == RequestState.FULFILLED
    assert Step.objects.filter(action=StepAction.DESTROY_KEYS).count() == 1
